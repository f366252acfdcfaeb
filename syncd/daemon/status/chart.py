"""What changed lately, as bars: a day a column, a colour a kind of change, and the same in numbers.

The geometry is made here, in the units of the picture's `viewBox`; a template draws it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta

from msgspec import Struct

from syncd.core.model import Kind, Op
from syncd.ledger import FAILED, Day
from syncd.render.words import number

COLUMN = 20
GAP = 5
HEIGHT = 72
_LEAST = 3
"""What happened at all can be seen."""

KINDS = ("members", "updated", "created", "suspended", "deleted", "failed")
"""From the bottom of a bar to its top."""

_WORDS: Mapping[Op, str] = {
    Op.CREATE: "created",
    Op.UPDATE: "updated",
    Op.RESTORE: "updated",
    Op.SUSPEND: "suspended",
    Op.DELETE: "deleted",
}
_KIND_OF: Mapping[str, str] = {
    FAILED: "failed",
    **{f"{kind}.{op}": word for kind in Kind for op, word in _WORDS.items()},
    **{f"{Kind.MEMBER}.{op}": "members" for op in Op},
}


class Bar(Struct, frozen=True):
    kind: str
    y: float
    height: float


class Column(Struct, frozen=True):
    """One day; `counts` has only what there was."""

    day: date
    x: int
    bars: tuple[Bar, ...]
    counts: Mapping[str, int]

    @property
    def words(self) -> str:
        """`3 created, 1 failed`."""
        told = [f"{self.counts[kind]:,} {kind}" for kind in KINDS if kind in self.counts]
        return ", ".join(told) or "nothing"


class Chart(Struct, frozen=True):
    """`counts` has of each kind that there was how many, and `highest` is the day of most."""

    columns: tuple[Column, ...]
    counts: Mapping[str, int]
    highest: Column | None

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(kind for kind in KINDS if kind in self.counts)

    @property
    def width(self) -> int:
        return len(self.columns) * COLUMN - GAP

    @property
    def busy(self) -> tuple[Column, ...]:
        """The days on which anything was done, the newest first."""
        return tuple(column for column in reversed(self.columns) if column.counts)

    @property
    def words(self) -> str:
        """What the picture shows."""
        if self.highest is None:
            return f"Nothing changed in {len(self.columns)} days."
        failed = self.counts.get("failed", 0)
        done = number(sum(self.counts.values()) - failed, "change")
        told = f", {failed:,} failed" if failed else ""
        return (
            f"{done} in {len(self.columns)} days{told}; "
            f"most on {self.highest.day:%Y-%m-%d}: {self.highest.words}."
        )


def chart(days: Iterable[Day], last: date, number_of_days: int) -> Chart:
    """Of one sync; the `last` day stands at the right."""
    by_day: dict[date, Counter[str]] = defaultdict(Counter)
    for one in days:
        by_day[one.day][_KIND_OF.get(one.what, "updated")] += one.number
    dates = [last - timedelta(days=back) for back in reversed(range(number_of_days))]
    most = max((by_day[day].total() for day in dates), default=0)
    columns = tuple(
        Column(day, place * COLUMN, tuple(_bars(by_day[day], most)), dict(by_day[day]))
        for place, day in enumerate(dates)
    )
    there = Counter[str]()
    for column in columns:
        there.update(column.counts)
    return Chart(
        columns=columns,
        counts=dict(there),
        highest=_highest(columns),
    )


def _bars(counts: Mapping[str, int], most: int) -> Iterator[Bar]:
    """One upon the other; all of them fit, as small ones take of the room of large ones."""
    present = [kind for kind in KINDS if counts.get(kind)]
    room = HEIGHT - _LEAST * len(KINDS)
    y = float(HEIGHT)
    for kind in present:
        height = _LEAST + room * counts[kind] / most
        y -= height
        yield Bar(kind, round(y, 2), round(height, 2))


def _highest(columns: Sequence[Column]) -> Column | None:
    busy = [column for column in columns if column.counts]
    return max(busy, key=lambda column: sum(column.counts.values()), default=None)
