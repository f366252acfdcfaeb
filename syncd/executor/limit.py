"""How many calls may be under way at once.

Half as many when the target refuses, does not answer, or takes clearly longer than it used
to; one more after each round of good answers; never more than the backend declares. Who was
asked to wait calls nobody before that time. (Additive increase, multiplicative decrease, as
TCP's: RFC 5681, section 3.1.)
"""

from collections.abc import Hashable

from msgspec import Struct

from syncd.errors import Unavailable
from syncd.executor.attempt import Job

GIVE_UP = 3
"""Times in a row that the target did not answer before the run ends."""
TRIES = 5
"""How often a call is made that the target refuses to look at."""

_LONGER = 2.0
"""How many times the usual time is clearly longer,"""
_SECONDS = 0.05
"""if it is so many seconds more: less may be the machine that syncd runs on."""
_ROUND = 8
"""Answers at least that are compared with the usual."""
_LONGEST = 60.0
"""Seconds between tries where the target says none."""


class Limit:
    """Times are seconds of any one clock. Not for several threads at once.

    `under_way` counts the calls; `begun` all so far. None is begun before `until`, nor once it is
    `over`: `silent` counts how often in a row the target did not answer.
    """

    def __init__(self, width: int) -> None:
        self.allowed = self._width = width
        self.begun = self.under_way = self.silent = 0
        self.until = 0.0
        self.over = False
        self._good = self._cut_at = self._silent_until = 0
        self._paces: dict[Hashable, _Pace] = {}

    def admits(self, now: float) -> bool:
        return self.under_way < self.allowed and now >= self.until and not self.over

    def begin(self, job: Job) -> None:
        self.begun += 1
        self.under_way += 1
        job.number = self.begun
        job.tries += 1

    def end(self, job: Job, error: BaseException | None, seconds: float, now: float) -> None:
        self.under_way -= 1
        if isinstance(error, Unavailable):
            self._unanswered(job, error, now)
            return
        self.silent = 0
        self.over |= error is not None
        first, size = job.changes[0], len(job.changes)
        pace = self._paces.setdefault((first.kind, first.op, size.bit_length()), _Pace())
        if pace.slower(seconds, max(_ROUND, self.allowed)):
            self._cut(job)
            return
        self._good += 1
        if self._good >= self.allowed:
            self._good = 0
            self.allowed = min(self._width, self.allowed + 1)

    def _unanswered(self, job: Job, error: Unavailable, now: float) -> None:
        self._cut(job)
        wait = error.retry_after
        if wait is None and error.refused:
            wait = min(_LONGEST, 2.0 ** (job.tries - 1))
        if wait is not None:
            self.until = max(self.until, now + wait)
        if not error.refused or job.tries >= TRIES:
            # Calls that were under way together are one.
            if job.number > self._silent_until:
                self.silent += 1
                self._silent_until = self.begun
            self.over |= self.silent >= GIVE_UP

    def _cut(self, job: Job) -> None:
        """Once for calls that were under way together."""
        self._good = 0
        if job.number > self._cut_at:
            self._cut_at = self.begun
            self.allowed = max(1, self.allowed // 2)


class _Pace(Struct):
    """What one kind of call usually takes; it falls quickly and rises slowly."""

    usual: float = 0.0
    total: float = 0.0
    count: int = 0

    def slower(self, seconds: float, enough: int) -> bool:
        """Whether a round has ended that took clearly longer than usual."""
        self.total += seconds
        self.count += 1
        if self.count < enough:
            return False
        mean = self.total / self.count
        self.total, self.count = 0.0, 0
        usual = self.usual or mean
        self.usual = usual + (mean - usual) * (0.5 if mean < usual else 0.05)
        return mean > usual * _LONGER and mean > usual + _SECONDS
