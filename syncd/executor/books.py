"""The books of a run: which changes are begun, what they wait for, and how each of them ended."""

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from syncd.core.plan import Change
from syncd.executor.attempt import Job, waiting_for
from syncd.executor.chunks import calls
from syncd.executor.execution import Execution
from syncd.executor.journal import Journal
from syncd.executor.needs import Needs
from syncd.executor.refs import Refs
from syncd.ledger import DONE, FAILED, Ended

_UNWRITTEN = 1.0
"""Seconds that an outcome may wait for others before it is in the journal."""


class Books:
    """`open` counts the changes that were begun and have no outcome yet, `settled` those that have.

    Changes that are `batched` are tried in their order, so that nothing has to wait.
    """

    def __init__(self, changes: Sequence[Change], journal: Journal, *, batched: bool) -> None:
        self.execution = Execution(changes)
        self.open = self.settled = 0
        self._journal = journal
        self._batched = batched
        self._needs, self._refs = Needs(), Refs(journal)
        self._freed: deque[Job] = deque()
        self._ended: list[Ended] = []
        self._written = time.monotonic()

    def begin(self, chunk: list[Change]) -> Iterator[Job]:
        """What of the chunk can be tried at once, once the journal has all of it."""
        lines = self._journal.begin(chunk)
        self.execution.begun += len(chunk)
        self.open += len(chunk)
        if self._batched:
            yield from self._ready([Job(lines, chunk)])
        else:
            jobs = [_part(lines, chunk, call) for call in calls(chunk, range(len(chunk)))]
            yield from self._ready(self._needs.begin(jobs))

    def end(self, job: Job) -> Iterator[Job]:
        """Books the outcomes, of whatever has one; what can be tried now that waited for it."""
        self._refs.add(job.made)
        self._book(job)
        yield from self._ready(())

    def doubt(self, job: Job, why: str) -> None:
        """What has no outcome may have happened; its lines stay open."""
        doubtful = [job.changes[at] for at in job.undecided]
        self.execution.doubt(doubtful, self._journal.redact(why))
        self._needs.lost |= {change.id for change in doubtful}
        self._close(doubtful)

    def leave(self, jobs: Iterable[Job]) -> None:
        """What has no outcome was not begun after all, nor what waits."""
        left: list[tuple[int, Change]] = []
        for job in (*jobs, *self._freed, *self._needs.drop()):
            self._refs.add(job.made)
            self._book(job)
            left += [(job.lines[at], job.changes[at]) for at in job.undecided]
        self._freed.clear()
        if left:
            self._journal.withdraw([line for line, _ in left])
            self.execution.withdraw(change for _, change in left)
            self.open -= len(left)

    def write(self, *, enough: int) -> None:
        """The outcomes into the journal, once there are enough of them or they are old."""
        late = time.monotonic() - self._written > _UNWRITTEN
        if self._ended and (late or len(self._ended) >= enough):
            self._journal.end(self._ended)
            self._refs.journaled()
            self.execution.record(self._ended)
            self._ended = []
        if not self._ended:
            self._written = time.monotonic()

    def _ready(self, jobs: Iterable[Job]) -> Iterator[Job]:
        """These and what waits no more; what waited for something that failed has failed too."""
        self._freed += jobs
        while self._freed:
            job = self._freed.popleft()
            if self._needs.lost:
                vain, job = self._sort_out(job)
                self._book(vain)
            if job.changes:
                job.refs = self._refs.of(job.changes)
                yield job

    def _sort_out(self, job: Job) -> tuple[Job, Job]:
        """What waits in vain, and the rest. In a batch one may wait for another that does."""
        vain: dict[int, str] = {}
        for position, change in enumerate(job.changes):
            if lost := self._needs.lost_by(change):
                vain[position] = lost
                self._needs.lost.add(change.id)
        if not vain:
            return _part(job.lines, job.changes, ()), job
        hopeless = _part(job.lines, job.changes, list(vain))
        hopeless.outcomes = [
            (FAILED, change.ref, waiting_for(lost))
            for change, lost in zip(hopeless.changes, vain.values(), strict=True)
        ]
        rest = [at for at in range(len(job.changes)) if at not in vain]
        return hopeless, _part(job.lines, job.changes, rest)

    def _book(self, job: Job) -> None:
        decided: list[Change] = []
        for line, change, outcome in zip(job.lines, job.changes, job.outcomes, strict=True):
            if outcome is None:
                continue
            word, ref, why = outcome
            said = self._journal.redact(why) if why else ""
            self._ended.append(Ended(line, change, word, ref, said))
            decided.append(change)
            if word != DONE:
                self._needs.lost.add(change.id)
        self._close(decided)

    def _close(self, changes: list[Change]) -> None:
        self.open -= len(changes)
        self.settled += len(changes)
        if not self._batched:
            self._freed += self._needs.decided(change.id for change in changes)


def _part(lines: Sequence[int], changes: Sequence[Change], at: Sequence[int]) -> Job:
    return Job([lines[one] for one in at], [changes[one] for one in at])
