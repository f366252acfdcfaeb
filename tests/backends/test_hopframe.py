"""What HopFrame does otherwise than one would think, and what syncd makes of it."""

import time
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from pydantic import ValidationError

from syncd.backends.hopframe import HopFrameBackend, HopFrameConfig
from syncd.backends.hopframe.permissions import (
    MARK,
    Permission,
    lacking,
    plain,
    suspended,
    turned,
)
from syncd.backends.hopframe.wire import Account, account_of, changed_account
from syncd.core.model import Group, Key, Member, Op, Ref, Update, User, changed
from syncd.errors import BackendError, Conflict, Denied, NotFound, Rejected, Unavailable
from syncd.report import Exit
from tests.servers.hopframe import HopFrame
from tests.servers.hopframe.store import Permission as Held
from tests.servers.web import Cut, Fails, Garbled, Meanwhile, by
from tests.world import office, person

ADA = User(user_name="ada", email="ada@example.org", admin=False)
USERS, LOGIN = "/api/v1/users", "/api/v1/auth/login"
OFF, ON = Update({"active": True}, {"active": False}), Update({"active": False}, {"active": True})


@pytest.fixture
def hop():
    with HopFrame() as server:
        yield server


@pytest.fixture
def opened(hop):
    """Backends on it, closed at the end."""
    made = []

    def open_(**settings):
        settings = {"email": hop.admin.email, "api_token": hop.token} | settings
        made.append(HopFrameBackend("app", HopFrameConfig(server=hop.url, **settings), Path()))
        return made[-1]

    yield open_
    for one in made:
        one.close()


@pytest.fixture
def backend(opened):
    return opened()


def made(backend, **fields):
    return backend.users.create(Key("k"), changed(ADA, fields))


def entity(backend, ref):
    return backend.users.get(ref).entity


# -- who syncd is there ------------------------------------------------------------------------


def test_its_own_account_is_the_one_with_its_email(hop, backend):
    """No call says who one is."""
    assert backend.whoami() == hop.admin.id
    list(backend.users.read())
    assert backend.whoami() == hop.admin.id
    assert hop.count("GET", USERS) == 2


def test_a_list_without_ones_own_account_is_not_believed(hop, opened):
    """Nor one that has two of that e-mail: nothing forbids it."""
    with pytest.raises(Denied, match="0 users have the e-mail"):
        list(opened(email="another@example.org").users.read())
    hop.add_user("other", hop.admin.email.upper())
    with pytest.raises(Denied, match="2 users have the e-mail"):
        opened().whoami()


def test_a_log_in_is_renewed_before_it_ends(hop, opened):
    """Nothing says how long it is good: the operator does."""
    backend = opened(api_token=None, password=hop.password, token_seconds=0.05)
    list(backend.users.read())
    hop.tokens = {key: one for key, one in hop.tokens.items() if one.kind == "api"}
    time.sleep(0.06)
    list(backend.users.read())
    assert hop.count("PUT", LOGIN) == 2


@pytest.mark.parametrize(
    "wrong", [{"password": "another"}, {"email": "nobody@example.org", "password": "any"}]
)
def test_who_cannot_log_in_is_denied_in_one_call(hop, opened, wrong):
    """By 403 or 404, and by 400 where only the application makes tokens."""
    backend = opened(**{"api_token": None, **wrong})
    with pytest.raises(Denied):
        list(backend.users.read())
    hop.default_authentication = False
    with pytest.raises(Denied):
        list(backend.users.read())
    assert len(hop.calls) == 2


def test_a_permission_that_lacks_is_denied_and_nobody_logs_in_again(hop, opened):
    """It is a 401, as if the token had ended."""
    hop.admin.permissions = hop.admin.permissions[:0]
    for settings in ({}, {"api_token": None, "password": hop.password}):
        backend = opened(**settings)
        for _ in range(3):
            with pytest.raises(Denied):
                list(backend.users.read())
    assert hop.count("PUT", LOGIN) == 1


@pytest.mark.parametrize("wrong", [{"api_token": None}, {"password": "both"}])
def test_a_configuration_that_contradicts_itself_is_refused(opened, wrong):
    """Before anything is called."""
    with pytest.raises(ValidationError):
        opened(**wrong)


# -- the wire ----------------------------------------------------------------------------------


def test_names_are_read_in_any_case():
    """As ASP.NET writes them, and as the documents do."""
    camel = {
        "id": "G",
        "username": "ada",
        "email": "a@b",
        "createdAt": "2023-12-23T00:00:00",
        "permissions": [{"id": 1, "permissionName": "x", "grantedAt": "2023-12-23T00:00:00"}],
    }
    pascal = {name[0].upper() + name[1:]: value for name, value in camel.items()}
    pascal["Permissions"] = [{"Id": 1, "PermissionName": "x", "GrantedAt": "2023-12-23T00:00:00"}]
    assert account_of(camel) == account_of(pascal)
    assert account_of(camel).ref == "g"


def test_an_answer_of_another_form_is_not_believed(hop, backend):
    """Nor one that is no JSON."""
    hop.faults.add(Garbled(), times=1, when=by("GET", USERS))
    with pytest.raises(BackendError):
        list(backend.users.read())
    words = Fails(200, body=b'[{"id":"1"}]')
    hop.faults.add(
        lambda request, handle: replace(words(request, handle), headers={}), when=by("GET", USERS)
    )
    with pytest.raises(BackendError, match="required field"):
        list(backend.users.read())


# -- updates are whole -------------------------------------------------------------------------


def test_what_a_user_holds_besides_outlives_an_update(hop, backend):
    """All of it is sent back with its ids: what is not sent is deleted."""
    kim = hop.add_user("kim", "kim@example.org", ["app.run", "app.run", "group.Gone"])
    before = [(one.id, one.name, one.granted_at) for one in kim.permissions]
    backend.users.update(Ref(kim.id), Update({}, {"user_name": "kim2"}))
    assert kim.username == "kim2"
    after = [(one.id, one.name, one.granted_at) for one in kim.permissions]
    assert after == before


def test_what_somebody_grants_before_the_writing_stays(hop, backend):
    """A user is read right before, not when all were read."""
    ref = made(backend)
    list(backend.users.read())
    grant = Meanwhile(lambda: hop.users[ref].permissions.append(_permission(hop, "app.run")))
    hop.faults.add(grant, times=1, when=by("GET", f"{USERS}/{ref}"))
    backend.users.update(ref, Update({}, {"email": "other@example.org"}))
    assert hop.held(hop.users[ref]) == ["app.run"]


def _permission(hop, name):
    return Held(hop.next_id(), name)


def test_an_update_that_always_fails_is_rejected(hop, backend):
    """There are builds like that: it is seen that nothing was stored, and nobody is made anew."""
    ref = made(backend)
    hop.update = "breaks"
    with pytest.raises(Rejected, match="stored nothing"):
        backend.users.update(ref, OFF)
    assert entity(backend, ref).active
    assert hop.count("POST", USERS) == 1
    assert hop.count("DELETE", f"{USERS}/.*") == 0


def test_an_update_that_failed_after_its_effect_is_done(hop, backend):
    """What counts is what is there."""
    ref = made(backend)
    hop.faults.add(Fails(500, after=True), times=1, when=by("PUT", f"{USERS}/{ref}"))
    backend.users.update(ref, OFF)
    assert not entity(backend, ref).active


def test_what_changes_nothing_is_not_written(hop, backend):
    """It would only log people out, in some builds."""
    ref = made(backend)
    backend.users.update(ref, ON)
    backend.users.update(ref, Update({}, {"admin": False}))
    assert hop.count("PUT") == 0


# -- names that are taken ----------------------------------------------------------------------


def test_a_taken_name_is_a_conflict(hop, backend):
    """Creation minds the same letters, an update minds nothing, and syncd minds both."""
    hop.add_user("Zoe", "Zoe@example.org")
    for taken in ({"user_name": "Zoe"}, {"user_name": "zoe"}, {"email": "zoe@EXAMPLE.org"}):
        with pytest.raises(Conflict):
            made(backend, **taken)
    ref = made(backend)
    for taken in ({"user_name": "zoe"}, {"email": "zoe@EXAMPLE.org"}):
        with pytest.raises(Conflict):
            backend.users.update(ref, Update({}, taken))
    assert len(hop.users) == 3


def test_who_took_a_name_since_the_reading_is_found(hop, backend):
    """By the look-ups; where two have it, these fail."""
    ref = made(backend)
    list(backend.users.read())
    hop.add_user("zoe", "zoe@example.org")
    for _ in range(2):
        with pytest.raises(Conflict):
            backend.users.update(ref, Update({}, {"user_name": "zoe"}))
        hop.add_user("zoe", "other@example.org")


def test_a_name_that_two_have_is_not_tried(hop, backend):
    """A creation would be a failure of the server's, and in doubt in each run."""
    hop.add_user("zoe", "zoe1@example.org")
    hop.add_user("zoe", "zoe2@example.org")
    with pytest.raises(Conflict):
        made(backend, user_name="zoe")
    assert hop.count("POST", USERS) == 0


def test_what_could_never_be_changed_again_is_not_made(hop, backend):
    """The rules hold for updates only."""
    for bad in ({"user_name": "a" * 51}, {"email": f"{'a' * 50}@b.org"}, {"email": "nobody"}):
        with pytest.raises(Rejected):
            made(backend, **bad)
    assert hop.count("POST", USERS) == 0


# -- suspension --------------------------------------------------------------------------------


def test_a_suspension_takes_all_permissions_and_gives_them_back(hop, backend):
    """Administrators' and groups' too: what is marked grants nothing, and keeps its id."""
    kim = hop.add_user("kim", "kim@example.org", ["*", "group.Sales", "app.run"])
    hop.add_group("group.Sales")
    before = [(one.id, one.name) for one in kim.permissions]
    backend.users.update(Ref(kim.id), OFF)
    assert hop.held(kim) == [f"{MARK}.*", f"{MARK}.group.Sales", f"{MARK}.app.run"]
    shown = entity(backend, Ref(kim.id))
    assert (shown.active, shown.admin) == (False, True)
    assert list(backend.members.read()) == [Member(Ref("group.Sales"), Ref(kim.id))]
    backend.users.update(Ref(kim.id), ON)
    assert [(one.id, one.name) for one in kim.permissions] == before


def test_who_is_suspended_joins_without_access(hop, backend):
    """And leaves without becoming active."""
    group = backend.groups.create(Key("g"), Group(display_name="Sales"))
    ref = made(backend)
    backend.users.update(ref, OFF)
    assert hop.held(hop.users[ref]) == [MARK]
    backend.members.change(group, [ref], [])
    assert hop.held(hop.users[ref]) == [MARK, f"{MARK}.group.Sales"]
    backend.members.change(group, [], [ref])
    assert hop.held(hop.users[ref]) == [MARK]
    assert not entity(backend, ref).active
    backend.users.update(ref, ON)
    assert hop.held(hop.users[ref]) == []


def test_who_was_granted_something_since_is_not_suspended():
    """A mark beside access is no suspension."""
    held = turned([Permission(1, "a"), Permission(2, "group.x")], active=False)
    assert suspended(held)
    assert not suspended([*held, Permission(3, "b")])
    assert turned([*held, Permission(3, "b")], active=False) == [
        *held,
        Permission(3, f"{MARK}.b"),
    ]


def test_a_change_never_makes_two_new_permissions():
    """HopFrame would take the second for the first: whoever is changed in all ways at once."""
    for held in ([], [Permission(1, "a")], [Permission(1, MARK)], [Permission(1, f"{MARK}.*")]):
        account = Account("g", "ada", "ada@example.org", "2023-12-23T00:00:00", held)
        for active, admin in product((True, False, None), repeat=2):
            after = changed_account(account, {"active": active, "admin": admin}, "*").permissions
            assert sum(one.id == 0 for one in after) <= 1
            assert suspended(after) is (suspended(held) if active is None else not active)


def test_permissions_have_no_case():
    """Held twice, or in another one, they go together."""
    held = [Permission(1, "Group.X"), Permission(2, "group.x"), Permission(3, "SYNCD.suspended.Y")]
    assert [one.id for one in lacking(held, ["GROUP.x"])] == [3]
    assert [plain(one.permissionname) for one in held] == ["Group.X", "group.x", "Y"]


def test_without_a_mark_nobody_is_suspended(opened):
    """It is not declared then, so that it is not planned."""
    holds = opened(suspend_as="nothing").users.holds
    assert not holds.ops & {Op.SUSPEND, Op.RESTORE}
    assert holds.emulated == ""


# -- groups ------------------------------------------------------------------------------------


def test_a_group_leaves_nobody_its_name(hop, backend):
    """HopFrame would: whoever held it would be in the next group of that name."""
    group = backend.groups.create(Key("g"), Group(display_name="Sales"))
    ref, other = made(backend), hop.add_user("kim", "kim@example.org", ["GROUP.sales", "app.run"])
    backend.members.change(group, [ref], [])
    backend.groups.delete(group)
    assert (hop.held(hop.users[ref]), hop.held(other)) == ([], ["app.run"])
    with pytest.raises(NotFound):
        backend.groups.delete(group)


def test_a_name_that_grants_more_is_no_group(hop, backend):
    """Group names are permissions: a star is all of them, and a dot makes one a part of another."""
    for bad in ("*", "Sales.*", "Sales.East", "S" * 45):
        with pytest.raises(Rejected):
            backend.groups.create(Key("g"), Group(display_name=bad))
    assert hop.groups == {}


def test_the_name_of_a_group_that_is_gone_is_no_membership(hop, backend):
    """Somebody deleted it by hand."""
    hop.add_user("kim", "kim@example.org", ["group.Gone"])
    assert list(backend.members.read()) == []


def test_default_groups_come_with_an_account(hop, backend):
    """They show as members, and the next plan says what to do about it."""
    hop.add_group("group.Users", is_default=True)
    ref = made(backend)
    assert list(backend.members.read()) == [Member(Ref("group.Users"), ref)]


# -- faults ------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [Cut(after=True), Fails(500, after=True), Garbled()])
def test_a_create_whose_answer_is_lost_leads_to_one_account(hop, opened, fault):
    """It is not sent again; the next run finds what it made, by its names."""
    hop.faults.add(fault, times=1, when=by("POST", USERS))
    here = office(person("1", "ada", email="ada@example.org"), backend=opened())
    assert here.apply().exit_code is not Exit.DONE
    assert here.apply().exit_code is Exit.DONE
    assert [one.username for one in hop.users.values()] == ["admin", "ada"]
    assert hop.count("POST", USERS) == 1
    assert [link.ref for link in here.links()] == [hop.find("ada").id]


@pytest.mark.parametrize(
    ("fault", "refused"),
    [(Fails(429, retry_after=1), True), (Fails(500), False), (Cut(), False)],
)
def test_a_create_is_never_repeated_by_the_backend(hop, backend, fault, refused):
    """It says whether anything can have come of it; the executor decides."""
    hop.faults.add(fault, when=by("POST", USERS))
    with pytest.raises(Unavailable) as caught:
        made(backend)
    assert caught.value.refused is refused
    assert hop.count("POST", USERS) == 1


def test_passwords_are_in_no_message(hop, backend):
    """Whatever the server quotes, and whichever of them."""
    made(backend)
    secret = hop.find("ada").password
    assert len(secret) == 24
    told = f'"{secret} and {hop.token}"'.encode()
    hop.faults.add(Fails(400, body=told), when=by("POST", USERS))
    with pytest.raises(Rejected) as caught:
        made(backend, user_name="zoe", email="zoe@example.org")
    assert secret not in str(caught.value)
    assert hop.token not in str(caught.value)
    assert hop.token not in repr(backend.config)
