"""How far apart a sync's runs are by its schedule."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise

from syncd.config.running import ScheduleSettings
from syncd.daemon.schedule import DEFAULT, cron_trigger

_AHEAD = 10
"""Runs that are looked at: a week of workdays and more."""


def longest_interval(schedule: ScheduleSettings, today: date) -> float:
    """Seconds; of a cron expression the longest between its next few runs."""
    if schedule.cron is None:
        return (schedule.every or DEFAULT).total_seconds()
    return _of_cron(schedule.cron, schedule.time_zone, today)


@lru_cache(maxsize=256)
def _of_cron(cron: str, time_zone: str, today: date) -> float:
    trigger = cron_trigger(cron, time_zone)
    runs = [datetime(today.year, today.month, today.day, tzinfo=UTC)]
    while len(runs) <= _AHEAD and (
        found := trigger.get_next_fire_time(None, runs[-1] + timedelta(seconds=1))
    ):
        runs.append(found.astimezone(UTC))
    apart = [later - earlier for earlier, later in pairwise(runs[1:])]
    return max(apart, default=DEFAULT).total_seconds()
