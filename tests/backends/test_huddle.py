"""Huddle's ways: a list without a status, links for what one may do, and answers of before."""

import contextlib
import time
from pathlib import Path

import pytest
from pydantic import ValidationError

from syncd.backends.huddle import HuddleBackend, HuddleConfig
from syncd.core.model import Group, Key, Member, Op, Ref, Update, User
from syncd.errors import (
    BackendError,
    Conflict,
    Denied,
    Incomplete,
    NotFound,
    Rejected,
    Unavailable,
)
from tests.servers.huddle import Huddle
from tests.servers.web import Cut, Fails, Garbled, Meanwhile, by

ADA = User(user_name="ada@example.org", given_name="Ada", family_name="Lovelace")
MEMBERS = "/people/companies/123/members"
SCIM = "/people/companies/123/users"


@pytest.fixture
def huddle():
    with Huddle() as server:
        yield server


@pytest.fixture
def backend(huddle):
    with opened(huddle) as backend:
        yield backend


@pytest.fixture
def joe(huddle):
    """User 2, member 502."""
    return huddle.add_user("joe@example.com", "Joe", "Bloggs", company="Huddle", role="Writer")


@contextlib.contextmanager
def opened(huddle, auth=None, **settings):
    auth = auth or {"token": huddle.token}
    config = HuddleConfig(**{"server": huddle.url, "auth": auth, "company": 123, **settings})
    with contextlib.closing(HuddleBackend("wiki", config, Path())) as backend:
        yield backend


def application(huddle, **other):
    """How an application logs in."""
    return {
        "token_url": f"{huddle.url}/token",
        "client_id": "client",
        "client_secret": huddle.secret,
        **other,
    }


def set_(backend, ref, **after):
    attributes = {name: after.pop(name) for name in ("company", "about") if name in after}
    after |= {f"attributes.{name}": value for name, value in attributes.items()}
    backend.users.update(Ref(str(ref)), Update({}, after))


def names(backend):
    return sorted(one.entity.user_name for one in backend.users.read())


def crowd(huddle, count):
    return [huddle.add_user(f"u{n:03}@example.org", "U", f"No {n:03}") for n in range(count)]


# -- reading ----------------------------------------------------------------------------------


@pytest.mark.parametrize("absolute", [False, True])
def test_the_members_of_the_company_are_the_users(huddle, backend, absolute):
    """By the links to the next page, and a call for each: the list does not say who is suspended."""
    huddle.absolute_links = absolute
    crowd(huddle, 59)
    assert len(names(backend)) == 60
    assert (huddle.count("GET", MEMBERS), huddle.count("GET", r"/users/\d+")) == (3, 60)
    assert len(huddle.calls) == 63


def test_a_list_that_grows_shorter_is_read_again(huddle, backend):
    """The page that was the last one is a 404 then: that is the end, and proves nothing."""
    people = crowd(huddle, 25)
    gone = Meanwhile(lambda: huddle.remove_member(huddle.member_of(people[0])))
    huddle.faults.add(gone, times=1, when=by("GET", MEMBERS, page="2"))
    assert {f"u{n:03}@example.org" for n in range(1, 25)} < set(names(backend))
    assert huddle.count("GET", MEMBERS) == 3


def test_who_moves_between_pages_is_found(huddle, backend):
    """The order is by a name that anybody may change."""
    people = crowd(huddle, 40)
    renamed = Meanwhile(lambda: setattr(people[39], "first_name", "A"))
    huddle.faults.add(renamed, times=1, when=by("GET", MEMBERS, page="2"))
    assert len(names(backend)) == 41


def test_who_is_deleted_while_the_rest_is_read_is_not_there(huddle, backend):
    """404, or 410 for who was deleted."""
    (gone,) = crowd(huddle, 1)
    huddle.faults.add(Fails(410), when=by("GET", f"/users/{gone.id}"))
    assert names(backend) == ["admin@example.com"]
    assert backend.users.get(Ref(str(gone.id))) is None


def test_half_a_reading_is_incomplete(huddle, backend):
    """A user who cannot be read may be anything."""
    crowd(huddle, 3)
    huddle.faults.add(Fails(500), when=by("GET", "/users/3"))
    with pytest.raises(Incomplete):
        list(backend.users.read())
    huddle.faults.clear()
    crowd(huddle, 30)
    huddle.faults.add(Fails(500), when=by("GET", MEMBERS, page="2"))
    with pytest.raises(Incomplete):
        list(backend.users.read())


@pytest.mark.parametrize("path", [MEMBERS, "/users/1"])
def test_an_answer_that_is_garbled_is_an_error(huddle, backend, path):
    """And neither nobody nor somebody."""
    huddle.faults.add(Garbled(), when=by("GET", path))
    with pytest.raises(BackendError, match="not JSON"):
        list(backend.users.read())


@pytest.mark.parametrize("word", ["Suspended", "Inactive"])
def test_whatever_is_not_active_is_suspended(huddle, backend, joe, word):
    """No page says what the word is."""
    huddle.suspended_word, joe.active = word, False
    stored = backend.users.get(Ref("2"))
    assert stored is not None
    assert not stored.entity.active
    assert stored.entity.phone is None


def test_retry_after_on_a_good_answer_is_nothing_to_wait_for(huddle, backend):
    """Huddle says with every answer when its count of calls begins anew."""
    crowd(huddle, 5)
    began = time.monotonic()
    assert len(names(backend)) == 6
    assert time.monotonic() - began < 5


def test_over_the_limit_a_reading_waits_until_it_may_go_on(huddle, backend):
    """429 is the only answer whose Retry-After counts."""
    huddle.limit, huddle.window = 3, 1
    crowd(huddle, 4)
    assert len(names(backend)) == 5


# -- changing ---------------------------------------------------------------------------------


@pytest.mark.parametrize("omitted", ["cleared", "kept"])
def test_a_change_sends_all_that_may_be_edited(huddle, backend, joe, omitted):
    """What is not sent may be cleared, or kept: nothing depends on it."""
    huddle.omitted = omitted
    joe.about_me = "Some"
    set_(backend, 2, title=None, about=None, phone="1")
    assert (joe.company, joe.role, joe.about_me, joe.phone) == ("Huddle", None, None, "1")
    set_(backend, 2, user_name="Joe.B@example.com")
    assert joe.email == "Joe.B@example.com"


def test_who_is_updated_is_believed_by_a_new_look_only(backend, joe):
    """The answer to an update shows the user as they were."""
    set_(backend, 2, company="Other")
    stored = backend.users.get(Ref("2"))
    assert stored is not None
    assert (joe.company, stored.entity.attributes["company"]) == ("Other", "Other")


def test_a_field_that_huddle_keeps_is_not_held_where_that_is_said(huddle):
    """Whether a company can be changed, the pages leave open."""
    with opened(huddle, drops=["attributes.company"]) as backend:
        assert "attributes.company" not in backend.users.holds.fields
    with pytest.raises(ValidationError, match="user_name: should be among"):
        HuddleConfig(auth={"token": "t"}, company=1, drops=["user_name"])


def test_an_e_mail_may_be_taken_or_fixed(huddle, backend, joe):
    """409, in XML; and 400 where a workspace's whitelist has it, in Huddle's words."""
    with pytest.raises(Conflict, match="Email already in use Conflict"):
        set_(backend, 2, user_name="ADMIN@example.com")
    huddle.whitelisted = frozenset({"joe@example.com"})
    with pytest.raises(Rejected, match="part of a workspace whitelist"):
        set_(backend, 2, user_name="new@example.com")
    assert joe.email == "joe@example.com"


def test_a_status_is_set_once(huddle, backend, joe):
    """What the same one again would do is not documented: it is looked at first."""
    for active, status in ((False, False), (False, False), (True, True)):
        set_(backend, 2, active=active)
        assert joe.active is status
    assert huddle.count("POST") == 2


def test_what_is_not_linked_is_not_allowed(huddle, backend, joe):
    """This one user is rejected, and the run goes on."""
    list(backend.users.read())
    huddle.users[1].active, huddle.client.user = True, joe.id
    huddle.member_of(joe).manager = False
    other = huddle.add_user("max@example.com", "Max", "M")
    backend.users._roster._known[Ref(str(other.id))] = backend.users._roster._known[Ref("2")]
    with pytest.raises(Rejected, match="may not change their status"):
        set_(backend, other.id, active=False)


def test_who_was_removed_by_another_is_not_found(huddle, backend, joe):
    """403, for nobody manages them any more: the run goes on."""
    list(backend.users.read())
    huddle.remove_member(huddle.member_of(joe))
    with pytest.raises(NotFound):
        set_(backend, 2, title="Dr")


def test_managers_of_the_company_are_its_administrators(huddle, backend, joe):
    """By numbers that are neither the user's nor the member's."""
    member = huddle.member_of(joe)
    for admin in (True, True, False, False):
        set_(backend, 2, admin=admin)
        stored = backend.users.get(Ref("2"))
        assert stored is not None
        assert member.manager is admin is stored.entity.admin


# -- creating and deleting --------------------------------------------------------------------


def test_an_account_is_made_by_scim_and_known_by_its_number(huddle, backend):
    """The GUID goes no further; what SCIM has no place for comes in a second stage."""
    ref = backend.users.create(Key("1"), ADA)
    assert (huddle.find("ada@example.org").id, len(huddle.calls)) == (int(ref), 2)
    two = User(
        user_name="b@example.org", given_name="B", family_name="C", attributes={"company": "D"}
    )
    ref = backend.users.create(Key("2"), two)
    assert (huddle.users[int(ref)].company, len(huddle.calls)) == ("D", 6)
    with pytest.raises(Conflict, match="already exists"):
        backend.users.create(Key("3"), ADA)


def test_an_account_may_be_made_suspended_and_a_manager(huddle, backend):
    """In as many calls as it takes."""
    made = {"user_name": "b@example.org", "given_name": "B", "family_name": "C", "admin": True}
    ref = backend.users.create(Key("1"), User(**made, active=False))
    user = huddle.users[int(ref)]
    assert (user.active, huddle.member_of(user).manager) == (False, True)


def test_a_domain_that_is_not_the_companys_concerns_one_user(huddle, backend):
    """No right to provision at all stops the run."""
    huddle.domains = frozenset({"example.net"})
    with pytest.raises(Rejected, match="domain"):
        backend.users.create(Key("1"), ADA)
    huddle.client.provisions = False
    with pytest.raises(Denied, match="provisioning permissions"):
        backend.users.create(Key("1"), ADA)


def test_the_users_api_creates_for_huddle_only(huddle):
    """With a password; 403 for all others stops the run."""
    with opened(huddle, create_by="users") as backend:
        with pytest.raises(Denied, match="Insufficient permissions to create User"):
            backend.users.create(Key("1"), ADA)
        huddle.client.staff = True
        ref = backend.users.create(Key("1"), ADA)
        assert len(huddle.users[int(ref)].password) == 24
    with opened(huddle, create_by="nothing") as backend:
        assert Op.CREATE not in backend.users.holds.ops


def test_a_new_password_is_in_no_message(huddle, monkeypatch):
    """Whatever Huddle quotes."""
    told = b"<ErrorResult><Message>Hunter-2-Hunter is weak</Message></ErrorResult>"
    huddle.faults.add(Fails(400, body=told), when=by("POST"))
    with opened(huddle, create_by="users") as backend:
        monkeypatch.setattr(backend.users._passwords, "new", lambda: "Hunter-2-Hunter")
        with pytest.raises(Rejected, match="is weak") as caught:
            backend.users.create(Key("1"), ADA)
        assert "Hunter" not in str(caught.value)
        assert huddle.token not in f"{caught.value!r} {backend.config!r}"


def test_a_deletion_is_what_the_operator_says(huddle, joe):
    """Out of the company, or with the account; whom SCIM does not know, it cannot delete."""
    max_ = huddle.add_user("max@example.com", "Max", "M", provisioned=False)
    with opened(huddle, delete_as="account") as backend:
        backend.users.delete(Ref("2"))
        with pytest.raises(Rejected, match="did not provision them"):
            backend.users.delete(Ref(str(max_.id)))
    assert joe.id not in huddle.users
    with opened(huddle) as backend:
        backend.users.delete(Ref(str(max_.id)))
        assert backend.users.get(Ref(str(max_.id))) is None
        with pytest.raises(NotFound):
            backend.users.delete(Ref(str(max_.id)))
    assert max_.id in huddle.users


# -- teams ------------------------------------------------------------------------------------


@pytest.fixture
def teams(huddle, joe):
    """Two teams, and one who is a guest of another company."""
    guest = huddle.add_user("guest@example.net", "G", "G")
    huddle.remove_member(huddle.member_of(guest))
    huddle.add_team(7, "Keen <T>", [1, joe.id, guest.id])
    huddle.add_team(7, "Other")
    with opened(huddle, workspaces=[7]) as backend:
        yield backend


def test_teams_are_read_with_those_who_are_in_the_company(teams):
    """Members stand in an older API, in XML."""
    found = [(one.ref, one.entity.display_name) for one in teams.groups.read()]
    assert found == [("7/9001", "Keen <T>"), ("7/9002", "Other")]
    assert teams.groups.get(Ref("7/9002")) is not None
    assert teams.groups.get(Ref("8/9002")) is None
    assert sorted(teams.members.read()) == [
        Member(Ref("7/9001"), Ref("1")),
        Member(Ref("7/9001"), Ref("2")),
    ]
    assert teams.members.ops == {Op.ADD}


def test_who_joins_a_team_gets_no_mail(huddle, teams):
    """They are in Huddle, and so they are in at once; nobody is in twice."""
    for _ in range(2):
        teams.members.change(Ref("7/9002"), [Ref("2"), Ref("2")], [])
    assert (huddle.teams[9002].members, huddle.mails) == ({2}, [])


def test_what_cannot_be_done_to_a_team_is_rejected(huddle, teams):
    """Nobody is removed, invites themselves or joins what is not there; nothing is made."""
    with pytest.raises(Rejected, match="nobody can be removed"):
        teams.members.change(Ref("7/9001"), [], [Ref("2")])
    with pytest.raises(NotFound):
        teams.members.change(Ref("7/9009"), [Ref("2")], [])
    with pytest.raises(NotFound):
        teams.members.change(Ref("7/9001"), [Ref("99")], [])
    with pytest.raises(Rejected):
        teams.members.change(Ref("7/9002"), [Ref("1")], [])
    with pytest.raises(Rejected, match="made and changed in Huddle"):
        teams.groups.create(Key("g"), Group(display_name="New"))
    assert huddle.teams[9001].members == {1, 2, 3}


# -- logging in -------------------------------------------------------------------------------


def test_syncd_knows_its_own_account(huddle, backend):
    """By where the entry leads; that is not followed."""
    assert backend.whoami() == "1"
    assert len(huddle.calls) == 1
    huddle.client.user = None
    assert backend.whoami() is None


def test_a_token_is_had_once_and_again_before_its_day_ends(huddle):
    """There is no refresh token with client credentials; a day is a second here."""
    huddle.token_seconds = 1
    with opened(huddle, application(huddle)) as backend:
        assert [backend.whoami(), backend.whoami()] == ["1", "1"]
        assert huddle.count("POST", "/token") == 1
        time.sleep(0.9)
        assert backend.whoami() == "1"
    assert huddle.count("POST", "/token") == 2


def test_a_401_for_a_fresh_token_is_final(huddle):
    """Another one would be as good."""
    with opened(huddle, application(huddle)) as backend:
        assert backend.whoami() == "1"
        huddle.tokens.clear()
        with pytest.raises(Denied, match="Authentication"):
            backend.whoami()
    assert huddle.count("POST", "/token") == 1


def test_a_users_grant_is_refreshed(huddle):
    """With what the application was given for a year."""
    huddle.grants["grant-of-user"] = ("client", huddle.now() + 1000)
    with opened(huddle, application(huddle, refresh_token="grant-of-user")) as backend:
        assert backend.whoami() == "1"
    other = application(huddle, refresh_token="another-one")
    with opened(huddle, other) as backend, pytest.raises(Denied, match="was revoked") as caught:
        backend.whoami()
    assert "another-one" not in str(caught.value)


def test_who_may_not_log_in_is_denied(huddle):
    """400, and 403 for an application that the company has disabled: nobody tries again."""
    other = application(huddle, client_secret="wrong")
    with opened(huddle, other) as backend, pytest.raises(Denied, match="identifier provided"):
        backend.whoami()
    huddle.client.disabled = True
    auth = application(huddle)
    with opened(huddle, auth) as backend, pytest.raises(Denied, match="has been disabled"):
        backend.whoami()
    assert huddle.count("POST") == len(huddle.calls) == 2


def test_a_token_that_is_shown_in_the_wrong_way_is_denied(huddle):
    """Older Huddles want another word before it, and call that malformed."""
    huddle.schemes = frozenset({"OAuth2"})
    with opened(huddle) as backend, pytest.raises(Denied, match="malformed"):
        backend.whoami()
    with opened(huddle, {"token": huddle.token, "scheme": "OAuth2"}) as backend:
        assert backend.whoami() == "1"


@pytest.mark.parametrize("change", ["suspended", "company", "manager"])
def test_who_may_not_see_the_company_reads_nothing(huddle, backend, change):
    """In Huddle's words."""
    huddle.users[1].active = change != "suspended"
    huddle.member_of(huddle.users[1]).manager = change != "manager"
    huddle.company = 124 if change == "company" else 123
    words = {"suspended": "Account suspended", "company": "company could not", "manager": "manager"}
    with pytest.raises((Denied, NotFound), match=words[change]):
        list(backend.users.read())


# -- what goes wrong --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [Cut(), Cut(after=True), Fails(500), Fails(503, after=True, retry_after=250), Garbled()],
)
def test_a_create_in_doubt_is_not_repeated(huddle, fault):
    """Nor where a 503 has a Retry-After, as every answer has one here."""
    with opened(huddle, create_by="users") as backend:
        huddle.client.staff = True
        huddle.faults.add(fault, times=1, when=by("POST"))
        with pytest.raises(BackendError) as caught:
            backend.users.create(Key("1"), ADA)
    assert not getattr(caught.value, "refused", False)
    assert getattr(caught.value, "retry_after", None) is None
    assert huddle.count("POST") == 1


def test_a_create_whose_second_call_fails_is_in_doubt(huddle, backend):
    """The account is there."""
    huddle.faults.add(Fails(403), when=by("GET", MEMBERS))
    with pytest.raises(BackendError) as caught:
        backend.users.create(Key("1"), ADA)
    assert not isinstance(caught.value, Rejected | Denied)
    assert huddle.find("ada@example.org") is not None


def test_a_create_over_the_limit_was_refused(huddle, backend):
    """Huddle did nothing of it, and says when to come back."""
    huddle.limit = 0
    with pytest.raises(Unavailable) as caught:
        backend.users.create(Key("1"), ADA)
    assert caught.value.refused
    assert 290 < (caught.value.retry_after or 0) <= 300


def test_a_dead_server_is_unavailable(huddle, backend):
    """And did nothing."""
    huddle.stop()
    with pytest.raises(Unavailable) as caught:
        backend.users.create(Key("1"), ADA)
    assert caught.value.refused


@pytest.mark.parametrize(
    "auth",
    [
        {},
        {"client_id": "c"},
        {"client_secret": "s", "token": "t"},
        {"token": "t", "client_id": "c", "client_secret": "s"},
    ],
)
def test_a_log_in_is_one_of_a_few(auth):
    """Whatever else is said is a mistake."""
    with pytest.raises(ValidationError):
        HuddleConfig(auth=auth, company=1)
