"""HumHub's ways: what its answers mean, and what has to be sent so that it does no harm."""

import contextlib
from pathlib import Path

import pytest
from pydantic import ValidationError

from syncd.backends.humhub import HumHubBackend, HumHubConfig
from syncd.backends.humhub.login import lifetime
from syncd.core.model import Group, Key, Member, Ref, Update, User
from syncd.errors import (
    BackendError,
    Conflict,
    Denied,
    Incomplete,
    NotFound,
    Rejected,
    Unavailable,
)
from tests.servers.humhub import HumHub
from tests.servers.humhub.store import DELETED, UNAPPROVED
from tests.servers.web import Cut, Fails, Garbled, Meanwhile, by

ADA = User(user_name="ada.l", email="ada@example.org", given_name="Ada", family_name="Lovelace")
USER = r"/api/v1/user/\d+"
NAMED = ("user_name", "email")


@pytest.fixture(params=["1.18", "1.19"])
def hub(request):
    with HumHub(request.param) as hub:
        yield hub


@pytest.fixture
def backend(hub):
    with opened(hub) as backend:
        yield backend


@contextlib.contextmanager
def opened(hub, auth=None, **settings):
    auth = auth or {"token": hub.token}
    config = HumHubConfig(server=hub.url, auth=auth, **settings)
    with contextlib.closing(HumHubBackend("hub", config, Path())) as backend:
        yield backend


def set_(backend, ref, **after):
    backend.users.update(Ref(str(ref)), Update({}, after))


def names(backend):
    return sorted(one.entity.user_name for one in backend.users.read())


# -- reading ----------------------------------------------------------------------------------


def test_who_was_soft_deleted_is_not_there_though_listed(hub, backend):
    """By no way of asking; and nothing is sent to change a husk."""
    husk = hub.add_user("gone", "gone@example.org")
    hub.soft_delete(husk)
    ref = Ref(str(husk.id))
    assert names(backend) == ["admin"]
    assert backend.users.get(ref) is None
    with pytest.raises(NotFound):
        set_(backend, ref, title="Dr")
    with pytest.raises(NotFound):
        backend.users.delete(ref)
    with pytest.raises(NotFound):
        backend.members.change(Ref("2"), [ref], [])
    assert hub.count("PUT") + hub.count("DELETE") == 0
    assert husk.status == DELETED


def test_a_list_is_read_in_pages_and_no_more_of_them_than_there_are(hub, backend):
    """A hundred a page; and one call for who is an administrator."""
    for number in range(249):
        hub.add_user(f"user{number}", None)
    assert len(names(backend)) == 250
    assert (hub.count("GET", "/api/v1/user"), len(hub.calls)) == (3, 4)


def test_who_is_skipped_by_a_deletion_is_found(hub, backend):
    """A row went from the first page while the second was asked for: the list is read again."""
    people = [hub.add_user(f"user{number}", None) for number in range(150)]
    gone = Meanwhile(lambda: hub.users.pop(people[0].id, None))
    hub.faults.add(gone, times=1, when=by("GET", "/api/v1/user", page="2"))
    assert {f"user{number}" for number in range(1, 150)} < set(names(backend))


def test_where_nobody_counts_syncd_does(hub, backend):
    """Some revisions of Yii say that the total is null: read twice, the lists have to agree."""
    hub.tells_total = False
    people = [hub.add_user(f"user{number}", None) for number in range(150)]
    assert len(names(backend)) == 151
    gone = Meanwhile(lambda: hub.users.pop(people[0].id, None))
    hub.faults.add(gone, times=1, when=by("GET", "/api/v1/user", page="2"))
    assert {f"user{number}" for number in range(1, 150)} <= set(names(backend))


def test_half_a_reading_is_incomplete(hub, backend):
    """A page that is lost after others came."""
    for number in range(150):
        hub.add_user(f"user{number}", None)
    hub.faults.add(Fails(500), when=by("GET", "/api/v1/user", page="2"))
    with pytest.raises(Incomplete):
        list(backend.users.read())


def test_an_answer_that_is_garbled_is_an_error(hub, backend):
    """And no empty list."""
    hub.faults.add(Garbled(), when=by("GET", "/api/v1/user"))
    with pytest.raises(BackendError, match="not JSON"):
        list(backend.users.read())


def test_what_is_empty_is_not_there(hub, backend):
    """Null and "" are the same; a group without a name goes by its id."""
    hub.add_user("max.m", None, profile={"title": "", "city": None, "street": "Main St"})
    hub.add_group(None)
    (found,) = [one.entity for one in backend.users.read() if one.entity.user_name == "max.m"]
    assert (found.email, found.title, found.attributes) == (None, None, {"street": "Main St"})
    assert [one.entity.display_name for one in backend.groups.read()] == ["Users", "group 3"]


# -- writing ----------------------------------------------------------------------------------


def test_a_change_keeps_where_an_account_comes_from(hub):
    """Until 1.18, a PUT that does not repeat authclient_id takes it away."""
    with opened(hub, user_sources=("local", "ldap")) as backend:
        user = hub.add_user("lisa", "lisa@example.org", auth_mode="ldap", authclient_id="uuid-7")
        set_(backend, user.id, email="lisa@example.com")
        set_(backend, user.id, title="Dr")
        set_(backend, user.id, active=False)
    assert (user.authclient_id, user.status, user.profile["title"]) == ("uuid-7", 0, "Dr")


def test_what_others_keep_is_left_alone(hub, backend):
    """An account of a directory, and one that waits for approval: nothing is sent."""
    lisa = hub.add_user("lisa", "lisa@example.org", auth_mode="ldap")
    rob = hub.add_user("robin", "robin@example.org", status=UNAPPROVED)
    for user, why in ((lisa, "comes from ldap"), (rob, "waits for approval")):
        with pytest.raises(Rejected, match=why):
            set_(backend, user.id, active=False)
        with pytest.raises(Rejected, match=why):
            backend.users.delete(Ref(str(user.id)))
    assert hub.count("PUT") + hub.count("DELETE") == 0
    stored = backend.users.get(Ref(str(rob.id)))
    assert stored is not None
    assert not stored.entity.active


def test_a_missing_user_is_not_found_and_no_error_of_the_server(hub, backend):
    """A PUT of an unknown id is a 500: it is not sent."""
    with pytest.raises(NotFound):
        set_(backend, 99, title="Dr")
    assert hub.count("PUT") == 0


@pytest.mark.parametrize(
    ("stored", "left"),
    [
        ({"visibility": 2}, (1, "en-US")),
        ({"language": "tlh"}, (1, "")),
        ({"visibility": 2, "language": "tlh"}, (1, "")),
        ({"visibility": 3, "language": "tlh"}, (3, "")),
    ],
)
def test_who_is_valid_no_more_can_be_suspended(hub, backend, stored, left):
    """The whole record is judged: what became invalid is corrected, and nobody is uncovered."""
    user = hub.add_user("john", "john@example.org", **stored)
    set_(backend, user.id, active=False)
    assert (user.status, (user.visibility, user.language)) == (0, left)


def test_what_cannot_be_corrected_is_rejected_in_humhubs_words(hub, backend):
    """Too short a name, and no e-mail: also where only the profile changes, which else is a 500."""
    user = hub.add_user("bob", None)
    with pytest.raises(Rejected, match=r"username: .*at least 4.*; email: Email cannot be blank"):
        set_(backend, user.id, title="Dr")
    user = hub.add_user("bobby", "bobby@example.org")
    with pytest.raises(Rejected, match=r"Validation failed: language: Language is invalid"):
        set_(backend, user.id, locale="tlh")
    assert user.language == "en-US"


@pytest.mark.parametrize("field", NAMED)
@pytest.mark.parametrize("language", ["en-US", "de"])
def test_a_taken_name_is_a_conflict_in_any_language(hub, backend, field, language):
    """What a validation says is in the caller's language: the name is looked up."""
    hub.users[1].language = language
    ref = backend.users.create(Key("1"), ADA)
    other = {"user_name": "other", "email": "other@example.org"}
    taken = {**other, field: getattr(ADA, field).upper()}
    with pytest.raises(Conflict):
        backend.users.create(Key("2"), User(given_name="A", family_name="B", **taken))
    two = backend.users.create(Key("2"), User(given_name="A", family_name="B", **other))
    with pytest.raises(Conflict):
        set_(backend, two, **{field: getattr(ADA, field)})
    set_(backend, ref, **{field: getattr(ADA, field).upper()})


def test_an_invalid_name_is_no_conflict(hub, backend):
    """Nobody has it."""
    with pytest.raises(Rejected, match="invalid characters") as caught:
        backend.users.create(
            Key("1"),
            User(
                **{
                    **{n: getattr(ADA, n) for n in NAMED},
                    "user_name": "a da l",
                    "given_name": "A",
                    "family_name": "B",
                }
            ),
        )
    assert not isinstance(caught.value, Conflict)
    assert hub.find("a da l") is None


def test_a_suspension_ends_sessions_and_is_reversible(hub, backend):
    """One look, one change, and the sessions."""
    user = hub.add_user("john", "john@example.org", sessions=3)
    set_(backend, user.id, active=False)
    assert (user.status, user.sessions, len(hub.calls)) == (0, 0, 3)
    set_(backend, user.id, active=True)
    assert (user.status, len(hub.calls)) == (1, 5)


def test_who_is_created_suspended_was_enabled_first(hub, backend):
    """Otherwise they would never be in the default group."""
    ref = backend.users.create(Key("1"), User(**{**_fields(ADA), "active": False}))
    user = hub.users[int(ref)]
    assert (user.status, user.id in hub.groups[2].members) == (0, True)


def _fields(user):
    names = ("user_name", "email", "given_name", "family_name")
    return {name: getattr(user, name) for name in names}


@pytest.mark.parametrize("how", ["soft", "hard"])
def test_a_deletion_is_what_the_operator_says(hub, how):
    """Either way spaces are deleted with their owner."""
    with opened(hub, delete_as=how) as backend:
        user = hub.add_user("john", "john@example.org")
        hub.add_space(user.id)
        backend.users.delete(Ref(str(user.id)))
        assert backend.users.get(Ref(str(user.id))) is None
    assert (user.id in hub.users, hub.spaces) == (how == "soft", {})


# -- groups and members -----------------------------------------------------------------------


def test_nobody_becomes_a_manager(hub, backend):
    """`isManager=false` would make one."""
    user, group = hub.add_user("john", "john@example.org"), hub.add_group("Crew")
    refs = Ref(str(group.id)), [Ref(str(user.id))]
    backend.members.change(*refs, [])
    backend.members.change(*refs, [])
    assert group.members == {user.id: False}
    assert {frozenset(call.query) for call in hub.calls} == {frozenset({"userId"})}


def test_who_is_none_is_removed_without_an_error_but_not_from_no_group(hub, backend):
    """A user who is gone is no member; a group that is gone is told."""
    group = Ref(str(hub.add_group("Crew").id))
    backend.members.change(group, [], [Ref("1"), Ref("99")])
    with pytest.raises(NotFound, match="Group not found"):
        backend.members.change(Ref("99"), [], [Ref("1")])
    with pytest.raises(NotFound, match="User not found"):
        backend.members.change(group, [Ref("99")], [])


def test_a_group_that_is_invalid_is_rejected(hub, backend):
    """To HumHub that is an error of the server; nothing is in doubt."""
    with pytest.raises(Rejected, match="save group"):
        backend.groups.create(Key("g"), Group(display_name="x" * 121))
    group = hub.add_group("Crew")
    with pytest.raises(Rejected, match=r"name: .*at most 120"):
        backend.groups.update(Ref(str(group.id)), Update({}, {"display_name": "x" * 121}))


def test_administrators_are_the_members_of_one_group(hub, backend):
    """That is no group of the sync, and cannot be changed as one."""
    user = hub.add_user("john", "john@example.org")
    set_(backend, user.id, admin=True)
    assert {one.ref for one in backend.users.read() if one.entity.admin} == {"1", str(user.id)}
    assert hub.is_admin(user)
    set_(backend, user.id, admin=False)
    assert not hub.is_admin(user)
    assert [one.ref for one in backend.groups.read()] == ["2"]
    assert list(backend.members.read()) == [Member(Ref("2"), Ref(str(user.id)))]
    with pytest.raises(NotFound):
        backend.groups.delete(Ref("1"))


def test_a_group_without_administrators_is_another_one(hub):
    """HumHub says of a group that is not there, too, that it has no members."""
    with opened(hub, admin_group=99) as backend, pytest.raises(BackendError, match="admin_group"):
        list(backend.users.read())
    with opened(hub, admin_group=None) as backend:
        assert "admin" not in backend.users.holds.fields
        assert [one.entity.admin for one in backend.users.read()] == [None]
        assert len(list(backend.groups.read())) == 2


# -- logging in -------------------------------------------------------------------------------


def test_syncd_knows_its_own_account(backend):
    """By /auth/current."""
    assert backend.whoami() == "1"


def test_a_jwt_is_had_once_and_again_before_it_ends(hub):
    """It does not end unless an administrator says so; 400 on a log-in is a wrong password."""
    auth = {"user": "admin", "password": hub.password}
    with opened(hub, auth) as backend:
        assert [backend.whoami(), backend.whoami()] == ["1", "1"]
    assert hub.count("POST", ".*/auth/login") == 1
    with opened(hub, {**auth, "password": "wrong"}) as backend, pytest.raises(Denied):
        backend.whoami()
    hub.enabled_users = set()
    with opened(hub, auth) as backend, pytest.raises(Denied, match="Invalid user"):
        backend.whoami()
    hub.jwt = False
    with opened(hub, auth) as backend, pytest.raises(Denied, match="JWT authentication is dis"):
        backend.whoami()
    assert hub.count("POST", ".*/auth/login") == 4


def test_a_token_lives_as_long_as_it_says_of_itself(hub):
    """By the server's clock, whatever the time is here."""
    hub.jwt_seconds, hub.ahead = 300, -5000
    auth = {"user": "admin", "password": hub.password}
    with opened(hub, auth) as backend:
        assert [backend.whoami(), backend.whoami()] == ["1", "1"]
    assert hub.count("POST", ".*/auth/login") == 1
    assert lifetime("e30.eyJpYXQiOjEwLCJleHAiOjMxMH0.x") == 300
    assert [lifetime(one) for one in ("", "a.b", "e30.e30.x", "a.!!!!.c")] == [None] * 4


def test_basic_is_for_where_there_is_no_jwt(hub):
    """And only where it is said."""
    hub.jwt = False
    auth = {"user": "admin", "password": hub.password, "basic": True}
    with opened(hub, auth) as backend:
        assert backend.whoami() == "1"


@pytest.mark.parametrize("change", ["token", "status", "rights", "maintenance", "must_change"])
def test_who_may_not_is_denied(hub, backend, change):
    """Whatever the reason; and nobody tries again."""
    clerk = hub.add_user("clerk", "clerk@example.org")
    hub.tokens = {hub.token: clerk.id}
    if change == "token":
        hub.tokens = {}
    clerk.status = 0 if change == "status" else 1
    clerk.must_change_password = change == "must_change"
    hub.maintenance = change == "maintenance"
    with pytest.raises(Denied):
        list(backend.users.read())
    assert len(hub.calls) == 1


# -- passwords --------------------------------------------------------------------------------


def test_a_new_account_has_a_password_that_must_be_changed(hub, backend):
    """Unless the operator wants none."""
    one = hub.users[int(backend.users.create(Key("1"), ADA))]
    assert len(one.password or "") == 24
    assert one.must_change_password
    with opened(hub, initial_password=None) as other:
        two = User(**{**_fields(ADA), "user_name": "zoe.b", "email": "zoe@example.org"})
        assert hub.users[int(other.users.create(Key("2"), two))].password is None


# -- what goes wrong --------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [Cut(), Cut(after=True), Fails(500), Fails(502, after=True)])
def test_a_create_is_never_repeated(hub, backend, fault):
    """It is in doubt, and the executor's affair."""
    hub.faults.add(fault, times=1, when=by("POST"))
    with pytest.raises(Unavailable) as caught:
        backend.users.create(Key("1"), ADA)
    assert not caught.value.refused
    assert hub.count("POST") == 1


def test_a_create_whose_second_call_fails_is_in_doubt(hub, backend):
    """The account is there, whatever became of its administrator's rights."""
    hub.faults.add(Fails(403), when=by("PUT", ".*/member"))
    with pytest.raises(BackendError) as caught:
        backend.users.create(Key("1"), User(**_fields(ADA), admin=True))
    assert not isinstance(caught.value, Rejected | Denied)
    assert hub.find("ada.l") is not None


def test_too_many_calls_are_made_again_when_told(hub, backend):
    """A GET by the session; a create is refused, so that the executor may."""
    hub.faults.add(Fails(429, retry_after=0), times=1, when=by("GET"))
    assert names(backend) == ["admin"]
    hub.faults.add(Fails(429, retry_after=7), times=1, when=by("POST"))
    with pytest.raises(Unavailable) as caught:
        backend.users.create(Key("1"), ADA)
    assert (caught.value.refused, caught.value.retry_after) == (True, 7)


def test_a_dead_server_is_unavailable(hub, backend):
    """And did nothing."""
    hub.stop()
    with pytest.raises(Unavailable) as caught:
        backend.users.create(Key("1"), ADA)
    assert caught.value.refused


@pytest.mark.parametrize(
    "auth",
    [
        {},
        {"user": "admin"},
        {"token": "t", "user": "admin", "password": "p"},
        {"token": "t", "basic": True},
        {"user": "a:b", "password": "p", "basic": True},
    ],
)
def test_a_log_in_is_one_of_a_few(auth):
    """Whatever else is said is a mistake."""
    with pytest.raises(ValidationError):
        HumHubConfig(server="https://hub.example.org", auth=auth)


def test_a_new_password_is_in_no_message(hub, backend, monkeypatch):
    """Whatever HumHub quotes."""
    told = b'{"message":"Validation failed","password":{"newPassword":["Hunter-2-Hunter is weak"]}}'
    hub.faults.add(Fails(400, body=told), when=by("POST"))
    monkeypatch.setattr(backend.users._passwords, "new", lambda: "Hunter-2-Hunter")
    with pytest.raises(Rejected) as caught:
        backend.users.create(Key("1"), ADA)
    assert "Hunter" not in str(caught.value)
    assert "is weak" in str(caught.value)
    assert hub.token not in f"{caught.value!r} {backend.config!r}"
