"""What happens to people and groups in the sources."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.core.events import Has, HasGroup, Leaves, LosesGroup
from tests.core.worlds import ELSEWHERE, KEYS, NAMED, SOURCES, group_records, records
from tests.promises.rules.life import SWAPS, Life


class People(Life):
    @rule(source=NAMED, record=records() | records(ELSEWHERE))
    def comes_or_changes(self, source, record) -> None:
        Has(source, record).happen(self.site)

    @rule(source=NAMED, key=st.sampled_from(KEYS + ELSEWHERE[:1]))
    def leaves(self, source, key) -> None:
        Leaves(source, key).happen(self.site)

    @rule(key=st.sampled_from(KEYS), to=st.sampled_from(SOURCES))
    def moves(self, key, to) -> None:
        """From one source to the other, under the same key."""
        for name, source in self.site.sources.items():
            for record in [one for one in source.people if one.key == key and name != to]:
                Leaves(name, key).happen(self.site)
                Has(to, record).happen(self.site)

    @rule(swap=SWAPS)
    def two_swap(self, swap) -> None:
        swap.happen(self.site)

    @rule(source=NAMED, record=group_records())
    def group_comes_or_changes(self, source, record) -> None:
        HasGroup(source, record).happen(self.site)

    @rule(source=NAMED, key=st.sampled_from("gh"))
    def group_goes(self, source, key) -> None:
        LosesGroup(source, key).happen(self.site)
