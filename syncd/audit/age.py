"""How old segments are. A clock may be wrong: one that jumps once must not make all of them old.

So a segment is old where the clock says so, and the ends of those after it do, too: of the time
between two ends half of what is kept counts at most, but no less than a month. The time since the
last end does not count at all, for nobody knows yet whether the clock has just jumped.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from syncd.audit.record import Line
from syncd.audit.segments import last_of

_MONTH = timedelta(days=32)


def old(closed: Sequence[Path], keep: timedelta, now: datetime) -> Iterator[tuple[Path, Line]]:
    """Of the closed segments, in their order, those that need not be kept for longer, with the last
    line of each. Raises `OSError`."""
    ages = _ages(closed, max(keep / 2, _MONTH))
    for path, age in zip(closed, ages, strict=True):
        line = last_of(path).line
        if line is None or age < keep or now - line.at < keep:
            return
        yield path, line


def _ages(closed: Sequence[Path], most: timedelta) -> list[timedelta]:
    """How long before the last one's end each ended."""
    ages, after, age = list[timedelta](), None, timedelta()
    for end in map(_ended, reversed(closed)):
        if after is not None and end is not None:
            age += min(max(after - end, timedelta()), most)
        ages.append(age)
        after = end or after
    return ages[::-1]


def _ended(path: Path) -> datetime | None:
    """When its last line was told but for the one that closes it: that is of the next one's time,
    which may be the first after a jump."""
    last = last_of(path)
    if last.line is not None and last.line.closes:
        last = last_of(path, last.end - 1)
    return None if last.line is None else last.line.at
