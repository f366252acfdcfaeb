"""Hold a saved plan against the world of now: what has moved since is refused, the rest may run.

Both may be streams, so they are walked and never held. The fresh plan's changes come in an order in
which each finds what it needs before it: one walk through them, with notes on what became of
those before, tells what becomes of each.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from hashlib import sha256

from msgspec.structs import replace

from syncd.core.memory import Mark, Remark
from syncd.core.notes import Notes, Pad
from syncd.core.plan import Change, Plan, Refusal
from syncd.core.spool import Spool, Trays
from syncd.core.stream import batches, digest_of, encode
from syncd.core.trays import refusal_row
from syncd.core.waiting import Waiting
from syncd.errors import ConfigError

_MOVED = "moved since the plan was made; plan again"
_RUNS = "runs"
_AT_ONCE = 500


def bind(
    saved: Plan, fresh: Plan, spool: Spool | None = None, notes: Callable[[], Notes] = Pad
) -> Plan:
    """Those changes of `saved` that `fresh`, planned just now, would make in the same way.

    Raises `ConfigError` where the saved plan is for another sync, target or configuration. What is
    found is put into `spool`, and noted in new `notes`.
    """
    for what, then, now in (
        ("sync", saved.sync, fresh.sync),
        ("target", saved.target, fresh.target),
        ("configuration", saved.config, fresh.config),
    ):
        if then != now:
            raise ConfigError(f"the plan was made for {what} {then}, this is {now}; plan again")
    approved = frozenset(saved.marks)
    bound = replace(
        fresh, marks=tuple(mark for mark in fresh.marks if _may_remember(mark, approved))
    )
    if digest_of(saved.changes) == digest_of(fresh.changes):
        return bound
    return _Binding(saved, bound, spool or Trays(), notes).bound()


class _Binding:
    """Two walks: through what would run now, then through what was approved and is not there."""

    def __init__(self, saved: Plan, fresh: Plan, spool: Spool, notes: Callable[[], Notes]) -> None:
        self._saved, self._fresh, self._spool = saved, fresh, spool
        self._approved, self._held, self._fates = notes(), notes(), notes()
        self._waiting = Waiting(self._held, self._fates)
        self._kept = self._same = self._new = 0
        self._more: set[str] = set()

    def bound(self) -> Plan:
        fresh = self._fresh
        self._approved.note((change.id, _essence(change)) for change in self._saved.changes)
        self._held.note((one.change.id, b"") for one in fresh.held)
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
        ids = [change.id for change in some]
        approved = self._approved.of(ids)
        self._new += len(ids) - len(approved)
        same = [
            change
            for change, one in zip(some, ids, strict=True)
            if one in approved and approved[one] == _essence(change)
        ]
        self._same += len(same)
        found = self._waiting.drop(same)
        # They come in order: their number is place enough.
        numbered = enumerate(found.changes, self._kept)
        self._spool.put(_RUNS, (((0, number, "", ""), change, "") for number, change in numbered))
        self._kept += len(found.changes)
        self._put("held.waits", found.held)
        self._put("refused.waits", found.refused)

    def _refuse_what_moved(self) -> None:
        for some in batches(self._saved.changes, _AT_ONCE):
            there = self._fates.of([change.id for change in some])
            moved = (Refusal(change, _MOVED) for change in some if change.id not in there)
            self._put("refused.moved", moved)

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


def _may_remember(mark: Mark, approved: Collection[Mark]) -> bool:
    """Whose account becomes whose was part of what was approved; the rest is only observed."""
    return mark.remark not in {Remark.ADOPT, Remark.REKEY} or mark in approved


def _essence(change: Change) -> bytes:
    """Equal where two changes do the same."""
    done = (change.ref, change.before, change.after, change.member_ref)
    return sha256(encode(done)).digest()
