"""Cron expressions, in the words that APScheduler understands as cron does."""

import re

_FIELDS = 5
_DAY, _WEEKDAY = 2, 4
_NAMES = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DIGIT = re.compile(r"(?<![/\w])[0-7](?!\d)")


def weekdays_by_name(expression: str) -> str:
    """The expression with its weekdays by name. Raises `ValueError` where it cannot be understood.

    To cron 0 and 7 are Sunday (crontab(5)); to APScheduler 0 is Monday, and it has names for all.
    Where day of month and of week are both restricted cron runs on either and APScheduler on
    both, so that this is refused.
    """
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415  slow; seldom needed

    fields = expression.split()
    if len(fields) != _FIELDS:
        raise ValueError(f"should have {_FIELDS} fields: minute hour day month weekday")
    if not any(fields[at].startswith("*") for at in (_DAY, _WEEKDAY)):
        raise ValueError("restricts the day of month and of week; write * for one of them")
    days = _DIGIT.sub(lambda digit: _NAMES[int(digit[0])], fields[_WEEKDAY].lower())
    named = " ".join([*fields[:_WEEKDAY], _from_sunday(days)])
    try:
        CronTrigger.from_crontab(named, "UTC")
    except ValueError as error:
        raise ValueError(f"is no cron expression: {error}") from None
    return named


def _from_sunday(days: str) -> str:
    """A range from Sunday on, which is the last day to APScheduler, in two parts."""
    parts = []
    for part in days.split(","):
        match = re.fullmatch(r"sun-(mon|tue|wed|thu|fri|sat)", part)
        parts += ["sun", f"mon-{match[1]}"] if match else [part]
    return ",".join(parts)
