"""A cursor that cannot be used, or a line that breaks, costs time and never the truth."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from msgspec.structs import replace

from syncd.errors import SourceError
from syncd.sources.ldap.cursor import Modified, Syncrepl, decoded, encoded
from syncd.sources.ldap.sync_controls import REQUEST, request_value
from syncd.sources.ldap.syncrepl import refresh_of
from tests.sources.ldap_changes import Follower, everything


@pytest.fixture
def slapd(slapd_with):
    return slapd_with("accesslog")


def reason(follower):
    """Why everything was read."""
    assert follower.was_full
    return follower.notes[0].removeprefix("everything was read, not only what changed: ")


def with_cookies(cursor, cookie_of):
    """The cursor with other cookies in it, and otherwise as good as it was."""
    position = decoded(cursor)
    cookies = tuple((cookie_of(one), cookie_of(other)) for one, other in position.state.cookies)
    return encoded(replace(position, state=Syncrepl(cookies)))


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda _: b"garbage",
        lambda cursor: cursor[:-1],
        lambda cursor: cursor[1:],
        lambda cursor: cursor[:100] + bytes([cursor[100] ^ 1]) + cursor[101:],
        lambda cursor: cursor + b" ",
    ],
)
def test_a_damaged_cursor_is_none(slapd, damage):
    """Everything is read, in the same call, and the next cursor is good again."""
    slapd.add_user("ada")
    follower = Follower(slapd.config()).read()

    follower.cursor = damage(follower.cursor)
    slapd.add_user("ben")

    assert reason(follower.read()) == "the cursor is damaged"
    assert follower.state == everything(slapd.config())
    assert not follower.read().was_full


def test_a_cursor_of_another_server_is_none(slapd_with):
    """Also where that one has the same entries, or is at the same address and was made anew."""
    one, other = slapd_with("accesslog"), slapd_with("session")
    anew = "another server answers, or one that was set up anew"
    follower = Follower(one.config()).read()

    elsewhere = Follower(other.config())
    elsewhere.cursor = follower.cursor
    assert reason(elsewhere.read()) == anew

    one.reset()
    assert reason(follower.read()) == anew


def test_a_cursor_for_another_question_is_none(slapd):
    """With other bases, filters, attributes or another account, other things are told."""
    slapd.add_user("ada")
    follower = Follower(slapd.config()).read()
    few = f"cn=few,{slapd.base}"
    for settings in (
        {"users": {"bases": [slapd.base]}},
        {"users": {"bases": [slapd.people], "scope": "one_level"}},
        {"users": {"bases": [slapd.people], "filter": "(uid=*)"}},
        {"users": {"bases": [slapd.people], "attributes": {"room": "roomNumber"}}},
        {"users": {"bases": [slapd.people], "disabled": []}},
        {"groups": {"bases": [slapd.groups], "members": [{"attribute": "member"}]}},
        {"groups": None},
        {"bind": {"dn": few, "password": slapd.password}},
    ):
        asking = Follower(slapd.config(**settings))
        asking.cursor = follower.cursor
        assert reason(asking.read()) == "the configuration asks for something else now"


def test_a_cookie_from_the_future_is_none(slapd):
    """So it is after the directory was put back to an older state."""
    slapd.add_user("ada")
    follower = Follower(slapd.config()).read()

    follower.cursor = with_cookies(
        follower.cursor, lambda cookie: cookie.replace(b"csn=2", b"csn=3")
    )

    assert "the server is unwilling to do it" in reason(follower.read())
    assert follower.state == everything(slapd.config())


@pytest.mark.parametrize("cut", [b"garbage", None])
def test_a_cookie_that_the_server_would_not_understand_is_not_sent(slapd, cut):
    """It would tell everything, with success, and not of who is gone."""
    slapd.delete(slapd.add_user("ada"))
    follower = Follower(slapd.config()).read()

    follower.cursor = with_cookies(follower.cursor, lambda cookie: cut or cookie[:-10])

    assert "is no cookie of OpenLDAP's" in reason(follower.read())


def test_a_server_that_did_not_heed_the_cookie_is_found_out(slapd, monkeypatch):
    """What it tells was written before."""
    slapd.add_user("ada")
    slapd.add_user("ben")
    follower = Follower(slapd.config()).read()
    slapd.modify(f"uid=ada,{slapd.people}", {"title": "Dr"})

    def unheeded(cookie):
        return (REQUEST, True, request_value(cookie[:-10]))

    monkeypatch.setattr("syncd.sources.ldap.syncrepl._request", unheeded)

    assert reason(follower.read()) == (
        "the server told what did not change: it did not understand the cookie"
    )
    assert follower.state == everything(slapd.config())


def test_what_may_not_be_seen_is_not_gone_by(slapd):
    """slapd says nothing of changes to entries whose entryCSN is hidden from the account."""
    bind = {"dn": f"cn=few,{slapd.base}", "password": slapd.password}
    config = slapd.config(bind=bind, groups=None, page_size=4)
    ada = slapd.add_user("ada")
    follower = Follower(config, datetime.now(UTC)).read()
    assert follower.gaps == []
    assert isinstance(decoded(follower.cursor).state, Modified)

    slapd.modify(ada, {"title": "Dr"})

    assert not follower.read().was_full
    assert follower.state == everything(config, follower.now)


def test_who_is_there_is_not_gone(slapd, monkeypatch):
    """Whatever the server says: it is asked again."""
    ada, ben = slapd.add_user("ada"), slapd.add_user("ben")
    follower = Follower(slapd.config()).read()
    slapd.modify(ada, {"title": "Dr"})

    def wrong(answer, cookie):
        found = refresh_of(answer, cookie)
        return replace(found, gone={UUID(slapd.value(ben, "entryUUID")).bytes})

    monkeypatch.setattr("syncd.sources.ldap.syncrepl.refresh_of", wrong)

    assert reason(follower.read()) == f"{ben!r} is there and said to be gone"
    assert follower.state == everything(slapd.config())


def test_a_log_that_does_not_reach_back_means_to_read_all_once(slapd_with):
    """A session log is lost with the server; from then on, modify times are gone by."""
    slapd = slapd_with("session")
    follower = Follower(slapd.config(), datetime.now(UTC)).read()
    ada = slapd.add_user("ada")
    slapd.add_user("ben")
    slapd.delete(ada)
    slapd.restart()
    slapd.add_user("eve")

    lost = "the server does not know any more what was deleted since"
    assert reason(follower.read()) == lost
    assert follower.state == everything(slapd.config(), follower.now)
    assert isinstance(decoded(follower.cursor).state, Modified)
    assert not follower.read().was_full

    follower.cursor = None
    follower.read()
    assert isinstance(decoded(follower.cursor).state, Syncrepl)


def test_an_accesslog_outlives_the_server(slapd):
    """What was deleted before a restart is told after it."""
    follower = Follower(slapd.config()).read()
    ada = slapd.add_user("ada")
    follower.read()
    slapd.delete(ada)
    slapd.restart()
    slapd.add_user("ben")

    follower.read()

    assert not follower.was_full
    assert len(follower.gone) == 1
    assert follower.state == everything(slapd.config())


def test_more_changes_than_are_told_one_by_one_mean_to_read_all(slapd_with, monkeypatch):
    """By whichever way they are found out."""
    for log in ("accesslog", "none"):
        slapd = slapd_with(log)
        follower = Follower(slapd.config(), datetime.now(UTC)).read()
        for way in ("syncrepl", "modified"):
            monkeypatch.setattr(f"syncd.sources.ldap.{way}.MOST", 3)
        for number in range(4):
            slapd.add_user(f"user{number}")

        assert follower.read().was_full
        assert follower.state == everything(slapd.config(), follower.now)


@pytest.mark.parametrize(
    "settings",
    [
        {"users": {"member_of": "memberOf"}},
        {"users": {"filter": "(&(objectClass=inetOrgPerson)(memberOf=cn=all,dc=x))"}},
        {"users": {"attributes": {"roles": ["title", "memberOf"]}}},
        {"users": {"disabled": [{"filter": "(memberOf:dn:=cn=bad,dc=x)"}]}},
        {"users": {"disabled": [{"attribute": "nsRole", "equals": "x"}]}},
        {"groups": {"filter": "(&(objectClass=groupOfNames)(numSubordinates>=1))"}},
    ],
)
def test_what_changes_without_a_trace_is_not_followed(slapd, settings):
    """Where an entry changes with others, everything is read every time."""
    given = {"users": {"bases": [slapd.people]}, "groups": {"bases": [slapd.groups]}}
    for part, more in settings.items():
        given[part] |= more
    slapd.add_user("ada")

    assert Follower(slapd.config(**given)).read().cursor is None


def test_with_another_key_who_is_gone_waits(slapd):
    """OpenLDAP tells by entryUUID alone who is gone."""
    config = slapd.config(users={"bases": [slapd.people], "key": "uid"})
    ada = slapd.add_user("ada")
    follower = Follower(config, datetime.now(UTC)).read()

    slapd.delete(ada)
    slapd.add_user("ben")
    follower.read()

    assert isinstance(decoded(follower.cursor).state, Modified)
    assert (follower.was_full, follower.gone) == (False, set())
    assert set(follower.state[0]) == {"ada", "ben"}


def test_a_line_that_is_cut_leaves_all_as_it_was(slapd, proxy):
    """Wherever it is cut: the cursor is the old one, nothing is told, and the next time all is."""
    people = [slapd.add_user(f"user{number}") for number in range(4)]
    lab = slapd.add_group("lab", people)
    line = proxy(slapd.port)
    config = slapd.config(servers=[f"ldap://127.0.0.1:{line.port}"])
    follower = Follower(config).read()
    before = (follower.state, follower.cursor)
    slapd.modify(people[0], {"title": "Dr"})
    slapd.delete(people[1])
    slapd.modify(lab, {"member": people[1:]})
    slapd.rename(people[3], "uid=other")

    outcomes = [attempt(follower, line, octets, before) for octets in range(40, 6000, 83)]

    assert [each for each in outcomes if each != "refused"][:20] == ["gap"] * 20
    assert outcomes[-1] == "told"
    assert follower.state == everything(slapd.config())


def attempt(follower, line, octets, before):
    """What comes of reading over a line that is cut after so many octets."""
    line.cut_after(octets)
    cursor = follower.cursor
    try:
        follower.read()
    except SourceError:
        return "refused"
    if not follower.gaps:
        return "full" if follower.was_full else "told"
    assert follower.cursor == cursor
    assert cursor != before[1] or follower.state == before[0]
    return "gap"


def test_a_server_that_falls_silent_is_not_waited_for(slapd, proxy):
    """As when all is read, no longer than the configuration allows."""
    slapd.add_user("ada")
    line = proxy(slapd.port)
    config = slapd.config(servers=[f"ldap://127.0.0.1:{line.port}"], read_timeout=1)
    follower = Follower(config).read()
    cursor = follower.cursor
    slapd.add_user("ben")

    line.stall_after(600)
    follower.read()

    assert follower.gaps == [
        "what changed could not be read: no sign of life from the server for 1 s"
    ]
    assert follower.cursor == cursor
