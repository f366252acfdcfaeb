"""One line of the table: a result, what it is made of, and what it must reach."""

from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from tests.benchmarks.measure import Figure

MEGA = 1_000_000
TIMES = "\N{MULTIPLICATION SIGN}"


class Reach(Struct, frozen=True):
    """At most, or at least, so much."""

    value: float
    unit: str
    least: bool = False

    def met(self, value: float) -> bool:
        return value >= self.value if self.least else value <= self.value

    def __str__(self) -> str:
        return f"{'≥' if self.least else '≤'} {shown(self.value, self.unit)}"


class Row(Struct, frozen=True):
    """`value` is the result, in `unit`; None where there is none, and `why` says why.

    `people` is None where their number does not matter. `reach` is None where nothing is asked for.
    `ours` and `theirs` are what the result is made of.
    """

    work: str
    people: int | None
    against: str
    unit: str
    reach: Reach | None = None
    value: float | None = None
    ours: str = ""
    theirs: str = ""
    why: str = ""

    @property
    def met(self) -> bool | None:
        if self.reach is None or self.value is None:
            return None
        return self.reach.met(self.value)

    @property
    def result(self) -> str:
        return "\N{EM DASH}" if self.value is None else shown(self.value, self.unit)


def shown(value: float, unit: str) -> str:
    """A number that tells no more than was measured."""
    if value >= 100:
        number = f"{value:,.0f}"
    elif value >= 10:
        number = f"{value:.1f}".removesuffix(".0")
    else:
        number = f"{value:.2g}"
    return f"{number} {unit}"


def took(figure: Figure) -> str:
    """The whole process, and what of it was the cycle, where it tells that."""
    seconds = shown(figure.seconds, "s")
    if all("cycle" in run.told for run in figure.runs):
        return f"{seconds} ({shown(figure.told('cycle'), 's')})"
    return seconds


def filled(row: Row, needed: Sequence[Figure], made: Callable[[], tuple[float, str, str]]) -> Row:
    """With value, ours and theirs; or with why there are none, where a figure is missing."""
    missing = [figure.why for figure in needed if not figure.runs]
    if missing:
        return replace(row, why=missing[0])
    value, ours, theirs = made()
    return replace(row, value=value, ours=ours, theirs=theirs)
