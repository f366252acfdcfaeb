"""The rows of what is measured once, from what its commands tell: starting, people files, HTTP."""

from collections.abc import Iterator

from tests.benchmarks.measure import Figure
from tests.benchmarks.once import HTTP, ONCE_PARTS, STARTUP
from tests.benchmarks.results import Results
from tests.benchmarks.row import TIMES, Reach, Row, shown

_BESIDE = ", of "
"""Stands in the name of a line that tells a ratio: of one thing, beside another."""

_REACH = {
    STARTUP: {"syncd --help": Reach(12, TIMES), "plan of 100 people": Reach(40, TIMES)},
    HTTP: {"http apply": Reach(75, "%", least=True)},
}
"""Part -> how the name of what is to reach something begins -> what."""


_WORDS = {
    "prints": "people files, prints",
    "records": "people files, people",
    "load": "PyYAML's CSafeLoader",
    "http apply": "creates over HTTP that take 5 ms, 16 at once",
    "wrk": "wrk, the same calls",
    "calls per change": "creates over HTTP, calls per change",
}
"""How the name of a line begins -> the table's words for that."""


def once_rows(results: Results) -> list[Row]:
    return [row for part in ONCE_PARTS for row in _rows(part, results.figure(part, part))]


def _rows(part: str, figure: Figure) -> Iterator[Row]:
    """Ratios first; what they are made of stands beside them, and is no row of its own."""
    if not figure.runs:
        yield Row(
            part, None, "", "", next(iter(_REACH.get(part, {}).values()), None), why=figure.why
        )
        return
    told = figure.runs[-1].told
    people = int(told["people"].value) if "people" in told else None
    used = {"people"}
    for name, line in told.items():
        ours, beside, theirs = name.partition(_BESIDE)
        if beside:
            used |= {name, ours, theirs}
            unit = f"{TIMES} as long" if line.unit == "times" else line.unit
            sides = [
                shown(told[one].value, told[one].unit) for one in (ours, theirs) if one in told
            ]
            first, second = sides if len(sides) == 2 else ("", "")
            reach = _reach(part, ours)
            against = _words(theirs)
            yield Row(_words(ours), people, against, unit, reach, line.value, first, second)
    for name, line in told.items():
        if name not in used:
            yield Row(_words(name), people, "", line.unit, _reach(part, name), line.value)


def _words(name: str) -> str:
    begin, comma, rest = name.partition(",")
    return f"{_WORDS.get(begin, begin)}{comma}{rest}"


def _reach(part: str, name: str) -> Reach | None:
    asked = _REACH.get(part, {})
    return next((asked[begins] for begins in asked if name.startswith(begins)), None)
