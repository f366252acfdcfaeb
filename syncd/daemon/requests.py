"""Runs that were asked for, from when this daemon takes them up until the ledger has the answer."""

from collections.abc import Container
from datetime import UTC, datetime
from threading import Lock

from syncd.cycle.mode import Mode
from syncd.errors import LedgerError
from syncd.ledger import Request
from syncd.ledger.desk import Desk

_STRONGEST_FIRST = (Mode.FULL, Mode.DUE, Mode.QUICK)


class Requests:
    """For any thread. A request is open until its answer is in the ledger: who leads next takes up
    what the last leader left open, and a run too many does no harm."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._turn = desk, Lock()
        self._mine: dict[int, Request] = {}
        self._waiting: dict[str, set[int]] = {}
        self._answers: dict[int, str] = {}

    def take_up(self, syncs: Container[str]) -> list[Request]:
        """Those to run, which are in hand from now on. Raises `LedgerError`."""
        self._write_answers()
        with self._turn:
            known = {*self._mine}  # before the ledger is read: one may be answered meanwhile
        new = [request for request in self._desk.requests() if request.request not in known]
        return [request for request in new if self._take(request, syncs)]

    def _take(self, request: Request, syncs: Container[str]) -> bool:
        """Whether it is to run; else it has its answer."""
        self._desk.begin(request.request, datetime.now(UTC))
        wrong = _wrong(request, syncs)
        with self._turn:
            self._mine[request.request] = request
            if not wrong:
                self._waiting.setdefault(request.sync, set()).add(request.request)
        if wrong:
            self.answer([request.request], wrong)
        return not wrong

    def waiting(self) -> list[str]:
        """The syncs of those that no run has begun for."""
        with self._turn:
            return [*self._waiting]

    def of(self, sync: str) -> tuple[list[int], Mode]:
        """Those that a run which begins now is the answer to, and how it should read."""
        with self._turn:
            numbers = sorted(self._waiting.pop(sync, ()))
            modes = {self._mine[number].mode for number in numbers}
        return numbers, next((mode for mode in _STRONGEST_FIRST if mode in modes), Mode.DUE)

    def answer(self, numbers: list[int], outcome: str) -> None:
        """Now, or where the ledger cannot be written to, as soon as it can be."""
        with self._turn:
            self._answers |= {number: outcome for number in numbers if number in self._mine}
        try:
            self._write_answers()
        except LedgerError:
            return  # tried again by `take_up`

    def put_back(self, numbers: list[int]) -> None:
        """The run came to nothing; another is the answer."""
        with self._turn:
            for number in numbers:
                if number in self._mine:
                    self._waiting.setdefault(self._mine[number].sync, set()).add(number)

    def forget(self) -> None:
        """Somebody else leads, and takes up what is open."""
        with self._turn:
            self._mine.clear()
            self._waiting.clear()
            self._answers.clear()

    def _write_answers(self) -> None:
        with self._turn:
            answers = dict(self._answers)
        for number, outcome in answers.items():
            self._desk.end(number, outcome, datetime.now(UTC))
            with self._turn:
                self._answers.pop(number, None)
                self._mine.pop(number, None)


def _wrong(request: Request, syncs: Container[str]) -> str:
    """Why it cannot be run, in the words of its answer."""
    if request.sync not in syncs:
        return "no such sync"
    return "" if request.mode in set(Mode) else "no such mode"
