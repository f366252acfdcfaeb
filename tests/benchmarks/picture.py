"""A picture of growth: what cycles take and hold, drawn as SVG; both axes are logarithmic."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from math import ceil, floor, log10

from msgspec import Struct

from tests.benchmarks.measure import Figure
from tests.benchmarks.parts import KINDS, LDAPSEARCH
from tests.benchmarks.results import Results
from tests.benchmarks.row import MEGA

_WIDTH, _HEIGHT = 920, 410
_TOP, _BOTTOM, _PLOT = 64, 350, 230
_HEAD = f'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
_STYLE = """
  .paper { fill: #ffffff } .text { fill: #1f2328 } .faint { fill: #59636e } .grid { stroke: #d8dee4 }
  .a { stroke: #6e7781; fill: #6e7781 } .b { stroke: #0969da; fill: #0969da }
  .c { stroke: #8250df; fill: #8250df } .d { stroke: #1a7f37; fill: #1a7f37 }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117 } .text { fill: #e6edf3 } .faint { fill: #9198a1 }
    .grid { stroke: #30363d }
    .a { stroke: #9198a1; fill: #9198a1 } .b { stroke: #58a6ff; fill: #58a6ff }
    .c { stroke: #bc8cff; fill: #bc8cff } .d { stroke: #3fb950; fill: #3fb950 }
  }
  text { font: 13px system-ui, sans-serif } .title { font-weight: 600 }
  .line { fill: none; stroke-width: 2 } .label { stroke: none; font-size: 12px }
  .grid { stroke-width: 1 }
"""


class Line(Struct, frozen=True):
    """One thing's values by size; `colour` is a class of the style."""

    label: str
    colour: str
    values: Mapping[int, float]


def picture(found: Mapping[int, Results]) -> str:
    """Empty where fewer than two sizes were measured: that is no growth."""
    sizes = [size for size in sorted(found) if size]
    seconds = _lines(found, _SECONDS)
    memory = _lines(found, _MEMORY)
    if len(sizes) < 2 or not seconds or not memory:
        return ""
    title = f"Seconds and memory of syncd's cycles from {sizes[0]:,} to {sizes[-1]:,} people"
    return "\n".join(
        (
            f'<svg {_HEAD} aria-label="{escape(title)}">',
            f"<style>{_STYLE}</style>",
            f'<rect class="paper" width="{_WIDTH}" height="{_HEIGHT}" rx="6"/>',
            *_Panel(64, sizes, seconds).drawn("Time of a cycle", "s"),
            *_Panel(530, sizes, memory).drawn("Memory at its peak", "MB"),
            "</svg>\n",
        )
    )


Value = Callable[[Figure], float]
_Sought = tuple[str, str, str, str, Value]


def _cycle(figure: Figure) -> float:
    return figure.told("cycle")


def _whole(figure: Figure) -> float:
    return figure.seconds


def _peak(figure: Figure) -> float:
    return figure.peak / MEGA


_SECONDS: tuple[_Sought, ...] = (
    ("ldapsearch", "a", "unchanged", LDAPSEARCH, _whole),
    ("full → SQLite", "b", "unchanged", KINDS[0], _cycle),
    ("full → PostgreSQL", "c", "unchanged", KINDS[1], _cycle),
    ("quick, 100 changes", "d", "changes", f"quick, {KINDS[0]}", _cycle),
)
_MEMORY: tuple[_Sought, ...] = (
    ("ldapsearch", "a", "unchanged", LDAPSEARCH, _peak),
    ("full → SQLite", "b", "unchanged", KINDS[0], _peak),
    ("full → PostgreSQL", "c", "unchanged", KINDS[1], _peak),
    ("quick, 100 changes", "d", "changes", f"quick, {KINDS[0]}", _peak),
)


def _lines(found: Mapping[int, Results], sought: Sequence[_Sought]) -> list[Line]:
    made = []
    for label, colour, part, name, value in sought:
        figures = {size: found[size].figure(part, name) for size in sorted(found) if size}
        values = {size: value(figure) for size, figure in figures.items() if figure.runs}
        if values:
            made.append(Line(label, colour, values))
    return made


class _Panel:
    """One diagram; its sizes go from edge to edge, its values to the next power of ten."""

    def __init__(self, left: int, sizes: Sequence[int], lines: Sequence[Line]) -> None:
        self._left, self._sizes, self._lines = left, sizes, lines
        values = [value for line in lines for value in line.values.values()]
        self._low, self._high = floor(log10(min(values))), ceil(log10(max(values)))

    def drawn(self, title: str, unit: str) -> Iterator[str]:
        yield _text(self._left, 34, title, "text title", "start")
        for power in range(self._low, self._high + 1):
            y = self._up(10.0**power)
            yield f'<path class="grid" d="M{self._left} {y:.1f}h{_PLOT}"/>'
            yield _text(self._left - 8, y + 4, f"{10.0**power:g} {unit}", "faint", "end")
        for size in self._sizes:
            yield _text(self._across(size), _BOTTOM + 22, f"{size:,}", "faint", "middle")
        yield _text(self._left + _PLOT / 2, _BOTTOM + 42, "people", "faint", "middle")
        for line in self._lines:
            yield from self._line(line)
        ends = [self._up(line.values[max(line.values)]) for line in self._lines]
        for line, y in zip(self._lines, _apart(ends), strict=True):
            x = self._left + _PLOT + 10
            yield _text(x, y + 4, line.label, f"label {line.colour}", "start")

    def _line(self, line: Line) -> Iterator[str]:
        points = [(self._across(size), self._up(value)) for size, value in line.values.items()]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        yield f'<path class="line {line.colour}" d="M{path}"/>'
        for x, y in points:
            yield f'<circle class="{line.colour}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>'

    def _across(self, size: int) -> float:
        wide = log10(self._sizes[-1] / self._sizes[0])
        return self._left + log10(size / self._sizes[0]) / wide * _PLOT

    def _up(self, value: float) -> float:
        tall = max(self._high - self._low, 1)
        return _BOTTOM - (log10(value) - self._low) / tall * (_BOTTOM - _TOP)


def _apart(places: Sequence[float], room: float = 16) -> list[float]:
    """The same heights, moved up no further than labels need in order not to touch."""
    moved = dict.fromkeys(range(len(places)), 0.0)
    last = float("inf")
    for number in sorted(range(len(places)), key=places.__getitem__, reverse=True):
        last = min(places[number], last - room)
        moved[number] = last
    return list(moved.values())


def _text(x: float, y: float, words: str, style: str, anchor: str) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text class="{style}" {place}>{escape(words)}</text>'
