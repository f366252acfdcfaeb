"""Plans that are saved as a file, and applied when much may have moved."""

from contextlib import suppress

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from syncd import planfile
from syncd.errors import SyncdError
from tests.promises.faults import dies_at
from tests.promises.rules.life import BUSY, Life
from tests.promises.run import run
from tests.wired import nothing

_KEPT = 3
"""Saved plans that lie about; of more, the oldest is thrown away."""


class Saved(Life):
    @rule(busy=BUSY)
    def saves_a_plan(self, busy) -> None:
        self.happen(busy)
        with suppress(SyncdError):
            plan = self.site.planned()
            back = planfile.load(planfile.lines(plan))
            assert back.digest == plan.digest
            self.saved = [*self.saved, back][-_KEPT:]

    @precondition(lambda self: self.saved)
    @rule(number=st.integers(0, _KEPT - 1), death=st.none() | st.integers(1, 40))
    def applies_a_saved_plan(self, number, death) -> None:
        saved = self.saved[number % len(self.saved)]
        watch = nothing if death is None else dies_at(death)
        self.applied(run(self.site, saved=saved, watch=watch))
