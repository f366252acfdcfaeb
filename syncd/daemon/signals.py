"""Signals as a queue: what comes is read where there is time for it, and interrupts nothing."""

import os
import select
import signal
from contextlib import suppress
from types import TracebackType
from typing import Any, Protocol, Self

STOP = frozenset({signal.SIGTERM, signal.SIGINT})
RELOAD = signal.SIGHUP
RUN_NOW = signal.SIGUSR1

_WATCHED = (*STOP, RELOAD, RUN_NOW)


class Waits(Protocol):
    """What a daemon asks for its signals; `Signals` is one."""

    def wait(self, seconds: float) -> list[int]: ...


class Signals:
    """While it is entered, by the main thread, the daemon's signals wait here to be read.

    A handler that did more than nothing could come in the middle of anything, a lock held.
    """

    def __init__(self) -> None:
        self._before: dict[int, Any] = {}
        self._reader = self._writer = self._wakeup = -1

    def __enter__(self) -> Self:
        self._reader, self._writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._wakeup = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        for signum in _WATCHED:
            self._before[signum] = signal.signal(signum, lambda *_: None)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        place: TracebackType | None,
    ) -> None:
        for signum, before in self._before.items():
            signal.signal(signum, before)
        signal.set_wakeup_fd(self._wakeup)
        os.close(self._reader)
        os.close(self._writer)

    def wait(self, seconds: float) -> list[int]:
        """Those that came, each as often as it came, after so many seconds at the latest."""
        select.select([self._reader], [], [], max(seconds, 0.0))
        came = bytearray()
        with suppress(BlockingIOError):  # that was all
            while some := os.read(self._reader, 4096):
                came += some
        return list(came)
