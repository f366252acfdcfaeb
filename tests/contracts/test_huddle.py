"""The contract, held by the Huddle backend, whichever way accounts are made and deleted."""

from pathlib import Path

import pytest

from syncd.backends.huddle import HuddleBackend, HuddleConfig
from syncd.core.model import Key, Update, User, changed
from syncd.errors import Conflict
from syncd.testing import BackendContract
from syncd.testing.sample import create, held, seen
from tests.contracts.apart import NOWHERE, Apart, another, failing
from tests.servers.huddle import Huddle
from tests.servers.web import Cut, Fails, by

FULL = {
    "attributes.about": "Notes on the engine",
    "attributes.address": "St James's Square",
    "attributes.company": "Analytical Engines",
    "attributes.mobile": "+44 7000 000000",
    "attributes.secondary_email": "ada@example.net",
}


class HuddleContract(BackendContract):
    many = 60  # more than two of its pages; and each user is a call

    def user(self, number):
        """An e-mail is the user's name, names are required, and everybody manages or does not."""
        return User(
            user_name=f"user{number}@example.org",
            given_name="Ada",
            family_name=f"User {number}",
            admin=False,
        )

    def full(self, holds):
        """With all attributes that Huddle has."""
        return changed(super().full(holds), FULL)

    def reopen(self, backend):
        return backend.again()

    def dead(self, backend):
        return another(backend, server=NOWHERE)

    def half_read(self, backend):
        """Its second page breaks."""
        return failing(backend.server, Fails(404), by("GET", ".*/members", page="2"))

    def answer_lost(self, backend):
        return failing(backend.server, Cut(after=True), by("POST", ".*/users"))

    def test_an_update_sets_exactly_its_fields(self, backend):
        """What an update does not name stays, and so does everybody else; a user's name is an e-mail."""
        holds = backend.users.holds
        ada, other = self.full(holds), self.user(2)
        one, two = create(backend.users, "u1", ada), create(backend.users, "u2", other)
        change = {"user_name": "renamed@example.org", "title": "Dr"}
        backend.users.update(one, Update({}, change))
        assert seen(backend.users) == {
            one: held(holds, changed(ada, change)),
            two: held(holds, other),
        }


class TestHuddleByScim(HuddleContract):
    """Accounts are provisioned, and deleted, by the company; Huddle clears what is not sent."""

    secrets = (Huddle.secret,)

    def denied(self, backend):
        auth = {"token_url": f"{backend.server.url}/token", "client_id": "client"}
        return another(backend, auth={**auth, "client_secret": "another-secret"})

    @pytest.fixture
    def backend(self):
        with Huddle() as huddle:
            auth = {"token_url": f"{huddle.url}/token", "client_id": "client"}
            auth["client_secret"] = huddle.secret
            config = HuddleConfig(
                server=huddle.url, auth=auth, company=123, delete_as="account", workspaces=(7,)
            )
            huddle.workspaces.add(7)
            backend = Apart(HuddleBackend("wiki", config, Path()), huddle)
            yield backend
            backend.close()


class TestHuddleByUsers(HuddleContract):
    """Accounts are made by the Users API and leave the company; Huddle keeps what is not sent."""

    secrets = ("token-of-client",)

    def denied(self, backend):
        return another(backend, auth={"token": "another-token", "scheme": "OAuth2"})

    @pytest.fixture
    def backend(self):
        with Huddle() as huddle:
            huddle.client.staff = huddle.absolute_links = True
            huddle.omitted, huddle.answers_stale = "kept", False
            auth = {"token": huddle.token, "scheme": "OAuth2"}
            config = HuddleConfig(server=huddle.url, auth=auth, company=123, create_by="users")
            backend = Apart(HuddleBackend("wiki", config, Path()), huddle)
            yield backend
            backend.close()

    def test_a_deleted_users_names_are_free(self, backend):
        """They are not: the account stays, outside of the company."""
        backend.users.delete(create(backend.users, "u1", self.user(1)))
        with pytest.raises(Conflict):
            backend.users.create(Key("u2"), self.user(1))
        assert seen(backend.users) == {}
