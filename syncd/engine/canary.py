"""Between two waves: look whether what was done took, wait, and say whether the next may begin."""

import time
from collections.abc import Callable, Sequence

from syncd.core.drift import ATTEMPTS
from syncd.core.plan import Wave
from syncd.engine.stubborn import Stubborn
from syncd.errors import BackendError
from syncd.executor import ON_REQUEST, Execution
from syncd.report import Unsettled

_A_MOMENT = 1.0
"""Seconds between two looks whether the run is to stop."""


class Canary:
    """The executor's `Gate`.

    `verify` reads again what was touched so far, and says as its second what of it did not take; it
    may raise `BackendError`. More than `errors` percent of what was begun that failed, may have
    happened, or did not take, is a reason not to go on. What is `stubborn` is not counted.
    """

    def __init__(
        self,
        waves: Sequence[Wave],
        errors: float,
        stubborn: Stubborn,
        verify: Callable[[Execution], tuple[object, Sequence[Unsettled], object]],
        stop: Callable[[], bool],
        watch: Callable[[str, int, int | None], None],
    ) -> None:
        self._waves, self._errors, self._stubborn = waves, errors, stubborn
        self._verify, self._stop, self._watch = verify, stop, watch

    def __call__(self, wave: int, execution: Execution) -> str:
        after = f"after wave {wave + 1} of {len(self._waves)}"
        try:
            unsettled = self._verify(execution)[1]
        except BackendError as error:
            return f"stopped {after}, which could not be verified: {error}"
        if wrong := self._wrong(execution, unsettled):
            return f"stopped {after}: {wrong}"
        return "" if self._wait(self._waves[wave].wait) else ON_REQUEST

    def _wrong(self, execution: Execution, unsettled: Sequence[Unsettled]) -> str:
        """Why the share is too large, or ""."""
        failed = len(execution.failed) + len(execution.unknown)
        begun = execution.begun - len(execution.withdrawn)
        if 100 * (failed + len(unsettled)) <= self._errors * begun:
            return ""
        never = self._stubborn.of_failed(execution.failed)
        deaf = self._stubborn.of_unsettled(unsettled)
        failed, left, begun = failed - never, len(unsettled) - deaf, begun - never - deaf
        if not failed + left or 100 * (failed + left) <= self._errors * begun:
            return ""
        known = f"; {never + deaf:,} that did so {ATTEMPTS} times before, not counted"
        return (
            f"of {begun:,} changes {failed:,} failed and {left:,} did not take; {self._errors:g} % "
            f"may (policy.waves.errors){known if never + deaf else ''}"
        )

    def _wait(self, seconds: float) -> bool:
        """Whether nobody asked to stop meanwhile."""
        began = time.monotonic()
        while (waited := time.monotonic() - began) < seconds:
            if self._stop():
                return False
            self._watch("waiting for the next wave", int(waited), int(seconds))
            time.sleep(min(_A_MOMENT, seconds - waited))
        return not self._stop()
