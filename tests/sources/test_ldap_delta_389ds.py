"""What changed on a real 389 Directory Server: by modify times, and who is gone by its log."""

import random
from datetime import UTC, datetime, timedelta

import pytest

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
