"""Faults by chance: each call to source, target, ledger, clock and disk may fail at any moment."""

import random
import sqlite3
from collections.abc import Callable
from datetime import timedelta

from syncd.errors import Denied, Incomplete, Rejected, SourceError, Unavailable
from tests.promises.faults import is_target, is_write
from tests.promises.site import Death, Site

_JUMPS = (-40, -2, -0.1, 0.1, 2, 40)
"""Days by which a clock that is set goes wrong."""

_SQLITE = ("SQLITE_BUSY", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY")


def likely(what: str) -> float:
    """How likely a moment before or after this call is to go wrong: the rarer the call, the more."""
    if what == "ledger.begin":
        return 0.001
    if what in {"ledger.begin.immediate", "ledger.commit"}:
        return 0.015
    return 0.05 if is_write(what) else 0.02


class Weather:
    """What went wrong is in `log`, which is as good as a script: one seed, one log."""

    def __init__(self, site: Site, chance: random.Random) -> None:
        self._site, self._chance = site, chance
        self.log: list[str] = []

    def __call__(self, when: str, what: str) -> None:
        if self._chance.random() >= likely(what):
            return
        fault = self._chance.choice(self._possible(when, what))
        self.log.append(f"{when} {what}: {fault.__name__}")
        fault(what)

    def _possible(self, when: str, what: str) -> list[Callable[[str], None]]:
        found: list[Callable[[str], None]] = [self.death]
        of = what.partition(".")[0]
        if of == "clock":
            found += [self.jump] * 2
        elif of == "ledger":
            found += [self.ledger_error] * 2
        elif of == "source" and when == "before":
            found += [self.no_source] * 2
        elif of == "disk" and when == "before":
            found += [self.full_disk] * 2
        elif is_target(what):
            found += [self.silence] * 2
            if when == "before":
                found += [self.refusal, self.denial]
                found += [self.rejection] * (is_write(what) and what != "batch.end")
                found += [self.incomplete] * (not is_write(what) and not what.endswith(".get"))
        return found

    def death(self, _what: str) -> None:
        raise Death

    def jump(self, _what: str) -> None:
        self._site.now += timedelta(days=self._chance.choice(_JUMPS))

    def ledger_error(self, _what: str) -> None:
        raise sqlite_error(self._chance.choice(_SQLITE))

    def full_disk(self, _what: str) -> None:
        raise sqlite_error("SQLITE_FULL")

    def no_source(self, what: str) -> None:
        raise SourceError(f"{what} cannot be read")

    def silence(self, what: str) -> None:
        raise Unavailable(f"{what}: no answer")

    def refusal(self, what: str) -> None:
        raise Unavailable(f"{what}: too many requests", refused=True, retry_after=0)

    def denial(self, what: str) -> None:
        raise Denied(f"{what}: the token is not valid")

    def rejection(self, what: str) -> None:
        raise Rejected(f"{what}: the target will not")

    def incomplete(self, what: str) -> None:
        raise Incomplete(f"{what}: the answer was cut")


def sqlite_error(name: str) -> sqlite3.OperationalError:
    """As the driver raises it: https://docs.python.org/3/library/sqlite3.html#sqlite3.Error"""
    error = sqlite3.OperationalError(f"injected {name}")
    error.sqlite_errorname = name
    return error
