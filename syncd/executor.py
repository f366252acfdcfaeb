"""Make a plan's changes happen: journal "begun", the backend's verb, journal "done" with the link.

Errors are decided on here, once. A rejection fails its change and those that need it; an
unavailable target leaves the batch's lines open, for it may have happened, and the next run
looks before it writes; a row of these, or any other trouble with the target, such as a
denial, ends the run. A creation is never repeated.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct, field

from syncd.core.model import Key, Kind, Op, Ref, Update, group_of, user_of
from syncd.core.plan import Change, Plan
from syncd.errors import BackendError, Denied, NotFound, Rejected, Unavailable
from syncd.ledger import DONE, FAILED, Ended, Ledger
from syncd.ports import Backend

_GIVE_UP = 3
"""Batches in a row that the target did not answer before the run ends."""


@dataclass(frozen=True)
class Journal:
    """The ledger's journal, for one run."""

    ledger: Ledger
    run: int
    clock: Callable[[], datetime]

    def begin(self, changes: Sequence[Change]) -> list[int]:
        return self.ledger.begin(self.run, changes, self.clock())

    def end(self, ended: Sequence[Ended]) -> None:
        self.ledger.end(ended, self.clock())


class Failed(Struct, frozen=True):
    change: Change
    why: str


class Execution(Struct):
    """What became of each change.

    `unknown` may have happened. `untried` were not begun, for the reason in `stopped`. `lost` are
    the ids of all that others wait for in vain.
    """

    done: list[Change] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    unknown: list[Failed] = field(default_factory=list)
    untried: list[Change] = field(default_factory=list)
    stopped: str = ""
    denied: bool = False
    made: dict[tuple[Kind, Key], Ref] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)

    def refs(self, kind: Kind) -> frozenset[Ref]:
        """All users, or groups, that a change was tried on."""
        tried = [*self.done, *(one.change for one in (*self.failed, *self.unknown))]
        old = {change.ref for change in tried if change.kind is kind and change.ref is not None}
        return frozenset(old | {ref for (of, _), ref in self.made.items() if of is kind})


def execute(
    plan: Plan,
    backend: Backend,
    journal: Journal,
    stop: Callable[[], bool],
    watch: Callable[[str, int, int | None], None],
) -> Execution:
    """Runs the changes in the plan's order, in batches as large as the backend makes one."""
    execution = Execution()
    unanswered = 0
    for batch in batches(plan.changes, backend.batch_size):
        if not execution.stopped and stop():
            execution.stopped = "stopped on request"
        if execution.stopped:
            execution.untried += batch
            continue
        unanswered = 0 if _run(batch, backend, journal, execution) else unanswered + 1
        if unanswered == _GIVE_UP:
            execution.stopped = f"the target did not answer {_GIVE_UP} times in a row"
        watch("applying", len(plan.changes) - len(execution.untried), len(plan.changes))
    return execution


def batches(changes: Iterable[Change], size: int) -> Iterator[list[Change]]:
    """Runs of changes up to `size`; members of one group that change alike stay together."""
    batch: list[Change] = []
    for change in changes:
        if len(batch) >= size and not _alike(batch[-1], change):
            yield batch
            batch = []
        batch.append(change)
    if batch:
        yield batch


def _alike(one: Change, other: Change) -> bool:
    """Whether one call can make both: members of one group, all added or all removed."""
    return one.kind is other.kind is Kind.MEMBER and (one.op, one.key) == (other.op, other.key)


def _run(batch: Sequence[Change], backend: Backend, journal: Journal, execution: Execution) -> bool:
    """One batch; whether the target answered."""
    lines = journal.begin(batch)
    work = _Batch(backend, execution)
    try:
        with backend.batch():
            for call in _calls(batch):
                work.attempt(call)
    except Denied as error:
        work.deny(batch, str(error), stored=backend.batch_size == 1)
        execution.denied, execution.stopped = True, str(error)
    except BackendError as error:
        execution.unknown += [Failed(change, str(error)) for change in batch]
        execution.lost |= {change.id for change in batch}
        execution.stopped = "" if isinstance(error, Unavailable) else str(error)
        return False
    _end(zip(lines, batch, strict=True), work, journal, execution)
    return True


def _end(
    begun: Iterable[tuple[int, Change]], work: "_Batch", journal: Journal, execution: Execution
) -> None:
    ended = [Ended(line, change, *work.outcomes[change.id]) for line, change in begun]
    journal.end(ended)
    execution.made.update(work.made)
    for one in ended:
        if one.outcome == DONE:
            execution.done.append(one.change)
        else:
            execution.failed.append(Failed(one.change, one.error))
            execution.lost.add(one.change.id)


def _calls(batch: Iterable[Change]) -> Iterator[list[Change]]:
    call: list[Change] = []
    for change in batch:
        if call and not _alike(call[-1], change):
            yield call
            call = []
        call.append(change)
    yield call


_Ended = tuple[str, Ref | None, str]


class _Batch:
    """The outcomes of one batch, which count only once the backend has stored it."""

    def __init__(self, backend: Backend, execution: Execution) -> None:
        self._backend = backend
        self._made = execution.made
        self._lost_before = execution.lost
        self._lost: set[str] = set()
        self.made: dict[tuple[Kind, Key], Ref] = {}
        self.outcomes: dict[str, _Ended] = {}

    def attempt(self, call: list[Change]) -> None:
        """One call for changes that are alike; one by one where they are rejected together."""
        ready = [change for change in call if not self._waits(change)]
        if not ready:
            return
        try:
            ref = self._call(ready)
        except Rejected as error:
            if len(ready) > 1:
                for change in ready:
                    self.attempt([change])
            else:
                self._end(ready[0], error)
        else:
            for change in ready:
                self.outcomes[change.id] = (DONE, ref, "")

    def _waits(self, change: Change) -> bool:
        lost = next(
            (one for one in change.needs if one in self._lost or one in self._lost_before), None
        )
        if lost is not None:
            self._fail(change, f"not tried: it waits for {lost}, which failed")
        return lost is not None

    def deny(self, batch: Iterable[Change], why: str, *, stored: bool) -> None:
        """The target ends the batch; `stored` is whether it has kept what went before."""
        if not stored:
            self.outcomes.clear()
            self.made.clear()
        for change in batch:
            if change.id not in self.outcomes:
                self._fail(change, why)

    def _end(self, change: Change, error: BackendError) -> None:
        if change.op is Op.DELETE and isinstance(error, NotFound):
            self.outcomes[change.id] = (DONE, change.ref, "")
        else:
            self._fail(change, str(error))

    def _fail(self, change: Change, why: str) -> None:
        self._lost.add(change.id)
        self.outcomes[change.id] = (FAILED, change.ref, why)

    def _call(self, changes: list[Change]) -> Ref | None:
        first = changes[0]
        if first.kind is Kind.MEMBER:
            self._change_members(changes)
            return None
        return self._change_one(first)

    def _change_one(self, change: Change) -> Ref:
        users, groups = self._backend.users, self._backend.groups
        if change.op is Op.CREATE:
            if change.kind is Kind.USER:
                ref = users.create(change.key, user_of(change.after))
            else:
                ref = groups.create(change.key, group_of(change.after))
            self.made[change.kind, change.key] = ref
            return ref
        ref = self._ref(change.kind, change.key, change.ref)
        collection = users if change.kind is Kind.USER else groups
        if change.op is Op.DELETE:
            collection.delete(ref)
        else:
            collection.update(ref, Update(change.before, change.after))
        return ref

    def _change_members(self, changes: list[Change]) -> None:
        first = changes[0]
        group = self._ref(Kind.GROUP, first.key, first.ref)
        users = [
            self._ref(Kind.USER, Key(change.member or ""), change.member_ref) for change in changes
        ]
        adding = first.op is Op.ADD
        self._backend.members.change(group, users if adding else [], [] if adding else users)

    def _ref(self, kind: Kind, key: Key, known: Ref | None) -> Ref:
        """The ref that was planned with, or the one that this run's creation gave."""
        if known is not None:
            return known
        return self.made.get((kind, key)) or self._made[kind, key]
