"""How long a sync that failed is left alone."""

from datetime import timedelta

from syncd.config.running import BackOffSettings
from syncd.ledger import Standing
from syncd.standing import has_run

_BROKEN_OFF = frozenset({"not verified", "stopped"})
"""Outcomes of runs that ended before their time."""


def pause(standing: Standing, settings: BackOffSettings) -> timedelta | None:
    """None where the next cycle comes in its time. After each failure in a row twice as long.

    That is where the next cycle would most likely fail as a whole. Because of one change that was
    refused the others do not wait.
    """
    whole = has_run(standing) and standing.outcome not in _BROKEN_OFF
    if standing.failures == 0 or whole:
        return None
    doublings = min(standing.failures - 1, 32)
    return min(settings.first * (1 << doublings), settings.most)
