"""How long a sync that failed is left alone."""

from datetime import timedelta

from syncd.config.running import BackOffSettings
from syncd.ledger import Standing

_NOBODY_THERE = frozenset(
    {
        "source failed",
        "target failed",
        "ledger failed",
        "configuration failed",
        "broken by a bug",
        "took too long",
        "not verified",
        "stopped",
    }
)
"""Outcomes that mean the next cycle would most likely fail as a whole. A change that was refused
is none: the others go on in their time."""


def pause(standing: Standing, settings: BackOffSettings) -> timedelta | None:
    """None where the next cycle comes in its time. After each failure in a row twice as long."""
    if standing.failures == 0 or standing.outcome not in _NOBODY_THERE:
        return None
    doublings = min(standing.failures - 1, 32)
    return min(settings.first * (1 << doublings), settings.most)
