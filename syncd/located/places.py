"""Values that know where they were written, and mistakes with their places."""

from typing import NamedTuple, Protocol

from msgspec import Struct


class Mistake(NamedTuple):
    """Something to mend and its place; line 0 is the file as a whole."""

    file: str
    line: int
    column: int
    words: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.words}"


class Mark(Protocol):
    """PyYAML's mark: line and column count from zero."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


class Text(Struct, frozen=True, gc=False):
    """A scalar as written; `plain` where it was without quotes."""

    file: str
    line: int
    column: int
    value: str
    plain: bool

    @property
    def absent(self) -> bool:
        """Nothing written, `~` or `null`. `Null` is a family name and stays text."""
        return self.plain and self.value in _ABSENT


_ABSENT = frozenset({"", "~", "null"})


class Items(Struct, frozen=True):
    file: str
    line: int
    column: int
    items: list["Node"]


class Table(Struct, frozen=True):
    """A mapping of names to values; `marks` are where the names stand, in the same order."""

    file: str
    line: int
    column: int
    entries: dict[str, "Node"]
    marks: list[Mark]

    def value(self, name: str) -> "Node | None":
        """The value, or None where there is none or it is absent."""
        node = self.entries.get(name)
        return None if isinstance(node, Text) and node.absent else node

    def name(self, name: str) -> Text:
        """The name itself, as it stands there."""
        mark = self.marks[list(self.entries).index(name)]
        return Text(self.file, mark.line + 1, mark.column + 1, name, plain=True)


Node = Text | Items | Table


def place(node: Node) -> str:
    return f"{node.file}:{node.line}:{node.column}"


def mistake(node: Node, words: str) -> Mistake:
    return Mistake(node.file, node.line, node.column, words)
