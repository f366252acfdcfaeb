"""The ledger's events as the audit tells them: changes one by one, without what is hidden."""

from collections.abc import Callable, Iterator

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import asdict

from syncd.audit.chain import Said
from syncd.audit.record import members
from syncd.core.model import Op
from syncd.core.plan import Change
from syncd.hidden import Hidden
from syncd.ledger.events import CHANGES, MARKS, Event, stretches_of, within
from syncd.ledger.history import Kept, Outcome, kept
from syncd.ledger.links import Remarked
from syncd.ledger.trail import Stretches, Trail

_AT_ONCE = 2000
_STRETCHES = 100
"""So many in one statement."""

_EVENTS_AT_ONCE = 200


class _Change(Struct, frozen=True, gc=False, omit_defaults=True):
    """What a line says of a change that has its outcome; `change` is as the journal keeps it."""

    entry: int
    sync: str
    run: int
    line: int
    key: str
    change: Raw
    outcome: str
    member: str | None = None
    ref: str | None = None
    error: str = ""


class Projection:
    """`redact` goes over words that quote somebody else, `hidden` are fields without values."""

    def __init__(self, trail: Trail, hidden: Hidden, redact: Callable[[str], str]) -> None:
        self._trail, self._hidden, self._redact = trail, hidden, redact

    def after(self, entry: int, item: int) -> Iterator[Said]:
        """All that was committed after that event, and of that event after that item."""
        number = entry - 1 if item else entry
        while events := self._trail.events_after(number, _EVENTS_AT_ONCE):
            for event in events:
                yield from self._told(event, item if event.number == entry else 0)
            number = events[-1].number

    def _told(self, event: Event, after: int) -> Iterator[Said]:
        if event.what == CHANGES:
            yield from self._changes(event, after)
        elif event.what == MARKS:
            yield from self._marks(event, after)
        else:
            facts = {"entry": event.number, "sync": event.sync, "run": event.run}
            shown = self._hidden.fields(event.facts)
            yield Said(event.at, event.what, members({**facts, **shown}), event.number)

    def _changes(self, event: Event, after: int) -> Iterator[Said]:
        at, number = event.at, event.number
        for some in _parts(stretches_of(event)):
            while rest := within(some, after):
                if not (lines := self._trail.outcomes(rest, _AT_ONCE)):
                    break
                for line in lines:
                    facts = _ENCODE(self._change(number, line))[1:-1]
                    yield Said(at, "change", facts, number, line.line)
                after = lines[-1].line

    def _change(self, entry: int, one: Outcome) -> _Change:
        if self._hidden.any:
            return self._hiding(entry, one)
        line, run, sync, key, member, change, outcome, error, ref = one
        raw, said = Raw(change.encode()), self._redact(error) if error else ""
        return _Change(entry, sync, run, line, key, raw, outcome, member, ref, said)

    def _hiding(self, entry: int, one: Outcome) -> _Change:
        hidden, change = self._hidden, kept(one.change)
        whole = Change(
            change.op,
            change.kind,
            one.key,
            change.name,
            one.ref or change.ref,
            change.before,
            change.after,
            member=one.member,
        )
        shown = {"key": one.key, "ref": one.ref, "member": one.member}
        refs = {"ref": change.ref, "member_ref": change.member_ref}
        inner = {
            **asdict(change),
            **(hidden.fields(refs) if "ref" in hidden else refs),
            "name": hidden.name(whole),
            "reason": hidden.words(change.reason, whole),
            "before": hidden.fields(change.before),
            "after": hidden.fields(change.after),
        }
        return _Change(
            entry=entry,
            sync=one.sync,
            run=one.run,
            line=one.line,
            change=Raw(_ENCODE(Kept(**inner))),
            outcome=one.outcome,
            error=self._redact(hidden.words(one.error, whole)),
            **{
                name: str(value)
                for name, value in hidden.fields(shown).items()
                if value is not None
            },
        )

    def _marks(self, event: Event, after: int) -> Iterator[Said]:
        stretches = stretches_of(event)
        while rest := within(stretches, after):
            if not (marks := self._trail.marks(event.run or 0, rest, _AT_ONCE)):
                return
            for number, one in marks:
                facts = members(self._mark(event, number, one))
                yield Said(event.at, "remembered", facts, event.number, number)
            after = marks[-1][0]

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
    for at in range(0, len(stretches), _STRETCHES):
        yield stretches[at : at + _STRETCHES]


_ENCODE = msgspec.json.Encoder().encode
