"""Read YAML text with the place of every value, for people files and the configuration.

PyYAML's C parser gives events; values are built of them directly. No tag is ever acted
on, every scalar stays the text that was written, and the mistakes of a file are collected
rather than raised one by one.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

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
    """The file at `path`, called `shown` in every place."""
    try:
        data = path.read_bytes()
    except OSError as error:
        words = f"cannot be read: {error.strerror or error}"
        return Document(None, [Mistake(shown, 0, 0, words)], broken=True)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(errors="replace").split("\n")
        words = f"byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8"
        found = Mistake(shown, len(before), len(before[-1]) + 1, words)
        return Document(None, [found], broken=True)
    return parse(text, shown, streamed)


def parse(text: str, shown: str, streamed: Mapping[str, Take] | None = None) -> Document:
    """The one document in `text`.

    A list under a top-level name in `streamed` is handed over item by item while it is read and is
    empty in the result, unless it is anchored: so a long list is never in memory as a whole.
    """
    reader = _Reader(text, shown, streamed or {})
    return Document(reader.document(), reader.mistakes, reader.broken)


class _Stop(Exception):
    """The rest of the file is not worth reading; the mistake says why."""


class _Reader:
    def __init__(self, text: str, shown: str, streamed: Mapping[str, Take]) -> None:
        self.mistakes: list[Mistake] = []
        self.broken = False
        self._text, self._file, self._streamed = text, shown, streamed
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._count = self._aliased = 0

    def document(self) -> Node | None:
        try:
            self._next: Callable[[], Any] = CSafeLoader(self._text).get_event
            return self._document()
        except _Stop as stop:
            self._complain(*stop.args)
        except YAMLError as error:
            self._complain(*_syntax(error, self._text))
        except UnicodeEncodeError as error:
            self._complain(*_at(self._text, error.start), "half of a surrogate pair is no text")
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
        before = self._count
        self._count += 1
        node: Node
        if kind is ScalarEvent:
            line, column = _start(event)
            plain = event.implicit[0]
            node = Text(self._file, line, column, event.value, plain)
        elif depth >= DEEPEST:
            raise _Stop(*_start(event), f"nested deeper than {DEEPEST} levels")
        elif kind is MappingStartEvent:
            node = self._table(event, depth)
        else:
            node = self._items(event, depth)
        if event.tag is not None and event.tag not in _TAGS[kind]:
            self._complain(
                *_start(event), "a tag is not allowed; a text that begins with ! needs quotes"
            )
        if event.anchor is not None:
            self._anchors[event.anchor] = (node, self._count - before)
        return node

    def _alias(self, event: Any) -> Node:
        line, column = _start(event)
        if event.anchor not in self._anchors:
            # The name is not shown: this may be a password that stands without quotes.
            words = "an alias of nothing before it; a text that begins with * needs quotes"
            self._complain(line, column, words)
            return Text(self._file, line, column, "", plain=True)
        node, size = self._anchors[event.anchor]
        self._aliased += size
        self._count += size
        if self._aliased > ALIASED:
            raise _Stop(line, column, f"aliases stand for more than {ALIASED} values")
        return node

    def _items(self, event: Any, depth: int) -> Items:
        line, column = _start(event)
        items: list[Node] = []
        while type(event := self._next()) is not SequenceEndEvent:
            items.append(self._node(event, depth + 1))
        return Items(self._file, line, column, items)

    def _table(self, event: Any, depth: int) -> Table:
        line, column = _start(event)
        entries: dict[str, tuple[Text, Node]] = {}
        merged: list[Node] = []
        while type(event := self._next()) is not MappingEndEvent:
            key = self._node(event, depth + 1)
            value = self._value(key, depth)
            if not isinstance(key, Text):
                self.mistakes.append(mistake(key, "a name must be text, not a list or a mapping"))
            elif key.value == "<<" and key.plain:
                merged.append(value)
            elif key.value in entries:
                first = place(entries[key.value][0])
                words = f"{quoted(key.value)} stands here twice, first at {first}"
                self.mistakes.append(mistake(key, words))
            else:
                entries[sys.intern(key.value)] = (key, value)
        for value in merged:
            self._merge(entries, value)
        return Table(self._file, line, column, entries)

    def _value(self, key: Node, depth: int) -> Node:
        event = self._next()
        take = self._streamed.get(key.value) if depth == 0 and isinstance(key, Text) else None
        if take is None or type(event) is not SequenceStartEvent or event.anchor or event.tag:
            return self._node(event, depth + 1)
        line, column = _start(event)
        while type(event := self._next()) is not SequenceEndEvent:
            take(self._node(event, depth + 2))
        return Items(self._file, line, column, [])

    def _merge(self, entries: dict[str, tuple[Text, Node]], value: Node) -> None:
        """YAML 1.1's merge key: a mapping's own names win, then the first in a list."""
        for table in value.items if isinstance(value, Items) else [value]:
            if isinstance(table, Table):
                for name, entry in table.entries.items():
                    entries.setdefault(name, entry)
            else:
                self.mistakes.append(mistake(table, "<< takes a mapping or a list of mappings"))


_TAGS: dict[type, frozenset[str]] = {
    ScalarEvent: frozenset({"!", "tag:yaml.org,2002:str"}),
    MappingStartEvent: frozenset({"!", "tag:yaml.org,2002:map"}),
    SequenceStartEvent: frozenset({"!", "tag:yaml.org,2002:seq"}),
}


def _start(event: Any) -> tuple[int, int]:
    mark = event.start_mark
    return mark.line + 1, mark.column + 1


def _at(text: str, position: int) -> tuple[int, int]:
    before = text[:position].split("\n")
    return len(before), len(before[-1]) + 1


def _syntax(error: YAMLError, text: str) -> tuple[int, int, str]:
    """PyYAML's error as place and words."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        # libyaml counts bytes of UTF-8 here.
        position = int(getattr(error, "position", 0))
        before = text.encode()[:position].decode(errors="replace")
        return *_at(before, position), "a control character is not allowed in YAML"
    line, column = mark.line + 1, mark.column + 1
    problem, context = getattr(error, "problem", None), getattr(error, "context", None)
    lines = text.split("\n")
    if lines[min(mark.line, len(lines) - 1)][mark.column : column] == "\t":
        return line, column, "a tab; YAML is indented with spaces only"
    return line, column, f"not YAML: {', '.join(filter(None, (context, problem)))}"
