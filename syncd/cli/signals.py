"""Ctrl-C and SIGTERM during an apply: while reading it ends at once, while writing it ends well."""

import os
import signal
import sys
from types import FrameType, TracebackType
from typing import Any, Self

from syncd.cli.failures import Interrupted

_WATCHED = (signal.SIGINT, signal.SIGTERM)
_FINISHING = "\nfinishing the change in hand; once more to break off\n"
_BROKEN_OFF = (
    "broken off in the middle of a change; the journal has it, and the next run finds out "
    "what became of it"
)


class Stop:
    """Asked by the engine between changes. While `writing`, the first signal only sets it."""

    def __init__(self) -> None:
        self.writing = False
        self.signum: int | None = None
        self._before: dict[int, Any] = {}

    def __call__(self) -> bool:
        return self.signum is not None

    def __enter__(self) -> Self:
        for signum in _WATCHED:
            self._before[signum] = signal.signal(signum, self._receive)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        place: TracebackType | None,
    ) -> None:
        for signum, before in self._before.items():
            signal.signal(signum, before)

    def _receive(self, signum: int, _frame: FrameType | None) -> None:
        if not self.writing:
            raise Interrupted(signum)
        if self.signum is not None:
            raise Interrupted(signum, _BROKEN_OFF)
        self.signum = signum
        # Past Python's buffers: a signal may come in the middle of a write to them.
        os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, _FINISHING.encode())
