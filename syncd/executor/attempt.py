"""Ask the target: one job's changes, by single verbs or, where they are a batch, by bulk writes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from syncd.bulk import Delta, Write
from syncd.core.model import Key, Kind, Op, Ref, Update, group_of, user_of
from syncd.core.plan import Change
from syncd.errors import BackendError, NotFound, Rejected
from syncd.executor.chunks import calls, families, groups, levels
from syncd.fence import ask, fenced
from syncd.ledger import DONE, FAILED, Held
from syncd.ports import Backend

Outcome = tuple[str, Ref | None, str]
"""How a line ends: the word for it, the ref where there is one, and what was wrong."""


class Job:
    """Changes that are tried together, with their lines in the journal.

    `refs` are those of things that this run made before. `outcomes` are by position, None where
    there is none yet. `number` counts the jobs as they are begun, `tries` how often this one was.
    """

    __slots__ = ("changes", "lines", "made", "number", "outcomes", "refs", "tries", "waits")

    def __init__(self, lines: Sequence[int], changes: Sequence[Change]) -> None:
        self.lines = lines
        self.changes = changes
        self.refs: Mapping[tuple[Kind, Key], Ref] = {}
        self.made: dict[tuple[Kind, Key], Ref] = {}
        self.outcomes: list[Outcome | None] = [None] * len(changes)
        self.number = self.tries = self.waits = 0

    @property
    def undecided(self) -> list[int]:
        return [at for at, outcome in enumerate(self.outcomes) if outcome is None]

    def forget(self) -> None:
        """As if nothing of it had been tried."""
        self.made.clear()
        self.outcomes = [None] * len(self.changes)


def attempt(job: Job, backend: Backend, held: Held) -> BackendError | None:
    """Tries what is undecided; what ended it, where not all of it is decided then.

    A batch counts only once the backend has stored it, so that it is decided whole or not at all.
    Each write asks `held` first, and so does a batch's end: where that raises, nothing is sent.
    """
    batched = backend.batch_size > 1
    try:
        with fenced(held):
            _make(_Attempt(job, backend), backend, batched=batched)
    except BackendError as error:
        if batched:
            job.forget()
        return error
    return None


def _make(work: "_Attempt", backend: Backend, *, batched: bool) -> None:
    if batched:
        ask()
        with backend.batch():
            work.together()
            ask()
    else:
        work.singly()


class _Attempt:
    def __init__(self, job: Job, backend: Backend) -> None:
        self._job = job
        self._changes = job.changes
        self._collections: dict[Kind, Any] = {
            Kind.USER: backend.users,
            Kind.GROUP: backend.groups,
            Kind.MEMBER: backend.members,
        }
        self._lost: set[str] = set()

    def together(self) -> None:
        for family in families(self._changes):
            kind = self._changes[family[0]].kind
            write = getattr(self._collections[kind], "write", None)
            if write is None:
                self._singly(family)
            elif kind is Kind.MEMBER:
                for part in groups(self._changes, family):
                    self._write_members(write, part)
            else:
                for level in levels(self._changes, family):
                    self._write(write, level)

    def singly(self) -> None:
        """What is undecided, each by a verb of its own as far as it is not alike."""
        self._singly(self._job.undecided)

    def _singly(self, at: Sequence[int]) -> None:
        """One call for changes that are alike; one by one where they are rejected together."""
        for call in calls(self._changes, at):
            if ready := self._ready(call):
                self._try(ready)

    def _try(self, call: list[int]) -> None:
        try:
            ref = self._call([self._changes[position] for position in call])
        except Rejected as error:
            self._reject(call, error)
        else:
            self._done(call, ref)

    def _reject(self, call: list[int], error: Rejected) -> None:
        if len(call) > 1:
            for position in call:
                self._try([position])
            return
        change = self._changes[call[0]]
        if change.op is Op.DELETE and isinstance(error, NotFound) and not self._is_there(change):
            self._done(call, change.ref)
        else:
            self._fail(call[0], str(error))

    def _is_there(self, change: Change) -> bool:
        """Whether what was not found to delete is found by its ref: a right that lacks, or a
        gateway, answers as if nothing were there."""
        return change.ref is not None and self._collections[change.kind].get(change.ref) is not None

    def _write(self, write: Callable[[Sequence[Write[Any]]], Any], at: list[int]) -> None:
        ready = self._ready(at)
        if not ready:
            return
        writes = [self._as_write(self._changes[position]) for position in ready]
        ask()
        answers = write(writes)
        for position, answer in zip(ready, answers, strict=True):
            if isinstance(answer, Rejected):
                self._reject([position], answer)
            else:
                self._done([position], answer)

    def _write_members(
        self, write: Callable[[Sequence[Delta]], Any], part: list[list[int]]
    ) -> None:
        ready = [call for all_of in part if (call := self._ready(all_of))]
        if not ready:
            return
        deltas = [self._as_delta([self._changes[at] for at in call]) for call in ready]
        ask()
        for call, answer in zip(ready, write(deltas), strict=True):
            if answer is None:
                self._done(call, None)
            else:
                self._reject(call, answer)

    def _ready(self, call: list[int]) -> list[int]:
        """Those that wait for nothing that failed in this batch."""
        if not self._lost:
            return call
        return [position for position in call if not self._waits(position)]

    def _waits(self, position: int) -> bool:
        lost = next((one for one in self._changes[position].needs if one in self._lost), None)
        if lost is not None:
            self._fail(position, waiting_for(lost))
        return lost is not None

    def _done(self, call: list[int], ref: Ref | None) -> None:
        for position in call:
            change = self._changes[position]
            self._job.outcomes[position] = (DONE, ref, "")
            if change.op is Op.CREATE and ref is not None:
                self._job.made[change.kind, change.key] = ref

    def _fail(self, position: int, why: str) -> None:
        change = self._changes[position]
        self._lost.add(change.id)
        self._job.outcomes[position] = (FAILED, change.ref, why)

    def _call(self, changes: list[Change]) -> Ref | None:
        change = changes[0]
        collection = self._collections[change.kind]
        if change.kind is Kind.MEMBER:
            delta = self._as_delta(changes)
            ask()
            collection.change(delta.group, delta.add, delta.remove)
            return None
        write = self._as_write(change)
        ask()
        if change.op is Op.CREATE:
            return Ref(collection.create(write.key, write.entity))
        if change.op is Op.DELETE:
            collection.delete(write.ref)
        else:
            collection.update(write.ref, write.change)
        return write.ref

    def _as_write(self, change: Change) -> Write[Any]:
        if change.op is Op.CREATE:
            entity = user_of(change.after) if change.kind is Kind.USER else group_of(change.after)
            return Write(change.op, change.key, entity=entity)
        ref = self._ref(change.kind, change.key, change.ref)
        if change.op is Op.DELETE:
            return Write(change.op, change.key, ref)
        return Write(change.op, change.key, ref, change=Update(change.before, change.after))

    def _as_delta(self, changes: list[Change]) -> Delta:
        first = changes[0]
        group = self._ref(Kind.GROUP, first.key, first.ref)
        users = tuple(
            self._ref(Kind.USER, Key(change.member or ""), change.member_ref) for change in changes
        )
        return Delta(group, add=users) if first.op is Op.ADD else Delta(group, remove=users)

    def _ref(self, kind: Kind, key: Key, known: Ref | None) -> Ref:
        """The ref that was planned with, or the one that this run's creation gave."""
        return known or self._job.made.get((kind, key)) or self._job.refs[kind, key]


def waiting_for(lost: str) -> str:
    return f"not tried: it waits for {lost}, which failed"
