"""One run: chunks of changes begun in the journal, tried by the crew, ended in the journal.

There is one chunk at a time where changes are made one by one or in batches. Where the target takes
several calls at once, the next chunk begins before the last has ended, so that nobody waits
at a chunk's edge.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from syncd.core.plan import Change, Plan, Wave
from syncd.core.waves import parted
from syncd.errors import BackendError, Denied, Unavailable
from syncd.executor.attempt import Job
from syncd.executor.books import Books
from syncd.executor.chunks import chunks
from syncd.executor.crew import Crew, crew_of
from syncd.executor.execution import Execution
from syncd.executor.journal import Journal
from syncd.executor.limit import GIVE_UP, TRIES
from syncd.ledger import FAILED
from syncd.ports import Backend

_PATIENCE = 300.0
"""Seconds. A target that asks for more is left alone until another run."""

_AHEAD = 16
"""Lines that are begun at once for each call that may be under way."""

ON_REQUEST = "stopped on request"
"""Why a run ended that was asked to."""

Watch = Callable[[str, int, int | None], None]

Gate = Callable[[int, Execution], str]
"""Asked after each wave but the last, by the wave's number: why no other is to begin, or ""."""


def execute(
    plan: Plan,
    backend: Backend,
    journal: Journal,
    stop: Callable[[], bool],
    watch: Watch,
    gate: Gate = lambda _wave, _execution: "",
) -> Execution:
    """Runs the changes in the plan's order, or side by side as far as their needs allow.

    A wave begins when all of the one before is decided and in the journal, and `gate` lets it.

    Walks once through `plan.changes`. What neither target nor ledger accounts for is raised when
    the calls under way have ended; an interruption, at once. So is `LedgerError` where the run's
    lock was lost: nothing more is sent, and the lines of what was begun stay open.
    """
    crew = crew_of(backend, journal.held())
    run = _Run(plan.changes, backend, journal, crew, stop)
    try:
        run.through(plan.waves, gate, watch)
    except Exception:
        crew.leave(at_once=False)
        raise
    except BaseException:
        crew.leave(at_once=True)
        raise
    crew.leave(at_once=False)
    return run.execution


class _Run:
    def __init__(
        self,
        changes: Sequence[Change],
        backend: Backend,
        journal: Journal,
        crew: Crew,
        stop: Callable[[], bool],
    ) -> None:
        batched = backend.batch_size > 1
        abreast = 1 if batched else backend.concurrency
        self._size = backend.batch_size if abreast == 1 else _AHEAD * abreast
        self._ahead = 0 if abreast == 1 else self._size
        self._books = Books(changes, journal, batched=batched)
        self._changes, self._crew, self._stop = changes, crew, stop
        self._redact = journal.redact
        self.execution = self._books.execution

    def through(self, waves: Sequence[Wave], gate: Gate, watch: Watch) -> None:
        for number, some in enumerate(parted(self._changes, waves)):
            if number and not self.execution.stopped and (why := gate(number - 1, self.execution)):
                self._halt(why)
            if self.execution.stopped:
                return
            self._wave(some, watch)

    def _wave(self, some: Iterable[Change], watch: Watch) -> None:
        books, crew, changes = self._books, self._crew, self._changes
        remaining = chunks(some, self._size)
        while True:
            self._begin(remaining)
            if not crew.busy():
                break
            for job, error in crew.take():
                self._settle(job, error)
            if crew.waiting() and not self.execution.stopped and self._stop():
                self._halt(ON_REQUEST)
            books.write(enough=self._size if crew.busy() else 1)
            watch("applying", books.settled, len(changes))
        books.write(enough=1)

    def _begin(self, remaining: Iterator[list[Change]]) -> None:
        while not self.execution.stopped and self._books.open <= self._ahead:
            chunk = next(remaining, None)
            if chunk is None:
                return
            if self._stop():
                self._halt(ON_REQUEST)
            else:
                self._give(self._books.begin(chunk))
                self._books.write(enough=self._size)

    def _give(self, jobs: Iterable[Job]) -> None:
        for job in jobs:
            if self.execution.stopped:
                self._books.leave([job])
            else:
                self._crew.give(job)

    def _settle(self, job: Job, error: BaseException | None) -> None:
        """Books what is decided, and decides on what the error left undecided."""
        match error:
            case None:
                pass
            case Unavailable(refused=True):
                if self._refused(job, error):
                    return
            case Denied():
                self._fail(job, str(error))
                self.execution.denied = True
                self._halt(str(error))
            case BackendError():
                self._books.doubt(job, str(error))
                if isinstance(error, Unavailable):
                    self._count_silence()
                else:
                    self._halt(str(error))
            case _:
                raise error
        self._give(self._books.end(job))

    def _refused(self, job: Job, error: Unavailable) -> bool:
        """Whether that is all: the job is tried again, or was never begun."""
        wait = error.retry_after or 0.0
        if self.execution.stopped:
            self._books.leave([job])
            return True
        if job.tries < TRIES and wait <= _PATIENCE:
            self._crew.give(job, first=True)
            return True
        self._fail(job, str(error))
        if wait > _PATIENCE:
            self._halt(f"the target asks to be left alone for {wait:.0f} seconds")
        else:
            self._count_silence()
        return False

    def _fail(self, job: Job, why: str) -> None:
        for at in job.undecided:
            job.outcomes[at] = (FAILED, job.changes[at].ref, why)

    def _count_silence(self) -> None:
        if self._crew.limit.silent >= GIVE_UP:
            self._halt(f"the target did not answer {GIVE_UP} times in a row")

    def _halt(self, why: str) -> None:
        """Nothing more is begun, and what the journal has as begun and is not, is taken back."""
        self.execution.stopped = self.execution.stopped or self._redact(why)
        self._books.leave(self._crew.drop())
