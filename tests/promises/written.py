"""What an onlooker has seen syncd write: the last value of each field, where that is certain."""

from dataclasses import dataclass, field
from typing import Any

from syncd.core.model import Kind, Op, Ref, Value, flat
from syncd.ledger import DONE, Line
from tests.promises.run import Run

UNKNOWN = object()
"""Nobody has seen it written, or it is unclear what became of that."""


@dataclass
class Written:
    """By account. `whole` are those that syncd was seen to make: with no value where it gave none."""

    values: dict[Ref, dict[str, Any]] = field(default_factory=dict)
    whole: set[Ref] = field(default_factory=set)

    def last(self, ref: Ref, name: str) -> Value | object:
        return self.values.get(ref, {}).get(name, None if ref in self.whole else UNKNOWN)

    def note(self, one: Run) -> None:
        """What a run wrote. What is ours no more is forgotten, for it may become so anew."""
        refs = {link.key: link.ref for link in one.after.links if link.kind is Kind.USER}
        for line in one.lines:
            if line.kind is Kind.USER and line.op in (Op.CREATE, Op.UPDATE):
                ref = line.ref or refs.get(line.key)
                if ref is not None:
                    self._note(ref, line, one)
        for ref in self.values.keys() - set(refs.values()):
            del self.values[ref]
            self.whole.discard(ref)

    def _note(self, ref: Ref, line: Line, one: Run) -> None:
        stored = one.after.users.get(ref)
        now = flat(stored.entity) if stored else {}
        known = self.values.setdefault(ref, {})
        if line.op is Op.CREATE:
            known.clear()
            self.whole.discard(ref)
            if line.outcome == DONE:
                self.whole.add(ref)
        for name, value in line.after.items():
            certain = line.outcome == DONE and now.get(name) == value
            known[name] = value if certain else UNKNOWN
