"""What all rules share: the site, what was seen of it, and applying."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize
from msgspec.structs import replace

from syncd.core.plan import Plan
from syncd.core.policy import ANY_FIELD, Cohort, Drift, Waves
from syncd.cycle import Mode
from tests.core.events import Hand, Has, HasGroup, Leaves, Plant, Swap
from tests.core.worlds import (
    ELSEWHERE,
    ENTITIES,
    HANDS,
    KEYS,
    NAMED,
    POLICIES,
    group_records,
    records,
    worlds,
)
from tests.promises.laws import hold
from tests.promises.past import Past
from tests.promises.run import Run, run
from tests.promises.sight import Sight
from tests.promises.site import Site

SWAPS = st.builds(
    Swap,
    NAMED,
    st.sampled_from(["user_name", "email"]),
    st.tuples(st.sampled_from(KEYS), st.sampled_from(KEYS)),
)
EVENTS = st.one_of(
    *[st.builds(Has, NAMED, records())] * 3,
    st.builds(Has, st.just("q"), records(ELSEWHERE)),
    *[st.builds(Leaves, st.just("p"), st.sampled_from(KEYS))] * 2,
    SWAPS,
    *[st.builds(HasGroup, NAMED, group_records())] * 2,
    HANDS,
    st.builds(Plant, ENTITIES),
)
BUSY = st.lists(EVENTS, max_size=5)
"""What happens between two runs, so that there is something to do."""

MODES = st.sampled_from([Mode.FULL, Mode.FULL, Mode.QUICK])
DRIFTS = st.dictionaries(
    st.sampled_from([ANY_FIELD, ANY_FIELD, "title", "email", "user_name", "display_name", "admin"]),
    st.sampled_from(Drift),
    min_size=1,
    max_size=3,
)
WAVES = st.builds(
    Waves,
    first=st.lists(
        st.builds(
            Cohort,
            percent=st.sampled_from([0.0, 30.0, 60.0]),
            users=st.sampled_from([(), ("ada",), ("*o*", "eve")]),
        ),
        min_size=1,
        max_size=2,
    ).map(tuple),
    minimum=st.sampled_from([1, 3]),
    errors=st.sampled_from([0.0, 0.0, 40.0]),
)
WHOLE_POLICIES = st.builds(
    lambda policy, drift, waves: replace(policy, drift=drift, waves=waves),
    POLICIES,
    st.just({}) | DRIFTS,
    st.just(Waves()) | WAVES,
)


class Life(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.site: Site
        self.past = Past()
        self.saved: list[Plan] = []

    @initialize(world=worlds(policies=WHOLE_POLICIES))
    def opens(self, world) -> None:
        self.site = Site.of(world)
        self.applied(run(self.site))

    def applied(self, one: Run) -> Run:
        hold(one, self.past)
        return one

    def happen(self, events) -> None:
        """What a person does to an account is remembered apart from the ledger."""
        for event in events:
            before = Sight.of(self.site) if isinstance(event, Hand) else None
            event.happen(self.site)
            if before is not None:
                self.past.note_hand(before, Sight.of(self.site))

    def mend(self) -> None:
        self.site.backend.cut = {}
        for source in self.site.sources.values():
            source.mend()

    def teardown(self) -> None:
        if hasattr(self, "site"):
            self.site.close()
