"""Hold what would be written against what was: who changed a field, and what never settles.

| the source's value | the target's value | changed |
| --- | --- | --- |
| as last written | otherwise | outside: the policy says whether it is put back |
| otherwise | as last written | in the source: written |
| otherwise | otherwise | both: written |
| otherwise | as an undo wrote it | nowhere since the undo: written |

What is compared is the value that the mapping makes of the source now with the one that syncd last
wrote. Before that, there is the target itself: what it answers otherwise as soon as it is written
is no drift. After some tries it is left, until either side says something else or it is time to
try again. Suspensions and removals are tried again for ever.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct, field
from msgspec.structs import replace

from syncd.core.model import Op, Ref
from syncd.core.normal import same
from syncd.core.past import WHOLE, Cause, Missed, Past, Stuck, Trace, Where, Written
from syncd.core.plan import REMOVALS, Change, Refusal, only
from syncd.core.policy import Drift, Policy
from syncd.core.stream import encode

ATTEMPTS = 3
"""So often is the same thing written that does not stay: a slow target may show it late."""

_LEFT = "changed outside, and left so by `policy.drift`"
_MADE = ("", "")
"""The tray of what is to be made."""

_AS_WRITTEN = {False: Cause.SOURCE, True: Cause.UNDONE}
"""Where the target has what was written, by whether that was an undo."""

_FIELDS = frozenset({Op.UPDATE, Op.SUSPEND, Op.RESTORE})


class Attributed(Struct, frozen=True):
    """`unsettled` are not written again, `reported` and `yielded` not put back. `causes` counts the
    fields of the updates among the `changes`."""

    changes: list[Change] = field(default_factory=list)
    unsettled: list[Refusal] = field(default_factory=list)
    reported: list[Refusal] = field(default_factory=list)
    yielded: list[Refusal] = field(default_factory=list)
    causes: Counter[str] = field(default_factory=Counter)


class Attribution(Struct, frozen=True):
    """How changes of one kind are held against the past. What `undoes` a run has no other cause."""

    past: Past
    policy: Policy
    now: datetime
    caseless: Collection[str] = frozenset()
    undoes: bool = False

    def of(self, changes: Sequence[Change]) -> Attributed:
        found = Attributed()
        if not changes:
            return found
        kind = changes[0].kind
        fields = {one.ref: one.after.keys() for one in changes if one.op is Op.UPDATE and one.ref}
        written = self.past.written(kind, fields) if fields else {}
        stuck = self.past.stuck(kind, {one.key for one in changes})
        for change in changes:
            last = written.get(change.ref or Ref(""), {})
            self._sort(change, last, stuck, found)
        return found

    def _sort(
        self,
        change: Change,
        written: Mapping[str, Written],
        stuck: Mapping[Where, Stuck],
        found: Attributed,
    ) -> None:
        """Each field into its tray; what belongs together stays so."""
        traces: dict[str, Trace] = {}
        trays: dict[tuple[str, str], list[str]] = defaultdict(list)
        for one in missed(change):
            name, known = one.where[-1], stuck.get(one.where)
            if known is not None and (known.written, known.returned) == (one.written, one.returned):
                traces[name] = Trace(Cause.UNSETTLED, one.written, known.last_run, known.last_at)
                trays[self._unsettled(change, name, known)].append(name)
            elif change.op is Op.UPDATE:
                last = written.get(name, written.get(WHOLE))
                traces[name] = self._traced(change, name, last, known)
                trays[self._drifted(name, traces[name])].append(name)
            else:
                trays[_MADE].append(name)
        for which, names in trays.items():
            _put(found, which, _part(change, traces, names))

    def _unsettled(self, change: Change, name: str, known: Stuck) -> tuple[str, str]:
        """The tray, and the rule."""
        again = self.policy.retry_unsettled
        late = again is not None and self.now - known.last_at >= again
        if known.times < ATTEMPTS or late or _takes_away(change, name):
            return _MADE
        then = f", tried again from {known.last_at + again:%Y-%m-%d} on" if again else ""
        times = f"written {known.times} times since run {known.first_run}"
        return "unsettled", f"never settles: {times}, and this came back each time{then}"

    def _drifted(self, name: str, trace: Trace) -> tuple[str, str]:
        how = self.policy.on_drift(name)
        if trace.cause is not Cause.OUTSIDE or how is Drift.ENFORCE:
            return _MADE
        return ("reported" if how is Drift.REPORT else "yielded"), _LEFT

    def _traced(
        self, change: Change, name: str, last: Written | None, known: Stuck | None
    ) -> Trace:
        """`known` is what came back when something else was written."""
        if last is None:
            return Trace(Cause.UNWRITTEN)
        caseless = name in self.caseless
        if last.fresh:
            cause = Cause.UNSETTLED
        elif self.undoes:
            cause = Cause.UNDO
        elif same(last.value, change.after[name], caseless=caseless):
            cause = Cause.OUTSIDE
        else:
            found = change.before.get(name)
            answered = known is not None and known.returned == found
            as_written = answered or same(last.value, found, caseless=caseless)
            cause = _AS_WRITTEN[last.undone] if as_written else Cause.BOTH
        return Trace(cause, last.value, last.run, last.at)


def missed(change: Change) -> list[Missed]:
    """What is missed where this change must be made again: what it writes, and what is there."""
    which = change.kind, change.key, change.member or ""
    if change.op in _FIELDS:
        return [
            Missed((*which, name), value, change.before.get(name))
            for name, value in change.after.items()
        ]
    if change.op is Op.CREATE:
        return [Missed((*which, WHOLE), encode(change.after).decode(), None)]
    return [Missed((*which, WHOLE), change.op is Op.ADD, change.op is not Op.ADD)]


def wheres(changes: Iterable[Change]) -> Iterable[Where]:
    """All that these changes write."""
    return (one.where for change in changes for one in missed(change))


def _takes_away(change: Change, name: str) -> bool:
    """What nobody may be left with because the target does not listen."""
    return change.op in REMOVALS or (name == "admin" and change.demotes)


def _put(found: Attributed, which: tuple[str, str], part: Change) -> None:
    tray, rule = which
    if which != _MADE:
        getattr(found, tray).append(Refusal(part, rule))
        return
    found.changes.append(part)
    if part.op is Op.UPDATE:
        found.causes.update(one.cause.value for one in part.traces.values())


def _part(change: Change, traces: Mapping[str, Trace], names: Collection[str]) -> Change:
    """These fields of the change, with their traces."""
    if known := {name: traces[name] for name in sorted(names) if name in traces}:
        change = replace(change, traces=known)
    whole = change.op is not Op.UPDATE or len(names) == len(change.after)
    return change if whole else only(change, names)
