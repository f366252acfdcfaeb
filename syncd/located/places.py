"""Values that know where they were written, and mistakes with their places."""

from typing import NamedTuple

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
        return self.plain and self.value in {"", "~", "null"}


class Items(Struct, frozen=True):
    file: str
    line: int
    column: int
    items: list["Node"]


class Table(Struct, frozen=True):
    """A mapping: name -> where the name stands, and the value."""

    file: str
    line: int
    column: int
    entries: dict[str, tuple[Text, "Node"]]

    def value(self, name: str) -> "Node | None":
        """The value, or None where there is none or it is absent."""
        entry = self.entries.get(name)
        if entry is None or (isinstance(entry[1], Text) and entry[1].absent):
            return None
        return entry[1]


Node = Text | Items | Table


def place(node: Node) -> str:
    return f"{node.file}:{node.line}:{node.column}"


def mistake(node: Node, words: str) -> Mistake:
    return Mistake(node.file, node.line, node.column, words)
