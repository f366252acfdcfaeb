"""Between two waves: look whether what was done took, wait, and say whether the next may begin."""

import time
from collections.abc import Callable, Sequence

from syncd.core.plan import Wave
from syncd.errors import BackendError
from syncd.executor import ON_REQUEST, Execution
from syncd.report import Unsettled

_A_MOMENT = 1.0
"""Seconds between two looks whether the run is to stop."""


class Canary:
    """The executor's `Gate`.

    `verify` reads again what was touched so far, and says as its second what of it did not take; it
    may raise `BackendError`. More than `errors` percent of what was begun that failed, may have
    happened, or did not take, is a reason not to go on.
    """

    def __init__(
        self,
        waves: Sequence[Wave],
        errors: float,
        verify: Callable[[Execution], tuple[object, Sequence[Unsettled], object]],
        stop: Callable[[], bool],
        watch: Callable[[str, int, int | None], None],
    ) -> None:
        self._waves, self._errors, self._verify = waves, errors, verify
        self._stop, self._watch = stop, watch

    def __call__(self, wave: int, execution: Execution) -> str:
        after = f"after wave {wave + 1} of {len(self._waves)}"
        try:
            unsettled = len(self._verify(execution)[1])
        except BackendError as error:
            return f"stopped {after}, which could not be verified: {error}"
        failed = len(execution.failed) + len(execution.unknown)
        begun = execution.begun - len(execution.withdrawn)
        share = 100 * (failed + unsettled) / begun
        if share > self._errors:
            return (
                f"stopped {after}: of {begun:,} changes {failed:,} failed and {unsettled:,} did "
                f"not take; {self._errors:g} % may (policy.waves.errors)"
            )
        return "" if self._wait(self._waves[wave].wait) else ON_REQUEST

    def _wait(self, seconds: float) -> bool:
        """Whether nobody asked to stop meanwhile."""
        began = time.monotonic()
        while (waited := time.monotonic() - began) < seconds:
            if self._stop():
                return False
            self._watch("waiting for the next wave", int(waited), int(seconds))
            time.sleep(min(_A_MOMENT, seconds - waited))
        return not self._stop()
