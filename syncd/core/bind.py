"""Hold a saved plan against the world of now: what has moved since is refused, the rest may run.

A change runs where a plan of now would make the same change of the same thing: from the same
values to the same values, and with nothing else of that thing changed since (`Change.seen`). So a
plan that was applied already changes nothing a second time.

Both may be streams, so they are walked and never held. The fresh plan's changes come in an order in
which each finds what it needs before it: one walk through them, with notes on what became of
those before, tells what becomes of each.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from msgspec.structs import replace

from syncd.core.memory import Mark, Remark
from syncd.core.model import Kind, Op, Ref, Stored
from syncd.core.notes import Notes, Pad
from syncd.core.plan import Change, Plan, Refusal, only
from syncd.core.seen import MOVED, Now, why_moved
from syncd.core.spool import Spool, Trays
from syncd.core.stream import batches, digest_of, encode
from syncd.core.trays import refusal_row
from syncd.core.waiting import Waiting
from syncd.errors import ConfigError

_RUNS = "runs"
_AT_ONCE = 500


def bind(
    saved: Plan,
    fresh: Plan,
    now: Now,
    spool: Spool | None = None,
    notes: Callable[[], Notes] = Pad,
) -> Plan:
    """Those changes of `saved` that `fresh`, planned just `now`, would make in the same way.

    Raises `ConfigError` where the saved plan was made for something else, or by another syncd. What
    is found is put into `spool`, and noted in new `notes`.
    """
    check_made_for(saved, fresh)
    approved = frozenset(saved.marks)
    bound = replace(
        fresh, marks=tuple(mark for mark in fresh.marks if _may_remember(mark, approved))
    )
    if digest_of(saved.changes) == digest_of(fresh.changes):
        return bound
    return _Binding(saved, bound, now, spool or Trays(), notes).bound()


def check_made_for(saved: Plan, fresh: Plan) -> None:
    """Raises `ConfigError` where they are of different things, or by different versions of syncd.

    A target is known by which store it is, not only by its name in the settings.
    """
    for what, then, now in (
        ("sync", saved.sync, fresh.sync),
        ("target", saved.target, fresh.target),
        ("the target at", saved.identity, fresh.identity),
        ("configuration", saved.config, fresh.config),
    ):
        if then != now:
            raise ConfigError(f"the plan was made for {what} {then}, this is {now}; plan again")
    if saved.engine != fresh.engine:
        raise ConfigError(
            f"the plan was made by syncd {saved.engine}, this is {fresh.engine}; plan again"
        )


def all_run(saved: Plan, bound: Plan) -> bool:
    """Whether nothing of what the saved plan would do has been lost on the way. What it held, and
    runs by now, is more than that."""
    held = {one.change.id for one in saved.held}
    more = {one.id for one in bound.changes if one.approved and one.id in held}
    more -= {one.id for one in saved.changes if one.id in more}
    adopted = {mark for mark in saved.marks if mark.remark in _TAKING}
    return len(bound.changes) - len(more) == len(saved.changes) and adopted <= {*bound.marks}


class _Binding:
    """Two walks: through what would run now, then through what was approved and is not there."""

    def __init__(
        self, saved: Plan, fresh: Plan, now: Now, spool: Spool, notes: Callable[[], Notes]
    ) -> None:
        self._saved, self._fresh, self._now, self._spool = saved, fresh, now, spool
        self._approved, self._held, self._fates = notes(), notes(), notes()
        self._named, self._otherwise, self._let = notes(), notes(), notes()
        self._waiting = Waiting(self._held, self._fates)
        self._kept = self._same = self._new = 0
        self._more: set[str] = set()

    def bound(self) -> Plan:
        fresh = self._fresh
        self._approved.note((change.id, _approval(change)) for change in self._saved.changes)
        self._let.note(part for one in self._saved.held for part in _parts(one.change))
        self._held.note((one.change.id, b"") for one in fresh.held)
        for refusals in (fresh.held, fresh.refused, fresh.unsettled, fresh.drifted):
            self._named.note((one.change.id, b"") for one in refusals)
        for some in batches(fresh.changes, _AT_ONCE):
            self._take(some)
        if self._same < len(self._saved.changes):
            self._refuse_what_moved()
        waits = "1 change is" if self._new == 1 else f"{self._new} changes are"
        note = f"{waits} not in the saved plan: left for the next one"
        return replace(
            fresh,
            changes=self._spool.changes([_RUNS]),
            held=self._with(fresh.held, "held"),
            refused=self._with(fresh.refused, "refused"),
            notes=(*fresh.notes, *([note] if self._new else [])),
        )

    def _take(self, some: Sequence[Change]) -> None:
        """The next few that would run now."""
        approved = self._approved.of([change.id for change in some])
        let = self._let.of([name for one in some if one.approved for name, _ in _parts(one)])
        same: list[Change] = []
        for change in some:
            then, rest = approved.get(change.id), _without(change, let)
            if then is None and rest is not None:
                self._new += 1
            elif then is None or self._is(change, then) or (rest and self._is(rest, then)):
                same.append(change)
                self._same += then is not None
            else:
                self._otherwise.note([(change.id, b"")])
        found = self._waiting.drop(same)
        # They come in order: their number is place enough.
        numbered = enumerate(found.changes, self._kept)
        self._spool.put(_RUNS, (((0, number, "", ""), change, "") for number, change in numbered))
        self._kept += len(found.changes)
        self._put("held.waits", found.held)
        self._put("refused.waits", found.refused)

    def _is(self, change: Change, then: bytes) -> bool:
        """Whether it is what was approved `then`."""
        essence, version = then[:_ESSENCE], then[_ESSENCE:].decode()
        if essence != _essence(change):
            return False
        now = self._now.version(change.kind, change.ref) if version and change.ref else ""
        return not now or now == version

    def _refuse_what_moved(self) -> None:
        for some in batches(self._saved.changes, _AT_ONCE):
            ids = [change.id for change in some]
            there, otherwise = self._fates.of(ids), self._otherwise.of(ids)
            # What is held or refused by now says why already.
            said = self._named.of(ids).keys() - otherwise.keys()
            moved = [c for c in some if c.id not in there and c.id not in said]
            self._put("refused.moved", self._moved(moved))

    def _moved(self, some: Sequence[Change]) -> Iterator[Refusal]:
        """What became of them: asked for together, as far as they are of one kind."""
        there = {
            kind: self._now.stored(kind, {c.ref for c in some if c.kind is kind and c.ref})
            for kind in (Kind.USER, Kind.GROUP)
        }
        nobody: Mapping[Ref, Stored[Any]] = {}
        for change in some:
            why = why_moved(change, self._now, there.get(change.kind, nobody))
            if self._fresh.withheld and change.removes:
                why = f"what takes away is withheld, for not all was read this time; {why}"
            yield Refusal(change, f"{MOVED}: {why}")

    def _put(self, tray: str, refusals: Iterable[Refusal]) -> None:
        for some in batches(refusals, _AT_ONCE):
            self._spool.put(tray, map(refusal_row, some))
            self._more.add(tray)

    def _with(self, before: Sequence[Refusal], tray: str) -> Sequence[Refusal]:
        """Those that the plan had, and what has come to them."""
        more = {one for one in self._more if one.startswith(tray)}
        if not more:
            return before
        self._put(tray, before)
        return self._spool.refusals(dict.fromkeys((tray, *more), ""))


def _parts(change: Change) -> Iterator[tuple[str, bytes]]:
    """What may be approved of a change by itself, with a name for each."""
    if change.op is not Op.UPDATE:
        yield change.id, _essence(change)
        return
    for name in change.after:
        yield f"{change.id}/{name}", _essence(only(change, {name}))


def _without(change: Change, let: Mapping[str, bytes]) -> Change | None:
    """What of a change was not held by the saved plan and approved since; None where all was."""
    if change.op is not Op.UPDATE:
        return None if change.approved and let.get(change.id) == _essence(change) else change
    held = {
        name
        for name, (part, print_) in zip(change.after, _parts(change), strict=True)
        if name in change.approved and let.get(part) == print_
    }
    rest = change.after.keys() - held
    return only(change, rest) if rest else None


def _may_remember(mark: Mark, approved: Collection[Mark]) -> bool:
    """Whose account becomes whose was part of what was approved; the rest is only observed."""
    return mark.remark not in _TAKING or mark in approved


def _approval(change: Change) -> bytes:
    return _essence(change) + change.version.encode()


def _essence(change: Change) -> bytes:
    """Equal where two changes do the same to a thing that was seen in the same state."""
    done = (change.ref, change.before, change.after, change.member_ref, change.seen)
    return sha256(encode(done)).digest()


_ESSENCE = sha256().digest_size
_TAKING = {Remark.ADOPT, Remark.REKEY}
