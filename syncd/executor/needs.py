"""Order only where it matters: a call waits for the changes that it needs, and for no other."""

from collections.abc import Iterable, Iterator

from syncd.core.plan import Change
from syncd.executor.attempt import Job


class Needs:
    """`lost` are the ids of all that others wait for in vain."""

    def __init__(self) -> None:
        self.lost: set[str] = set()
        self._waiting: dict[str, list[Job]] = {}

    def begin(self, jobs: Iterable[Job]) -> Iterator[Job]:
        """Those that can be tried; the others wait for changes that began, with them or before."""
        begun = list(jobs)
        for job in begun:
            for change in job.changes:
                self._waiting[change.id] = []
        for job in begun:
            needs = {need for change in job.changes for need in change.needs}
            for need in needs & self._waiting.keys():
                self._waiting[need].append(job)
                job.waits += 1
            if not job.waits:
                yield job

    def decided(self, ids: Iterable[str]) -> Iterator[Job]:
        """Those that waited for nothing but these."""
        for one in ids:
            for job in self._waiting.pop(one, ()):
                job.waits -= 1
                if not job.waits:
                    yield job

    def drop(self) -> list[Job]:
        """Those that wait."""
        waiting = {id(job): job for jobs in self._waiting.values() for job in jobs}
        for jobs in self._waiting.values():
            jobs.clear()
        return list(waiting.values())

    def lost_by(self, change: Change) -> str | None:
        """What it waits for in vain."""
        return next((need for need in change.needs if need in self.lost), None)
