"""The parts that every page is made of: titled sections, and lists of sign, name and details."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from rich.console import Console, ConsoleOptions, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from syncd.core.stream import batches
from syncd.render.words import safe

_AT_ONCE = 500
"""Rows that are laid out together: the columns of what is longer may be of other widths."""


class Page:
    """Parts one below the other, each made when it is to be shown: all may be too much."""

    def __init__(self, parts: Callable[[], Iterator[RenderableType]]) -> None:
        self._parts = parts

    def __iter__(self) -> Iterator[RenderableType]:
        return self._parts()

    def __rich_console__(
        self, _console: Console, _options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        return self._parts()


class Row(NamedTuple):
    sign: Text
    name: Text
    details: Text


def title(words: str, count: int, explained: str = "", style: str = "bold") -> list[RenderableType]:
    """A blank line and a section's title."""
    text = Text(f"{words} ({count:,})", style=style)
    if explained:
        text = Text.assemble(text, (f"  {explained}", "not bold dim"))
    return [Text(), text]


def listing(rows: Iterable[Row]) -> Padding:
    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(max_width=32, overflow="fold")
    table.add_column(ratio=1, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return Padding(table, (0, 0, 0, 2), expand=False)


def listings(rows: Iterable[Row], indent: int = 0) -> Iterator[Padding]:
    """A listing that may be of any length."""
    for some in batches(rows, _AT_ONCE):
        yield Padding(listing(some), (0, 0, 0, indent), expand=False)


def pairs(rows: Iterable[tuple[str, ...]]) -> Padding:
    """A label, what it is, and perhaps a remark; the texts must be `safe` already."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for row in rows:
        # Where no row has a remark, an empty column would take its share of the width.
        if len(row) > len(table.columns):
            table.add_column(overflow="fold", style="dim")
        table.add_row(*(Text(cell) for cell in row))
    return Padding(table, (0, 0, 0, 2), expand=False)


def indented(*words: str | tuple[str, str] | Text) -> Padding:
    """A line below a title; where it is too long, the next ones begin where it does."""
    return Padding(Text.assemble(*words), (0, 0, 0, 2), expand=False)


def bullets(lines: Iterable[str], sign: str = "•", style: str = "") -> Padding:
    """Foreign text, one point a line."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    for line in lines:
        table.add_row(Text(sign, style=style), Text(safe(line), style=style))
    return Padding(table, (0, 0, 0, 2), expand=False)


def more(left: int) -> list[RenderableType]:
    """The line for what a long section does not show."""
    if left <= 0:
        return []
    return [Text(f"    … and {left:,} more; --all shows them, --out keeps them", style="dim")]
