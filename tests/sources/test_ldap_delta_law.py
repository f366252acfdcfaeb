"""The law of what changed: what was known and what changed since are all that there is.

Things happen by chance to a real directory, and after some of them the source is asked for what
changed; then it knows what a reading of everything says.
"""

import random
from datetime import UTC, datetime, timedelta

import pytest

from tests.sources.ldap_changes import Follower, everything
from tests.sources.ldap_reading import NOW
from tests.sources.ldap_world import World, among

STEPS = 30


@pytest.mark.parametrize("few", [1, 2000], ids=["all-names", "some-names"])
@pytest.mark.parametrize("log", ["accesslog", "session"])
@pytest.mark.parametrize("seed", range(3))
def test_what_was_known_and_what_changed_are_all_that_there_is(
    slapd_with, log, few, seed, monkeypatch
):
    """Whatever happened since, by whichever log: nothing is missed, and nothing is too much.

    Neither where members are asked for by their names, nor where these are too many for that.
    """
    monkeypatch.setattr("syncd.sources.ldap.delta_lookup.FEW", few)
    chance = random.Random(seed)
    world = World(slapd_with(log), chance, NOW)
    follower = Follower(world.config).read()
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


@pytest.mark.parametrize("log", ["present", "none"])
@pytest.mark.parametrize("seed", range(3))
def test_by_modify_times_all_is_known_but_who_is_gone(slapd_with, log, seed):
    """Without a log of deletions, nothing is missed but these, and nobody is said to be gone.

    (Of two with one login that groups name, one must be gone for the other to be meant.)
    """
    chance = random.Random(seed)
    now = datetime.now(UTC)
    world = World(slapd_with(log), chance, now, logins=False)
    follower = Follower(world.config, now).read()
    quick = 0

    for _ in range(STEPS):
        for _ in range(chance.randrange(4)):
            world.happen(without=["drop group", "rename group"])
        follower.now += timedelta(hours=chance.choice([0, 0, 0, 0, 7]))
        follower.read()

        users, groups = everything(world.config, follower.now)
        known_users, known_groups = follower.state
        assert (follower.gaps, follower.gone) == ([], set())
        assert {key: known_users.get(key) for key in users} == users
        assert {key: among(users, known_groups.get(key)) for key in groups} == groups
        quick += not follower.was_full

    follower.source.close()
    assert quick > STEPS // 2
