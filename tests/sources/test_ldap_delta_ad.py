"""What changed on a real domain controller: by DirSync, or by update sequence numbers."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from syncd.core.model import State
from syncd.sources.ldap.cursor import DirSync, Usn, decoded, encoded
from tests.sources.ldap_changes import Follower, everything
from tests.sources.ldap_domain import Domain

pytestmark = [pytest.mark.root, pytest.mark.xdist_group("samba")]

STEPS = 20


@pytest.mark.parametrize("seed", range(3))
def test_what_was_known_and_what_changed_are_all_that_there_is(samba_ad, seed):
    """Whatever happened since: nothing is missed, and nothing is too much."""
    chance, now = random.Random(seed), datetime.now(UTC)
    domain = Domain(samba_ad, chance, now)
    follower = Follower(domain.config, now).read()
    quick = 0

    for _ in range(STEPS):
        for _ in range(chance.randrange(4)):
            domain.happen()
        follower.now += timedelta(hours=chance.choice([0, 0, 7, 30]))
        follower.read()

        assert follower.gaps == []
        assert follower.state == everything(domain.config, follower.now)
        quick += not follower.was_full

    follower.source.close()
    assert quick > STEPS // 2


def reason(follower):
    """Why everything was read."""
    assert follower.was_full
    return follower.notes[0].removeprefix("everything was read, not only what changed: ")


def test_only_what_changed_is_told_and_whole(samba_ad):
    """DirSync tells a part of an object only; it is told whole, and nobody else is."""
    ada, ben = samba_ad.add_user("ada"), samba_ad.add_user("ben", title="Dr")
    lab = samba_ad.add_group("lab", [ada, ben])
    samba_ad.add_group("outer", [lab])
    config = samba_ad.config()
    follower = Follower(config).read()
    assert isinstance(decoded(follower.cursor).state, DirSync)

    samba_ad.modify(ben, {"mail": "benjamin@ad.test"})
    follower.read()
    assert (follower.was_full, follower.told, follower.gone) == (False, {"ben"}, set())
    assert follower.state == everything(config)

    samba_ad.modify(ben, {"pager": "nothing that is read"})
    samba_ad.modify(lab, {"member": [ben]})
    follower.read()
    assert (follower.was_full, follower.told) == (False, {"lab", "outer"})
    assert follower.state == everything(config)

    samba_ad.rename(ben, "CN=benjamin")
    follower.read()
    assert (follower.was_full, follower.told) == (False, {"ben"})
    assert follower.state == everything(config)


def test_who_is_deleted_is_gone_from_the_groups_too(samba_ad):
    """The domain controller takes them out of groups without a trace on these."""
    ada, ben = samba_ad.add_user("ada"), samba_ad.add_user("ben")
    samba_ad.add_group("lab", [ada, ben])
    follower = Follower(samba_ad.config()).read()
    (key,) = (user.key for user in follower.state[0].values() if user.origin == ada)

    samba_ad.delete(ada)
    follower.read()

    assert (follower.was_full, follower.gone, follower.told) == (False, {key}, set())
    assert follower.state == everything(samba_ad.config())


def test_an_account_that_expires_is_told_when_the_time_comes(samba_ad):
    """Nothing about it changes then."""
    ada = samba_ad.add_user("ada", accountExpires="134118072000000000")  # 2026-01-02 06:00
    before = datetime(2026, 1, 1, 12, tzinfo=UTC)
    follower = Follower(samba_ad.config(), before).read().read()

    told = []
    for hours in (17.9, 18, 19):
        follower.now = before + timedelta(hours=hours)
        follower.read()
        told.append(set(follower.told))

    assert told == [set(), {"ada"}, set()]
    assert [user.state for user in follower.state[0].values()] == [State.SUSPENDED]
    assert [user.origin for user in follower.state[0].values()] == [ada]


def test_without_the_right_to_dirsync_numbers_tell_what_changed(samba_ad):
    """And who is gone waits until all is read."""
    reader = samba_ad.add_user("reader")
    ada, ben = samba_ad.add_user("ada"), samba_ad.add_user("ben")
    samba_ad.add_group("lab", [ada, ben])
    config = samba_ad.config(bind={"dn": reader, "password": samba_ad.password})
    follower = Follower(config).read()
    assert isinstance(decoded(follower.cursor).state, Usn)

    samba_ad.modify(ada, {"title": "Dr"})
    follower.read()
    assert (follower.was_full, follower.told) == (False, {"ada"})
    samba_ad.modify(f"CN=lab,{samba_ad.people}", {"member": [ada]})
    follower.read()
    assert (follower.was_full, follower.told) == (False, {"lab"})
    assert follower.state == everything(config)

    samba_ad.delete(ben)
    follower.read()
    assert (follower.was_full, follower.told, follower.gone) == (False, set(), set())
    assert len(follower.state[0]) == 3


@pytest.mark.parametrize(
    ("cookie", "words"),
    [(lambda cookie: cookie[:-5], "DirSync: "), (lambda _: b"garbage", "DirSync: ")],
)
def test_a_cookie_that_the_domain_controller_refuses_means_to_read_all(samba_ad, cookie, words):
    """In the same call, and the next cursor is good again."""
    samba_ad.add_user("ada")
    follower = Follower(samba_ad.config()).read()
    position = decoded(follower.cursor)
    cookies = {context: cookie(each) for context, each in position.state.cookies.items()}
    state = DirSync(cookies, position.state.usn)

    follower.cursor = encoded(replace(position, state=state))
    samba_ad.add_user("ben")

    assert reason(follower.read()).startswith(words)
    assert follower.state == everything(samba_ad.config())
    assert not follower.read().was_full


def test_a_cursor_of_another_domain_controller_is_none(samba_ad):
    """Numbers and cookies are each domain controller's own."""
    follower = Follower(samba_ad.config()).read()

    follower.cursor = encoded(replace(decoded(follower.cursor), server="another"))

    assert reason(follower.read()) == "another server answers, or one that was set up anew"


def test_a_branch_that_is_renamed_makes_all_be_read(samba_ad):
    """Nobody in it was touched, and yet all their names are other ones."""
    branch = f"OU=lab,{samba_ad.people}"
    samba_ad.add(branch, {"objectClass": ["organizationalUnit"]})
    samba_ad.move(samba_ad.add_user("ada"), "CN=ada", branch)
    follower = Follower(samba_ad.config()).read()

    samba_ad.modify(branch, {"description": "nothing that is read"})
    assert not follower.read().was_full
    samba_ad.rename(branch, "OU=crew")

    assert reason(follower.read()).startswith("'OU=crew,")
    assert follower.state == everything(samba_ad.config())
