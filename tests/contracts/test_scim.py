"""The contract, held by the SCIM backend with each real server, as far as that server can."""

from pathlib import Path

import pytest

from syncd.backends.scim import ScimBackend, ScimConfig
from syncd.backends.scim.places import USER_PLACES
from syncd.core.model import Member, Ref, Update, User, changed
from syncd.errors import Rejected, Unavailable
from syncd.testing import BackendContract
from syncd.testing.sample import create, held, seen
from tests.contracts.apart import NOWHERE, Apart, another, failing
from tests.servers.scim_fake import TOKEN
from tests.servers.web import Cut, Fails, by


def opened(server, **settings):
    auth = {"token": getattr(server, "token", TOKEN)}
    return ScimBackend("wiki", ScimConfig(server=server.url, auth=auth, **settings), Path())


class ScimContract(BackendContract):
    many = 250  # more than two pages

    def reopen(self, backend):
        return ScimBackend("wiki", backend.config, backend.base)


class Anybody:
    def test_who_is_gone_joins_no_group(self, backend):
        """These servers take anybody for a member, and keep who is gone: both are told as they are."""
        one, two, group = self.world(backend)
        backend.users.delete(one)
        backend.members.change(group, [Ref("nobody")], [])
        members = [Member(group, user) for user in (one, two, Ref("nobody"))]
        assert sorted(backend.members.read()) == sorted(members)


class TestMadeByHand(Anybody, ScimContract):
    """That it breaks as it is told is what this server is for."""

    many = 120
    secrets = (TOKEN,)

    @pytest.fixture
    def backend(self, scim):
        backend = Apart(opened(scim), scim)
        yield backend
        backend.close()

    def reopen(self, backend):
        return backend.again()

    def denied(self, backend):
        return another(backend, auth={"token": "another-token"})

    def dead(self, backend):
        return another(backend, server=NOWHERE)

    def half_read(self, backend):
        """Its second page is not there."""
        return failing(backend.server, Fails(404), by("GET", ".*/Users", startIndex="50"))

    def answer_lost(self, backend):
        return failing(backend.server, Cut(after=True), by("POST", ".*/Users"))


class TestScim2Server(Anybody, ScimContract):
    @pytest.fixture
    def backend(self, scim2_server):
        backend = opened(scim2_server, page_size=100)
        yield backend
        backend.close()


class TestScim2ServerByCursor(TestScim2Server):
    """Pages of seven, without versions."""

    @pytest.fixture
    def backend(self, cursor_server):
        backend = opened(cursor_server, page_size=7)
        yield backend
        backend.close()


class TestScim2ServerByPut(TestScim2Server):
    """As if there were no PATCH: all is put back whole, members too."""

    many = 150

    @pytest.fixture
    def backend(self, scim2_server):
        backend = opened(scim2_server, patch=False)
        yield backend
        backend.close()


class TestScimmy(ScimContract):
    @pytest.fixture
    def backend(self, scimmy):
        backend = opened(scimmy)
        yield backend
        backend.close()


class TwoCases:
    """User names that differ in case are two of them, though the schema calls them the same."""

    @pytest.mark.parametrize("field", ["user_name"])
    def test_case_makes_no_other_name(self, backend, field):
        """This server takes both; what is told is what is there."""
        name = self.user(1).user_name
        for given in (name, name.upper()):
            create(backend.users, given, changed(self.user(1), {field: given}))
        assert {fields[field] for fields in seen(backend.users).values()} == {name, name.upper()}


class TestDjangoScim2(TwoCases, ScimContract):
    many = 120

    @pytest.fixture
    def backend(self, django_scim2):
        kept = {"user_name", "email", "given_name", "family_name", "active"}
        drops = tuple(sorted(USER_PLACES.keys() - kept))
        backend = opened(django_scim2, patch=False, members="values", drops=drops)
        yield backend
        backend.close()

    def test_a_cleared_field_has_no_value(self, backend):
        """This server keeps an e-mail that is taken away; the other fields are cleared."""
        ada = self.full(backend.users.holds)
        ref = create(backend.users, "ada", ada)
        change = dict.fromkeys(("email", "given_name", "family_name"))
        backend.users.update(ref, Update({}, change))
        left = {"user_name": ada.user_name, "email": ada.email, "active": True}
        assert seen(backend.users) == {ref: left}


class TestCanaille(TwoCases, ScimContract):
    """Groups are not managed: they have members from the first on, whom they call by user name."""

    many = 40

    @pytest.fixture
    def backend(self, canaille):
        backend = opened(canaille, groups=False)
        yield backend
        backend.close()

    def user(self, number):
        name = f"user{number}"
        return User(user_name=name, email=f"{name}@example.org", family_name=f"User {number}")

    @pytest.mark.parametrize("field", ["user_name"])
    def test_a_taken_name_is_a_conflict(self, backend, field):
        """To this server it is a failure of its own: the create is in doubt, and nothing is made."""
        create(backend.users, "k1", self.user(1))
        before = seen(backend.users)
        with pytest.raises(Unavailable) as caught:
            create(
                backend.users, "k2", changed(self.user(2), {field: getattr(self.user(1), field)})
            )
        assert not caught.value.refused
        assert seen(backend.users) == before

    def test_a_rejected_write_undoes_itself_only(self, backend):
        """What this server does not take stands in nobody's way: here, an e-mail that is none."""
        with backend.batch():
            one = create(backend.users, "u1", self.user(1))
            with pytest.raises(Rejected):
                create(backend.users, "u2", changed(self.user(2), {"email": "nobody"}))
            three = create(backend.users, "u3", self.user(3))
        assert set(seen(backend.users)) == {one, three}

    def test_a_cleared_field_has_no_value(self, backend):
        """This server takes parts of a name for required; all else is cleared."""
        holds = backend.users.holds
        ada = self.full(holds)
        ref = create(backend.users, "ada", ada)
        with pytest.raises(Rejected):
            backend.users.update(ref, Update({}, {"given_name": None}))
        change = dict.fromkeys(("email", "display_name", "title", "phone"))
        backend.users.update(ref, Update({}, change))
        assert seen(backend.users) == {ref: held(holds, changed(ada, change))}
