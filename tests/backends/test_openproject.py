"""What OpenProject does otherwise than one would think, and what syncd makes of it."""

import threading
from pathlib import Path

import pytest
from pydantic import ValidationError

from syncd.backends.openproject import OpenProjectBackend, OpenProjectConfig
from syncd.backends.openproject.wire import user_to_wire
from syncd.core.model import Group, Key, Member, Ref, Update, User, changed, flat
from syncd.errors import (
    BackendError,
    Conflict,
    Denied,
    Incomplete,
    NotFound,
    Rejected,
    Unavailable,
)
from syncd.report import Exit
from tests.servers.openproject import OpenProject
from tests.servers.web import Cut, Fails, Garbled, Meanwhile, by
from tests.world import office, person

ADA = User(user_name="ada", email="ada@example.org", given_name="Ada", family_name="Lovelace")
USERS, LIST = r"/api/v3/users", r"/api/v3/users"
OFF, ON = Update({"active": True}, {"active": False}), Update({"active": False}, {"active": True})


@pytest.fixture
def project():
    with OpenProject() as server:
        yield server


@pytest.fixture
def opened(project):
    """Backends on it, closed at the end."""
    made = []

    def open_(**settings):
        settings = {"api_key": project.key} | settings
        backend = OpenProjectBackend(
            "projects", OpenProjectConfig(server=project.url, **settings), Path()
        )
        made.append(backend)
        return backend

    yield open_
    for one in made:
        one.close()


@pytest.fixture
def backend(opened):
    return opened()


def logins(backend):
    return sorted(one.entity.user_name for one in backend.users.read())


# -- who syncd is there ------------------------------------------------------------------------


def test_it_finds_its_own_account(project, backend):
    """By one call, which is not made again."""
    assert backend.whoami() == str(project.find("admin").id)
    assert backend.whoami() == str(project.find("admin").id)
    assert len(project.calls) == 1


def test_a_wrong_key_is_denied(opened):
    """Before anything is believed."""
    with pytest.raises(Denied):
        list(opened(api_key="another").users.read())


def test_who_is_anonymous_is_denied_though_the_answer_is_a_200(project, opened):
    """An OAuth application that is bound to nobody gets answers with fewer fields."""
    project.applications["alone"] = ("secret", None)
    token = {"token_url": project.url + "/oauth/token", "client_secret": "secret"}
    backend = opened(api_key=None, oauth2={**token, "client_id": "alone", "scope": "api_v3"})
    for reading in (backend.users.read, backend.groups.read, backend.members.read):
        with pytest.raises(Denied, match="anonymous is not an administrator"):
            list(reading())
    good = opened(api_key=None, oauth2={**token, "client_id": "client", "scope": "api_v3"})
    assert logins(good) == ["admin"]


def test_who_is_no_administrator_is_denied(project, opened):
    """Such an account may list people, and cannot lock them; groups look empty to it."""
    manager = project.add_user("manager", "m@example.org")
    project.keys["managers"] = manager.id
    project.permissions[manager.id] = {"manage_user", "create_user", "view_members"}
    with pytest.raises(Denied, match="manager is not an administrator"):
        list(opened(api_key="managers").groups.read())


# -- reading -----------------------------------------------------------------------------------


def test_pages_are_as_large_as_the_server_lets_them_be(project, backend):
    """Whatever was asked for; and there is none beyond the last."""
    project.max_page_size = 7
    for number in range(20):
        project.add_user(f"user{number}", f"user{number}@example.org")
    assert len(logins(backend)) == 21
    assert project.count("GET", LIST) == 3


def test_who_comes_while_a_list_is_read_moves_nobody(project, backend):
    """The newest would come first, and push others onto the next page: not in the order of ids."""
    project.max_page_size = 2
    for number in range(4):
        project.add_user(f"user{number}", f"user{number}@example.org")
    join = Meanwhile(lambda: project.add_user("late", "late@example.org"))
    project.faults.add(join, times=1, when=by("GET", LIST, offset="2"))
    assert logins(backend) == ["admin", "late", *(f"user{number}" for number in range(4))]


def test_whom_a_deletion_moves_is_found(project, backend):
    """A row goes from an earlier page, and another one slips past: the list is read again."""
    project.max_page_size = 2
    users = [project.add_user(f"user{number}", f"u{number}@example.org") for number in range(5)]
    gone = Meanwhile(lambda: project.remove(users[0]))
    project.faults.add(gone, times=1, when=by("GET", LIST, offset="2"))
    assert set(logins(backend)) >= {"admin", *(f"user{number}" for number in range(1, 5))}


def test_a_list_that_breaks_off_is_incomplete(project, backend):
    """What came before proves nothing about the rest."""
    project.max_page_size = 2
    for number in range(4):
        project.add_user(f"user{number}", f"user{number}@example.org")
    project.faults.add(Fails(404), when=by("GET", LIST, offset="2"))
    with pytest.raises(Incomplete):
        logins(backend)


def test_an_answer_that_is_no_json_is_not_believed(project, backend):
    """Nor is half a list."""
    backend.whoami()
    project.faults.add(Garbled(), when=by("GET", LIST))
    with pytest.raises(BackendError):
        logins(backend)


def test_a_state_is_active_or_not(project, backend):
    """Who is invited has only to accept; who registered waits for somebody's approval."""
    for status in ("active", "invited", "registered", "locked"):
        project.add_user(status, f"{status}@example.org", status=status)
    active = {one.entity.user_name: one.entity.active for one in backend.users.read()}
    assert active == {
        "admin": True,
        "active": True,
        "invited": True,
        "registered": False,
        "locked": False,
    }


def test_a_number_that_is_a_login_is_not_an_id(project, backend):
    """OpenProject finds users by either, and takes a login where the id is gone."""
    project.users_deletable_by_admins = True
    gone = Ref("99")
    stranger = project.add_user("99", "99@example.org")
    before = dict(vars(stranger))
    list(backend.users.read())
    assert backend.users.get(gone) is None
    for change in (OFF, ON, Update({}, {"given_name": "Other"})):
        with pytest.raises(NotFound):
            backend.users.update(gone, change)
    with pytest.raises(NotFound):
        backend.users.delete(gone)
    assert vars(stranger) == before
    assert project.count("GET", LIST + "/99") == 5


# -- names that are taken ----------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("taken", [{"user_name": "ZOE"}, {"email": "Zoe@example.org"}])
def test_a_taken_name_is_a_conflict_in_any_language(project, backend, language, taken):
    """The error for it is the one for a bad name, but for words in the caller's language."""
    project.find("admin").language = language
    project.add_user("Zoe", "zoe@EXAMPLE.org")
    with pytest.raises(Conflict, match="has it"):
        backend.users.create(Key("k"), changed(ADA, taken))
    ref = backend.users.create(Key("k"), ADA)
    with pytest.raises(Conflict, match="has it"):
        backend.users.update(ref, Update({}, taken))
    with pytest.raises(Conflict, match="has it"):  # among several errors, too
        backend.users.create(Key("k"), changed(ADA, {**taken, "given_name": "A" * 31}))


@pytest.mark.parametrize(
    "bad", [{"user_name": "a/da"}, {"email": "nobody"}, {"given_name": "A" * 31}]
)
def test_a_bad_name_is_rejected_and_no_conflict(project, backend, bad):
    """Nobody has it."""
    project.find("admin").language = "de"
    with pytest.raises(Rejected) as caught:
        backend.users.create(Key("k"), changed(ADA, bad))
    assert not isinstance(caught.value, Conflict)
    assert len(project.users) == 1


def test_a_taken_name_of_a_group_is_a_conflict(project, backend):
    """And one that is too long is rejected."""
    project.add_group("Sales")
    with pytest.raises(Conflict):
        backend.groups.create(Key("g"), Group(display_name="Sales"))
    with pytest.raises(Rejected) as caught:
        backend.groups.create(Key("g"), Group(display_name="S" * 257))
    assert not isinstance(caught.value, Conflict)


def test_an_instance_without_a_free_seat_rejects_newcomers(project, backend):
    """Each of them, in its words, and the run goes on."""
    project.user_limit = 1
    with pytest.raises(Rejected, match="User limit reached"):
        backend.users.create(Key("k"), ADA)


# -- passwords ---------------------------------------------------------------------------------


def test_a_new_account_has_a_password_that_nobody_knows(project, backend):
    """Each another one; and it is in no message."""
    zoe = changed(ADA, {"user_name": "zoe", "email": "zoe@example.org"})
    for one in (ADA, zoe):
        backend.users.create(Key(one.user_name), one)
    first, second = (project.find(name).password for name in ("ada", "zoe"))
    assert first != second
    assert len(first) == len(second) == 24
    project.password_min_length = 30
    sent = project.faults.add(Fails(422, body=f'{{"message":"{first}"}}'.encode()))
    with pytest.raises(Rejected) as caught:
        backend.users.create(Key("k"), ADA)
    assert sent.done
    assert first not in str(caught.value)


def test_who_is_invited_chooses_a_password(project, opened):
    """OpenProject sends the mail; the account is there, and counts as active."""
    backend = opened(invite=True)
    ref = backend.users.create(Key("k"), ADA)
    assert project.mails == ["ada@example.org"]
    assert (project.find("ada").status, project.find("ada").password) == ("invited", None)
    assert backend.users.get(ref).entity.active


def test_who_is_known_to_a_directory_gets_no_password(project, opened):
    """The connection is linked by its id."""
    opened(auth_source=3).users.create(Key("k"), ADA)
    assert (project.find("ada").auth_source, project.find("ada").password) == (3, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"api_key": None},
        {"invite": True, "auth_source": 1},
        {"invite": True, "initial_password": {"hand_over": ["mail"]}},
    ],
)
def test_a_configuration_that_contradicts_itself_is_refused(opened, wrong):
    """Before anything is called."""
    with pytest.raises(ValidationError):
        opened(**wrong)


# -- locks and deletions -----------------------------------------------------------------------


def test_who_is_only_invited_cannot_be_locked(project, opened):
    """The change is rejected, the account stays, and nobody deletes it in place of that."""
    backend = opened(invite=True)
    ref = backend.users.create(Key("k"), ADA)
    with pytest.raises(Rejected, match="does not allow this operation"):
        backend.users.update(ref, OFF)
    assert project.find("ada").status == "invited"


def test_a_lock_goes_with_other_changes(project, backend):
    """Two calls, of which the second is in doubt with the first: it may not be made twice blindly."""
    ref = backend.users.create(Key("k"), ADA)
    backend.users.update(ref, Update({}, {"title": None, "locale": "de", "active": False}))
    ada = project.find("ada")
    assert (ada.language, ada.status) == ("de", "locked")
    project.faults.add(Fails(400), when=by("DELETE", r".*/lock"))
    with pytest.raises(Unavailable):
        backend.users.update(ref, Update({}, {"locale": "fr", "active": True}))


def test_deletion_that_the_instance_forbids_rejects_that_change_only(project, backend):
    """As it is by default: a 403, which elsewhere means that the account has no rights."""
    ref = backend.users.create(Key("k"), ADA)
    with pytest.raises(Rejected, match="users_deletable_by_admins"):
        backend.users.delete(ref)
    assert project.find("ada").status == "active"


def test_a_deletion_is_followed_to_its_end(project, backend):
    """The answer is a 202, and until a job has run the account is there, locked."""
    project.users_deletable_by_admins = True
    project.job_seconds = 0.4
    ref = backend.users.create(Key("k"), ADA)
    backend.users.delete(ref)
    assert project.find("ada") is None
    with pytest.raises(NotFound):
        backend.users.delete(ref)


def test_a_deletion_that_does_not_end_is_in_doubt(project, opened):
    """Nobody waits for ever; the next run looks."""
    project.users_deletable_by_admins = True
    project.job_seconds = 3600
    backend = opened(deletion_patience=0.3)
    group = backend.groups.create(Key("g"), Group(display_name="Sales"))
    ref = backend.users.create(Key("k"), ADA)
    for collection, one in ((backend.users, ref), (backend.groups, group)):
        with pytest.raises(Unavailable, match=r"still there after 0\.3 seconds") as caught:
            collection.delete(one)
        assert not caught.value.refused
    project.run_jobs()
    assert backend.users.get(ref) is None


# -- groups ------------------------------------------------------------------------------------


def test_members_who_are_not_ours_stay(project, backend):
    """A group is written whole: the locked, the invited and the unknown are written with it."""
    strangers = [
        project.add_user(status, f"{status}@example.org", status=status)
        for status in ("locked", "invited", "active")
    ]
    group = project.add_group("Sales", [one.id for one in strangers])
    ref = backend.users.create(Key("k"), ADA)
    before = len(project.calls)
    backend.members.change(Ref(str(group.id)), [ref], [])
    assert group.members == [*(one.id for one in strangers), int(ref)]
    assert len(project.calls) - before == 2
    backend.members.change(Ref(str(group.id)), [ref], [Ref("12345")])
    assert len(project.calls) - before == 3  # nothing is written where nothing changes
    backend.members.change(Ref(str(group.id)), [], [ref])
    assert group.members == [one.id for one in strangers]


def test_changes_of_one_group_at_once_do_not_undo_each_other(project, backend):
    """Each reads and writes: one at a time."""
    group = project.add_group("Sales")
    users = [project.add_user(f"u{number}", f"u{number}@example.org") for number in range(8)]
    turns = [
        threading.Thread(
            target=backend.members.change, args=(Ref(str(group.id)), [Ref(str(user.id))], [])
        )
        for user in users
    ]
    for turn in turns:
        turn.start()
    for turn in turns:
        turn.join()
    assert sorted(group.members) == [user.id for user in users]


def test_members_that_are_not_shown_are_not_taken_for_none(project, backend):
    """Rights that are lost in the middle would empty all groups."""
    admin = project.find("admin")
    group = project.add_group("Sales", [admin.id])
    assert list(backend.members.read()) == [Member(Ref(str(group.id)), Ref(str(admin.id)))]
    admin.admin = False
    project.permissions[admin.id] = {"view_members"}
    with pytest.raises(Denied, match="not shown"):
        list(backend.members.read())
    with pytest.raises(Denied, match="not shown"):
        backend.members.change(Ref(str(group.id)), [Ref("7")], [])
    assert group.members == [admin.id]


def test_a_member_who_is_gone_is_not_found(project, backend):
    """And the group is as it was."""
    group = project.add_group("Sales")
    with pytest.raises(NotFound, match="no user 77"):
        backend.members.change(Ref(str(group.id)), [Ref("77")], [])
    with pytest.raises(NotFound):
        backend.members.change(Ref("78"), [Ref("4")], [])
    assert group.members == []


# -- faults ------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [Cut(after=True), Fails(500, after=True), Garbled()])
def test_a_create_whose_answer_is_lost_leads_to_one_account(project, opened, fault):
    """It is not sent again; the next run finds what it made, by its names."""
    project.faults.add(fault, times=1, when=by("POST", USERS))
    here = office(
        person("1", "ada", email="ada@example.org", given_name="Ada", family_name="Lovelace"),
        backend=opened(),
    )
    here.source.supplies = frozenset({"user_name", "email", "given_name", "family_name"})
    assert here.apply().exit_code is not Exit.DONE
    assert project.count("POST", USERS) == 1
    assert here.apply().exit_code is Exit.DONE
    assert [one.login for one in project.users.values()] == ["admin", "ada"]
    assert project.count("POST", USERS) == 1
    assert [link.ref for link in here.links()] == [str(project.find("ada").id)]


@pytest.mark.parametrize(
    ("fault", "refused"),
    [(Fails(429, retry_after=1), True), (Fails(500), False), (Cut(), False)],
)
def test_a_create_is_never_repeated_by_the_backend(project, backend, fault, refused):
    """It says whether anything can have come of it; the executor decides."""
    project.faults.add(fault, when=by("POST", USERS))
    with pytest.raises(Unavailable) as caught:
        backend.users.create(Key("k"), ADA)
    assert caught.value.refused is refused
    assert project.count("POST", USERS) == 1


# -- the wire ----------------------------------------------------------------------------------

WRITABLE = {
    "login": str,
    "email": str,
    "firstName": str,
    "lastName": str,
    "admin": bool,
    "language": str,
}
"""Of what docs/api/apiv3/paths/users.yml names for a new user, those that syncd tells."""


def test_what_is_sent_is_what_the_documents_name(backend):
    """All of it, in the types that they give; never the state, which is not among what a change may
    write."""
    whole = changed(ADA, {"admin": False, "locale": "de", "title": "Countess"})
    body = user_to_wire(flat(whole))
    assert {name: type(value) for name, value in body.items()} == WRITABLE
    assert backend.declares.keys() == {"user", "group", "member"}
