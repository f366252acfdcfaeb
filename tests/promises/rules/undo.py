"""Somebody goes back on a run: the last one, one of long ago, or an undo."""

from contextlib import suppress

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from syncd import planfile
from syncd.errors import SyncdError
from tests.promises.faults import TARGET_FAULTS, dies_at, fails_at
from tests.promises.rules.life import BUSY, MODES, Life
from tests.promises.run import run
from tests.wired import nothing

NUMBERS = st.sampled_from([0, 0, 0, 1, 1, 2, 3, 5, 8])
"""How many runs ago it was."""


class Undoing(Life):
    @rule(busy=BUSY, mode=MODES, times=st.integers(1, 2))
    def applies_and_undoes(self, busy, mode, times) -> None:
        """At once, and perhaps the undo, too."""
        self.mend()
        self.happen(busy)
        self.applied(run(self.site, mode))
        for _ in range(times):
            self.undo(0)

    @precondition(lambda self: self.past.runs)
    @rule(busy=BUSY, number=NUMBERS)
    def undoes(self, busy, number) -> None:
        """After much may have happened, whatever is broken."""
        self.happen(busy)
        self.undo(number)

    @precondition(lambda self: self.past.runs)
    @rule(number=NUMBERS, at=st.integers(1, 40), fault=st.none() | st.sampled_from(TARGET_FAULTS))
    def undo_fails(self, number, at, fault) -> None:
        """A write of it does, or it dies."""
        self.undo(number, dies_at(at) if fault is None else fails_at(1 + at % 8, fault))

    @precondition(lambda self: self.past.runs)
    @rule(number=NUMBERS)
    def saves_an_undo(self, number) -> None:
        with suppress(SyncdError):
            plan = self.site.planned(undo=self._run(number))
            self.saved = [*self.saved, planfile.load(planfile.lines(plan))][-3:]

    def undo(self, number: int, watch=nothing) -> None:
        if self.past.runs:
            self.applied(run(self.site, watch=watch, undo=self._run(number)))

    def _run(self, number: int) -> int:
        return sorted(self.past.runs)[-1 - number % len(self.past.runs)]
