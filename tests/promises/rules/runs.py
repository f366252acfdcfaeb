"""Plans and applies: undisturbed, with a call that fails, and with a death in the middle."""

from contextlib import suppress
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from syncd.errors import SyncdError
from tests.core.test_laws import shuffle
from tests.promises.faults import (
    SILENT,
    TARGET_FAULTS,
    dies_at,
    fails_at,
    is_edge,
    is_target,
    is_write,
)
from tests.promises.rules.life import BUSY, MODES, Life
from tests.promises.run import run
from tests.promises.sight import Sight

CALLS = st.integers(1, 40)
WRITES = st.integers(1, 8)


class Runs(Life):
    @rule(busy=BUSY, mode=MODES)
    def applies(self, busy, mode) -> None:
        self.happen(busy)
        self.applied(run(self.site, mode))

    @rule(busy=BUSY, mode=MODES, days=st.sampled_from([0, 1, 3, 31]))
    def goes_on(self, busy, mode, days) -> None:
        """Its ordinary life."""
        self.site.now += timedelta(days=days)
        self.mend()
        self.happen(busy)
        self.applied(run(self.site, mode))

    @rule(chance=st.randoms(use_true_random=False))
    def plans(self, chance) -> None:
        """The same inputs, the same plan, in whatever order; and nothing is written."""
        before = Sight.of(self.site)
        with suppress(SyncdError):
            first = self.site.planned()
            assert self.site.planned().digest == first.digest
            if self.site.sources_whole and not self.site.target_broken:
                shuffle(self.site, chance)
                assert self.site.planned().digest == first.digest
        assert Sight.of(self.site) == before

    @rule(busy=BUSY, mode=MODES, number=CALLS)
    def dies(self, busy, mode, number) -> None:
        """At that call to whatever it is; later ones do not come."""
        self.happen(busy)
        self.applied(run(self.site, mode, watch=dies_at(number)))

    @rule(
        busy=BUSY, mode=MODES, number=WRITES, where=st.sampled_from([is_write, is_write, is_edge])
    )
    def dies_in_the_middle(self, busy, mode, number, where) -> None:
        """Where something is being changed, before or after its effect."""
        self.mend()
        self.happen(busy)
        self.applied(run(self.site, mode, watch=dies_at(number, where)))

    @rule(busy=BUSY, mode=MODES, number=WRITES, fault=st.sampled_from(TARGET_FAULTS))
    def target_fails(self, busy, mode, number, fault) -> None:
        """One write, before or after its effect."""
        self.mend()
        self.happen(busy)
        self.applied(run(self.site, mode, watch=fails_at(number, fault)))

    @rule(busy=BUSY, number=CALLS)
    def target_is_silent(self, busy, number) -> None:
        """Perhaps while it is read."""
        self.happen(busy)
        self.applied(run(self.site, watch=fails_at(number, SILENT, is_target)))

    @rule()
    def nobody_agrees(self) -> None:
        one = self.applied(run(self.site, approve=lambda _plan: False))
        assert one.effects == ()
