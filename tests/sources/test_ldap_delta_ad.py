"""What changed on a real domain controller: by DirSync, or by update sequence numbers."""

import random
from datetime import UTC, datetime, timedelta

import pytest

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
