"""The ledger's events as the audit tells them: changes one by one, without what is hidden."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

from syncd.core.model import Op
from syncd.core.plan import Change
from syncd.hidden import Hidden
from syncd.ledger import Line
from syncd.ledger.events import CHANGES, MARKS, Event, stretches_of, within
from syncd.ledger.links import Remarked
from syncd.ledger.trail import Stretches, Trail

_AT_ONCE = 2000
_STRETCHES = 100
_EVENTS_AT_ONCE = 200


class Told(NamedTuple):
    """What is to stand in one line. `entry` and `item` say up to where all is told with it."""

    at: datetime
    event: str
    facts: dict[str, object]
    entry: int
    item: int = 0


class Projection:
    """`redact` goes over words that quote somebody else, `hidden` are fields without values."""

    def __init__(self, trail: Trail, hidden: Hidden, redact: Callable[[str], str]) -> None:
        self._trail, self._hidden, self._redact = trail, hidden, redact

    def after(self, entry: int, item: int) -> Iterator[Told]:
        """All that was committed after that event, and of that event after that item."""
        number = entry - 1 if item else entry
        while events := self._trail.events_after(number, _EVENTS_AT_ONCE):
            for event in events:
                yield from self._told(event, item if event.number == entry else 0)
            number = events[-1].number

    def _told(self, event: Event, after: int) -> Iterator[Told]:
        match event.what:
            case str(what) if what == CHANGES:
                yield from self._changes(event, after)
            case str(what) if what == MARKS:
                yield from self._marks(event, after)
            case what:
                facts = {"entry": event.number, "sync": event.sync, "run": event.run}
                yield Told(event.at, what, {**facts, **event.facts}, event.number)

    def _changes(self, event: Event, after: int) -> Iterator[Told]:
        for some in _parts(stretches_of(event)):
            at = after
            while rest := within(some, at):
                if not (lines := self._trail.lines(rest, _AT_ONCE)):
                    break
                for line in lines:
                    yield Told(
                        event.at, "change", self._change(event, line), event.number, line.line
                    )
                at = lines[-1].line

    def _change(self, event: Event, line: Line) -> dict[str, object]:
        hidden = self._hidden
        shown = {"key": line.key, "ref": line.ref, "member": line.member}
        change = _change_of(line)
        return {
            "entry": event.number,
            "sync": line.sync,
            "run": line.run,
            "line": line.line,
            "op": line.op,
            "kind": line.kind,
            "name": hidden.name(change),
            **hidden.fields(shown),
            "fields": sorted({*line.before, *line.after}),
            "before": hidden.fields(line.before),
            "after": hidden.fields(line.after),
            "reason": self._words(line.reason, change),
            "outcome": line.outcome,
            "error": self._words(line.error, change) or None,
        }

    def _words(self, text: str, change: Change) -> str:
        return self._redact(self._hidden.words(text, change)) if text else ""

    def _marks(self, event: Event, after: int) -> Iterator[Told]:
        at, stretches = after, stretches_of(event)
        while rest := within(stretches, at):
            if not (marks := self._trail.marks(event.run or 0, rest, _AT_ONCE)):
                return
            for number, remarked in marks:
                yield Told(
                    event.at,
                    "remembered",
                    self._mark(event, number, remarked),
                    event.number,
                    number,
                )
            at = marks[-1][0]

    def _mark(self, event: Event, number: int, remarked: Remarked) -> dict[str, object]:
        mark, hidden = remarked.mark, self._hidden
        named = Change(Op.UPDATE, mark.kind, mark.key, mark.name, mark.ref)
        return {
            "entry": event.number,
            "sync": event.sync,
            "run": event.run,
            "mark": number,
            "remark": mark.remark,
            "kind": mark.kind,
            "name": hidden.name(named),
            **hidden.fields({"key": mark.key, "ref": mark.ref}),
            "old_key": hidden.fields({"key": mark.old_key})["key"],
            "rule": hidden.words(mark.rule, named),
        }


def _parts(stretches: Stretches) -> Iterator[Stretches]:
    """So many at once that no statement is too long."""
    for at in range(0, len(stretches), _STRETCHES):
        yield stretches[at : at + _STRETCHES]


def _change_of(line: Line) -> Change:
    return Change(
        line.op,
        line.kind,
        line.key,
        line.name,
        line.ref,
        line.before,
        line.after,
        line.reason,
        line.member,
        line.member_ref,
    )
