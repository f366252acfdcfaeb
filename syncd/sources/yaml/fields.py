"""Take typed values out of one YAML mapping, strictly: what does not fit becomes a mistake."""

import re
from collections.abc import Collection
from collections.abc import Set as AbstractSet
from datetime import date

from syncd.located.places import Items, Mistake, Node, Table, Text, mistake
from syncd.located.suggest import did_you_mean, quoted

_TRUTHS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class Fields:
    """One mapping's fields. A field that is absent, or wrong and noted, reads as None."""

    def __init__(
        self, table: Table, known: AbstractSet[str], what: str, mistakes: list[Mistake]
    ) -> None:
        self.table, self._what, self._mistakes = table, what, mistakes
        for name in () if table.entries.keys() <= known else table.entries:
            if name not in known:
                words = f"{what} has no {quoted(name)}{did_you_mean(name, known)}"
                mistakes.append(mistake(table.name(name), words))

    def required(self, name: str) -> str | None:
        node = self.table.value(name)
        if node is None or (isinstance(node, Text) and not node.value):
            self._note(node or self.table, f"{self._what} needs {name}")
            return None
        return self.text(name)

    def text(self, name: str) -> str | None:
        """One line of text; an empty one is None."""
        node = self.table.value(name)
        return None if node is None else one_line(node, name, self._mistakes)

    def texts(self, names: Collection[str]) -> dict[str, str]:
        """Those of these fields that have one line of text."""
        found: dict[str, str] = {}
        for name, node in self.table.entries.items():
            if name in names and not (isinstance(node, Text) and node.absent):
                value = one_line(node, name, self._mistakes)
                if value is not None:
                    found[name] = value
        return found

    def choice(self, name: str, choices: Collection[str]) -> str | None:
        value = self.text(name)
        if value is None or value in choices:
            return value
        words = f"{name} cannot be {quoted(value)}"
        self._note(self.table.entries[name], words + did_you_mean(value, choices))
        return None

    def truth(self, name: str) -> bool | None:
        node = self.table.value(name)
        if node is None:
            return None
        if isinstance(node, Text) and node.value in _TRUTHS:
            return _TRUTHS[node.value]
        self._note(node, f"{name} is true or false")
        return None

    def day(self, name: str) -> date | None:
        value = self.text(name)
        if value is None:
            return None
        try:
            if _ISO_DATE.fullmatch(value):
                return date.fromisoformat(value)
        except ValueError:
            pass
        node = self.table.entries[name]
        self._note(node, f"{name} is {quoted(value)}, not a date such as 2026-12-31")
        return None

    def mapping(self, name: str) -> Table | None:
        node = self.table.value(name)
        if node is None or isinstance(node, Table):
            return node
        self._note(node, f"{name} is a mapping of names to values")
        return None

    def items(self, name: str) -> list[Node]:
        node = self.table.value(name)
        if isinstance(node, Items):
            return node.items
        if node is not None:
            self._note(node, f"{name} is a list, such as [a, b]")
        return []

    def _note(self, node: Node, words: str) -> None:
        self._mistakes.append(mistake(node, words))


def fields_of(
    node: Node, known: AbstractSet[str], what: str, mistakes: list[Mistake]
) -> Fields | None:
    """None where the node is no mapping, which is noted."""
    if isinstance(node, Table):
        return Fields(node, known, what, mistakes)
    mistakes.append(mistake(node, f"{what} is a mapping, such as {{id: ada}}"))
    return None


def one_line(node: Node, name: str, mistakes: list[Mistake]) -> str | None:
    """The text, or None where it is empty, or wrong and noted."""
    if not isinstance(node, Text):
        mistakes.append(mistake(node, f"{name} is text, not a list or a mapping"))
        return None
    value = node.value
    plain = value.isascii() and value.isprintable()
    if value == value.strip() and (plain or _CONTROL.search(value) is None):
        return value or None
    words = f"{name} is one line of text without space around it, not {quoted(value)}"
    mistakes.append(mistake(node, words))
    return None
