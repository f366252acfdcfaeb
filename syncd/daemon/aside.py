"""Ask the ledger without waiting for ever.

A database server that is frozen, or behind a proxy that is, takes what it is sent and answers
nothing; no time-out of TCP's ends that. The thread that feeds the watchdog must outlive it.
"""

from collections.abc import Callable
from threading import Thread
from time import monotonic
from typing import Any, Generic, TypeVar

from syncd.errors import LedgerError

T = TypeVar("T")

PATIENCE = 15.0
"""Seconds: a quarter of the watchdog's time; a cycle's longest transaction is shorter as a rule."""

_FOR_EVER = 600.0
"""Seconds after which nobody expects an answer any more."""


class Aside:
    """One call at a time, each in a thread of its own. For one thread, but for `hanging`."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._call: _Call[Any] | None = None

    def __call__(self, what: Callable[[], T]) -> T:
        """What it answers, or raises. Raises `LedgerError` where it takes too long, and from then
        on until that call has come back."""
        if self._call is not None and self._call.is_alive():
            raise self._call.complaint()
        call = _Call(what)
        self._call = call
        call.start()
        call.join(self._patience)
        if call.is_alive():
            raise call.complaint()
        return call.answer()

    def hanging(self) -> bool:
        """Whether a call will never come back, as far as one can tell."""
        call = self._call
        return call is not None and call.is_alive() and call.lasted() > _FOR_EVER


class _Call(Thread, Generic[T]):
    def __init__(self, what: Callable[[], T]) -> None:
        super().__init__(name="syncd ledger", daemon=True)
        self._what, self._began = what, monotonic()
        self._answers: list[T] = []
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            self._answers.append(self._what())
        except BaseException as error:  # noqa: BLE001  raised where it was asked
            self._error = error

    def answer(self) -> T:
        if self._error is not None:
            raise self._error
        return self._answers[0]

    def lasted(self) -> float:
        return monotonic() - self._began

    def complaint(self) -> LedgerError:
        return LedgerError(
            f"the ledger has not answered for {self.lasted():.0f} seconds: look at its database"
            " server and the way there"
        )
