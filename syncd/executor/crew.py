"""Who makes the calls: the thread that asks, one by one, or as many threads as the limit allows."""

import time
from collections import deque
from threading import Condition, Lock, Thread
from typing import Protocol

from syncd.executor.attempt import Job, attempt
from syncd.executor.limit import Limit
from syncd.ledger import Held
from syncd.ports import Backend

Answer = tuple[Job, BaseException | None]
"""A job that was tried, and what ended it where something did."""

GLANCE = 0.1
"""Seconds after which whoever waits for answers looks up."""


class Crew(Protocol):
    """Jobs in, answers out. Only one thread talks to it."""

    limit: Limit

    def busy(self) -> bool:
        """Whether there is anything to wait for."""
        ...

    def waiting(self) -> bool:
        """Whether jobs were given that are not begun."""
        ...

    def give(self, job: Job, *, first: bool = False) -> None: ...

    def take(self) -> list[Answer]:
        """Answers that are new; perhaps none, after a moment."""
        ...

    def drop(self) -> list[Job]:
        """Those that were not begun, which nobody will begin now."""
        ...

    def leave(self, *, at_once: bool) -> None:
        """Ends it, when the calls under way have ended or `at_once`."""
        ...


def crew_of(backend: Backend, held: Held) -> Crew:
    """A batch is one thread's affair. `held` is asked before each write."""
    if backend.batch_size > 1 or backend.concurrency == 1:
        return Alone(backend, held)
    return Threads(backend, held)


class Alone:
    def __init__(self, backend: Backend, held: Held) -> None:
        self._backend, self._held = backend, held
        self.limit = Limit(1)
        self._ready: deque[Job] = deque()

    def busy(self) -> bool:
        return bool(self._ready)

    def waiting(self) -> bool:
        return bool(self._ready)

    def give(self, job: Job, *, first: bool = False) -> None:
        if first:
            self._ready.appendleft(job)
        else:
            self._ready.append(job)

    def take(self) -> list[Answer]:
        wait = self.limit.until - time.monotonic()
        if wait > 0:
            time.sleep(min(wait, GLANCE))
            return []
        job = self._ready.popleft()
        self.limit.begin(job)
        begun = time.monotonic()
        error = attempt(job, self._backend, self._held)
        now = time.monotonic()
        self.limit.end(job, error, now - begun, now)
        return [(job, error)]

    def drop(self) -> list[Job]:
        dropped = list(self._ready)
        self._ready.clear()
        return dropped

    def leave(self, *, at_once: bool) -> None:
        pass


class Threads:
    """Threads take the jobs by themselves; who gave them is woken when it is worth it."""

    def __init__(self, backend: Backend, held: Held) -> None:
        self._backend, self._held = backend, held
        self._width = backend.concurrency
        self._enough = 4 * self._width
        self.limit = Limit(self._width)
        self._ready: deque[Job] = deque()
        self._answers: list[Answer] = []
        self._closed = False
        lock = Lock()
        self._work, self._news = Condition(lock), Condition(lock)
        self._threads: list[Thread] = []

    def busy(self) -> bool:
        return bool(self._ready or self.limit.under_way or self._answers)

    def waiting(self) -> bool:
        return bool(self._ready)

    def give(self, job: Job, *, first: bool = False) -> None:
        with self._work:
            if first:
                self._ready.appendleft(job)
            else:
                self._ready.append(job)
            self._work.notify()
        if len(self._threads) < self._width:
            thread = Thread(target=self._run, name="syncd calls", daemon=True)
            self._threads.append(thread)
            thread.start()

    def take(self) -> list[Answer]:
        with self._news:
            if not self._worth_it():
                self._news.wait(GLANCE)
            answers, self._answers = self._answers, []
        return answers

    def drop(self) -> list[Job]:
        with self._work:
            dropped = list(self._ready)
            self._ready.clear()
        return dropped

    def leave(self, *, at_once: bool) -> None:
        with self._work:
            self._closed = True
            self._work.notify_all()
        if not at_once:
            for thread in self._threads:
                thread.join()

    def _run(self) -> None:
        while (job := self._next()) is not None:
            begun = time.monotonic()
            error: BaseException | None
            try:
                error = attempt(job, self._backend, self._held)
            except BaseException as unforeseen:  # noqa: BLE001  raised anew by who waits
                error = unforeseen
            self._answer(job, error, begun)

    def _next(self) -> Job | None:
        with self._work:
            while not self._closed:
                now = time.monotonic()
                if self._ready and self.limit.admits(now):
                    job = self._ready.popleft()
                    self.limit.begin(job)
                    return job
                wait = self.limit.until - now
                self._work.wait(wait if self._ready and wait > 0 else None)
        return None

    def _answer(self, job: Job, error: BaseException | None, begun: float) -> None:
        with self._work:
            now = time.monotonic()
            self.limit.end(job, error, now - begun, now)
            self._answers.append((job, error))
            if self._worth_it():
                self._news.notify()
            if len(self._ready) > 1 and self.limit.admits(now):
                self._work.notify()

    def _worth_it(self) -> bool:
        answers = self._answers
        return bool(answers) and (
            len(answers) >= self._enough
            or len(self._ready) < self._width
            or answers[-1][1] is not None
        )
