"""Read YAML text with the place of every value, for people files and the configuration.

PyYAML's C parser gives events; values are built of them directly. No tag is ever acted
on, every scalar stays the text that was written, and the mistakes of a file are collected
rather than raised one by one.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from sys import intern
from typing import Any, BinaryIO, NamedTuple

from yaml import (
    AliasEvent,
    CSafeLoader,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    YAMLError,
)

from syncd.located.octets import NotText, Octets
from syncd.located.places import Items, Mistake, Node, Table, Text, mistake, place
from syncd.located.suggest import quoted

DEEPEST = 32
"""Levels of nesting; people and configuration need six."""

ALIASED = 100_000
"""Values that all aliases of a file may stand for together: aliases of aliases grow as 2^n."""


Take = Callable[[Node], None]


class Document(NamedTuple):
    """What a file holds. `broken` means that some of it could not be read at all."""

    root: Node | None
    mistakes: list[Mistake]
    broken: bool


def load(path: Path, shown: str, streamed: Mapping[str, Take] | None = None) -> Document:
    """The one document in the file at `path`, called `shown` in every place.

    A list under a top-level name in `streamed` is handed over item by item while it is read and is
    empty in the result, unless it is anchored: so a long list is never in memory as a whole.
    """
    try:
        with path.open("rb") as file:
            return parse(file, shown, streamed)
    except OSError as error:
        words = f"cannot be read: {error.strerror or error}"
        return Document(None, [Mistake(shown, 0, 0, words)], broken=True)


def parse(file: BinaryIO, shown: str, streamed: Mapping[str, Take] | None = None) -> Document:
    """As `load`, of an open file. Raises `OSError`."""
    reader = _Reader(Octets(file), shown, streamed or {})
    return Document(reader.document(), reader.mistakes, reader.broken)


class _Stop(Exception):
    """The rest of the file is not worth reading; the mistake says why."""


class _Reader:
    def __init__(self, octets: Octets, shown: str, streamed: Mapping[str, Take]) -> None:
        self.mistakes: list[Mistake] = []
        self.broken = False
        self._octets, self._file, self._streamed = octets, shown, streamed
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._inside = self._aliased = 0

    def document(self) -> Node | None:
        try:
            self._next: Callable[[], Any] = CSafeLoader(self._octets).get_event
            return self._document()
        except (_Stop, NotText) as stop:
            self._complain(*stop.args)
        except YAMLError as error:
            self._complain(*_syntax(error, self._octets))
        return None

    def _document(self) -> Node | None:
        self._next()
        if not isinstance(self._next(), DocumentStartEvent):
            return None
        root = self._node(self._next(), 0)
        self._next()
        if not isinstance(event := self._next(), StreamEndEvent):
            raise _Stop(*_start(event), "a second document begins here; a file holds one")
        return root

    def _complain(self, line: int, column: int, words: str) -> None:
        self.broken = True
        self.mistakes.append(Mistake(self._file, line, column, words))

    def _node(self, event: Any, depth: int) -> Node:
        kind = type(event)
        if kind is AliasEvent:
            return self._alias(event)
        before = self._inside
        node: Node
        if kind is ScalarEvent:
            line, column = _start(event)
            node = Text(self._file, line, column, event.value, event.implicit[0])
        elif depth >= DEEPEST:
            raise _Stop(*_start(event), f"nested deeper than {DEEPEST} levels")
        elif kind is MappingStartEvent:
            node = self._table(event, depth)
        else:
            node = self._items(event, depth)
        if event.tag is not None and event.tag not in _TAGS[kind]:
            words = "a tag is not allowed; a text that begins with ! needs quotes"
            self._complain(*_start(event), words)
        if event.anchor is not None:
            self._anchors[event.anchor] = (node, self._inside - before)
        return node

    def _alias(self, event: Any) -> Node:
        line, column = _start(event)
        if event.anchor not in self._anchors:
            # The name is not shown: this may be a password that stands without quotes.
            words = "an alias of nothing before it; a text that begins with * needs quotes"
            self._complain(line, column, words)
            return Text(self._file, line, column, "", plain=True)
        node, inside = self._anchors[event.anchor]
        self._aliased += 1 + inside
        self._inside += inside
        if self._aliased > ALIASED:
            raise _Stop(line, column, f"aliases stand for more than {ALIASED} values")
        return node

    def _items(self, event: Any, depth: int) -> Items:
        line, column = _start(event)
        items: list[Node] = []
        while type(event := self._next()) is not SequenceEndEvent:
            items.append(self._node(event, depth + 1))
        self._inside += len(items)
        return Items(self._file, line, column, items)

    def _table(self, event: Any, depth: int) -> Table:
        table = Table(self._file, *_start(event), {}, [])
        file, following, entries, marks = self._file, self._next, table.entries, table.marks
        merged: list[Node] = []
        node: Node
        while type(key := following()) is not MappingEndEvent:
            bare = type(key) is ScalarEvent and not (key.anchor or key.tag)
            name = intern(key.value) if bare else "<<"
            if name == "<<" or name in entries or depth == 0:
                self._entry(table, merged, key, depth)
                continue
            # Nearly every entry comes here, and there may be millions.
            event = following()
            if type(event) is ScalarEvent and not (event.anchor or event.tag):
                mark: Any = event.start_mark
                line, column = mark.line + 1, mark.column + 1
                node = Text(file, line, column, event.value, event.implicit[0])
            else:
                node = self._node(event, depth + 1)
            entries[name] = node
            marks.append(key.start_mark)
        self._inside += 2 * len(entries)
        for one in merged:
            self._merge(table, one)
        return table

    def _entry(self, table: Table, merged: list[Node], event: Any, depth: int) -> None:
        key = self._node(event, depth + 1)
        value = self._value(key, depth)
        if not isinstance(key, Text):
            self.mistakes.append(mistake(key, "a name must be text, not a list or a mapping"))
        elif key.value == "<<" and key.plain:
            merged.append(value)
        elif key.value in table.entries:
            first = place(table.name(key.value))
            words = f"{quoted(key.value)} stands here twice, first at {first}"
            self.mistakes.append(mistake(key, words))
        else:
            table.entries[intern(key.value)] = value
            table.marks.append(event.start_mark)

    def _value(self, key: Node, depth: int) -> Node:
        event = self._next()
        take = self._streamed.get(key.value) if depth == 0 and isinstance(key, Text) else None
        if take is None or type(event) is not SequenceStartEvent or event.anchor or event.tag:
            return self._node(event, depth + 1)
        line, column = _start(event)
        while type(event := self._next()) is not SequenceEndEvent:
            take(self._node(event, depth + 2))
        return Items(self._file, line, column, [])

    def _merge(self, table: Table, value: Node) -> None:
        """YAML 1.1's merge key: a mapping's own names win, then the first in a list."""
        for other in value.items if isinstance(value, Items) else [value]:
            if not isinstance(other, Table):
                self.mistakes.append(mistake(other, "<< takes a mapping or a list of mappings"))
                continue
            for (name, node), mark in zip(other.entries.items(), other.marks, strict=True):
                if name not in table.entries:
                    table.entries[name] = node
                    table.marks.append(mark)


_TAGS: dict[type, frozenset[str]] = {
    ScalarEvent: frozenset({"!", "tag:yaml.org,2002:str"}),
    MappingStartEvent: frozenset({"!", "tag:yaml.org,2002:map"}),
    SequenceStartEvent: frozenset({"!", "tag:yaml.org,2002:seq"}),
}


def _start(event: Any) -> tuple[int, int]:
    mark = event.start_mark
    return mark.line + 1, mark.column + 1


def _syntax(error: YAMLError, octets: Octets) -> tuple[int, int, str]:
    """PyYAML's error as place and words."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        letter = chr(getattr(error, "character", 0))
        return *octets.place_of(letter), "a control character is not allowed in YAML"
    line, column = mark.line + 1, mark.column + 1
    if octets.letter_at(line, column) == "\t":
        return line, column, "a tab; YAML is indented with spaces only"
    said = getattr(error, "context", None), getattr(error, "problem", None)
    return line, column, f"not YAML: {', '.join(filter(None, said))}"
