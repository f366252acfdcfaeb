"""Times and durations as people say them, and times as machines read them."""

from datetime import UTC, datetime, timedelta

from syncd.render.words import number

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_JUST_NOW = timedelta(seconds=10)

_STEPS = (
    (_MINUTE, timedelta(seconds=1), "s"),
    (90 * _MINUTE, _MINUTE, "min"),
    (36 * _HOUR, _HOUR, "h"),
)
"""Below so long, in which unit."""


def length(of: timedelta) -> str:
    """`40 s`, `12 min`, `5 h`, `3 days`."""
    of = max(of, timedelta())
    for below, unit, word in _STEPS:
        if of < below:
            return f"{of // unit} {word}"
    return number(of // _DAY, "day")


def ago(at: datetime, now: datetime) -> str:
    """`2 min ago`, `in 3 h`."""
    passed = now - at
    if abs(passed) < _JUST_NOW:
        return "just now"
    return f"{length(passed)} ago" if passed > timedelta() else f"in {length(-passed)}"


def moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def rfc3339(at: datetime, timespec: str = "seconds") -> str:
    """In UTC, for whatever reads it again: a line of the log, `<time datetime>`, the ledger."""
    return at.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def clock(at: datetime, now: datetime) -> str:
    """`08:22 UTC` of today, `27 Mar 06:25 UTC` of other days, with the year where it is another."""
    at, now = at.astimezone(UTC), now.astimezone(UTC)
    day = "" if at.date() == now.date() else f"{at.day} {at:%b} "
    year = "" if at.year == now.year else f"{at.year} "
    return f"{day}{year}{at:%H:%M} UTC"
