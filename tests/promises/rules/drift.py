"""People edit fields in the target that are the sources', and a policy says what becomes of that."""

from hypothesis import strategies as st
from hypothesis.stateful import rule
from msgspec.structs import replace

from tests.core.events import Hand
from tests.core.worlds import EMAILS
from tests.promises.rules.life import BUSY, DRIFTS, MODES, Life
from tests.promises.run import run

EDITS = st.one_of(
    *[st.builds(Hand, st.integers(0, 5), st.just("title"), st.sampled_from(["Boss", None]))] * 2,
    st.builds(Hand, st.integers(0, 5), st.just("email"), st.sampled_from(EMAILS)),
    st.builds(Hand, st.integers(0, 5), st.just("display_name"), st.just("Chief")),
    st.builds(Hand, st.integers(0, 5), st.just("admin"), st.sampled_from([True, None])),
)


class Drifts(Life):
    @rule(edits=st.lists(EDITS, min_size=1, max_size=3), busy=BUSY, mode=MODES)
    def edits_fields(self, edits, busy, mode) -> None:
        """And then something else happens, perhaps to the same people."""
        self.happen(edits)
        self.applied(run(self.site, mode))
        self.mend()
        self.happen(busy)
        self.applied(run(self.site, mode))

    @rule(drift=DRIFTS, edits=st.lists(EDITS, min_size=1, max_size=3))
    def drift_is_allowed(self, drift, edits) -> None:
        """Of whole accounts or of some fields, once syncd knows what it wrote."""
        self.mend()
        self.applied(run(self.site))
        self.site.policy = replace(self.site.policy, drift=drift)
        self.happen(edits)
        self.applied(run(self.site))
