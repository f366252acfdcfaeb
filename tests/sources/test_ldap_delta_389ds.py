"""What changed on a real 389 Directory Server: by modify times, and who is gone by its log."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from syncd.sources.ldap.cursor import Modified, decoded, encoded
from syncd.sources.ldap.modified import unique_id
from syncd.sources.ldap.server import look_at
from tests.sources.ldap_changes import Follower, everything
from tests.sources.ldap_world import World

pytestmark = [pytest.mark.root, pytest.mark.xdist_group("389ds")]

STEPS = 20


@pytest.mark.parametrize("seed", range(3))
def test_what_was_known_and_what_changed_are_all_that_there_is(ds389, seed):
    """Whatever happened since: nothing is missed, and nothing is too much."""
    chance = random.Random(seed)
    now = datetime.now(UTC)
    world = World(ds389, chance, now)
    follower = Follower(world.config, now).read()
    quick = 0

    for _ in range(STEPS):
        for _ in range(chance.randrange(4)):
            world.happen()
        follower.now += timedelta(hours=chance.choice([0, 0, 7, 30]))
        follower.read()

        assert follower.gaps == []
        assert follower.state == everything(world.config, follower.now)
        quick += not follower.was_full

    follower.source.close()
    assert quick > STEPS // 2


def reason(follower):
    """Why everything was read."""
    assert follower.was_full
    return follower.notes[0].removeprefix("everything was read, not only what changed: ")


def test_who_is_deleted_moved_away_or_filtered_out_is_gone(ds389):
    """Each way of leaving is found out in another way."""
    people = [ds389.add_user(name, employeeType="staff") for name in ("ada", "ben", "eve", "zoe")]
    ds389.add_group("lab", people)
    users = {"bases": [ds389.people], "filter": "(employeeType=staff)"}
    config = ds389.config(users=users)
    follower = Follower(config, datetime.now(UTC)).read()
    keys = {ds389.value(dn, "nsUniqueId") for dn in people[:3]}

    ds389.delete(people[0])
    ds389.move(people[1], "uid=ben", ds389.groups)
    ds389.modify(people[2], {"employeeType": "former"})
    follower.read()

    assert (follower.was_full, follower.gone) == (False, keys)
    assert follower.state == everything(config, follower.now)


def test_a_log_that_does_not_reach_back_means_to_read_all(ds389, monkeypatch):
    """The server itself would answer with what is left of it, and success."""
    ds389.add_user("ada")
    follower = Follower(ds389.config(), datetime.now(UTC)).read()
    assert decoded(follower.cursor).state.deletions

    def shortened(*arguments):
        return replace(look_at(*arguments), changes=(10**9, 10**9))

    monkeypatch.setattr("syncd.sources.ldap.delta.look_at", shortened)

    assert reason(follower.read()) == "the server's log of changes does not go back far enough"


def test_a_cookie_that_the_server_refuses_means_to_read_all(ds389):
    """It says so: e-syncRefreshRequired."""
    ds389.add_user("ada")
    follower = Follower(ds389.config(), datetime.now(UTC)).read()
    position = decoded(follower.cursor)
    cookies = tuple(cookie + b"999999" for cookie in position.state.deletions)

    state = replace(position.state, deletions=cookies)
    follower.cursor = encoded(replace(position, state=state))

    assert reason(follower.read()) == (
        "the server wants everything to be read (e-syncRefreshRequired)"
    )
    assert isinstance(decoded(follower.cursor).state, Modified)
    assert not follower.read().was_full


def test_unique_ids_are_written_as_they_are_read():
    """In four groups of eight digits."""
    assert unique_id(bytes(range(16))) == "00010203-04050607-08090a0b-0c0d0e0f"
