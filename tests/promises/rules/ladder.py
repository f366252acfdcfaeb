"""People leave, time passes by the day, and some come back."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule
from msgspec.structs import replace

from syncd.core.policy import Leavers
from tests.core.events import Has, Leaves
from tests.core.worlds import KEYS, NAMED
from tests.promises.rules.life import MODES, Life
from tests.promises.run import run

DELAYS = st.fixed_dictionaries(
    {
        "leavers": st.sampled_from([Leavers.DELETE, Leavers.DELETE, Leavers.SUSPEND]),
        "suspend_after": st.sampled_from([timedelta(), timedelta(), timedelta(days=1)]),
        "strip_after": st.sampled_from([None, *[timedelta(days=days) for days in (1, 1, 3)]]),
        "grace": st.sampled_from([timedelta(days=1), timedelta(days=3)]),
    }
)


class Ladder(Life):
    @rule(delays=DELAYS)
    def ladder_changes(self, delays) -> None:
        self.site.policy = replace(self.site.policy, **delays)

    @rule(
        source=NAMED,
        key=st.sampled_from(KEYS),
        days=st.lists(st.sampled_from([0, 0.5, 1, 1, 2, 40, -3]), min_size=1, max_size=5),
        mode=MODES,
        returns=st.booleans(),
    )
    def leaves_for_some_time(self, source, key, days, mode, returns) -> None:
        """A run each so many days, which may be too few for what is due."""
        self.mend()
        people = [one for one in self.site.sources[source].people if one.key == key]
        Leaves(source, key).happen(self.site)
        for some in days:
            self.applied(run(self.site, mode))
            self.site.now += timedelta(days=some)
        for record in people if returns else ():
            Has(source, record).happen(self.site)
        self.applied(run(self.site, mode))
