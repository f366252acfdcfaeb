"""What breaks in sources, in the target's lists and in the clock, and is mended."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.core.worlds import NAMED
from tests.promises.rules.life import Life


class Breaks(Life):
    @rule(name=NAMED, how=st.sampled_from(["down", "gap", "cut", "empty"]), after=st.integers(0, 3))
    def source_breaks(self, name, how, after) -> None:
        source = self.site.sources[name]
        match how:
            case "down":
                source.down = True
            case "gap":
                source.gaps = ("size limit exceeded",)
            case "cut":
                source.breaks = after
            case _:
                source.empty()

    @rule(name=NAMED)
    def source_is_mended(self, name) -> None:
        self.site.sources[name].mend()

    @rule(name=st.sampled_from(["users", "groups", "members"]), after=st.integers(0, 2))
    def list_is_cut(self, name, after) -> None:
        self.site.backend.cut = {name: after}

    @rule()
    def all_is_mended(self) -> None:
        self.mend()

    @rule(days=st.sampled_from([0.1, 1, 1, 20, 50, -0.5, -40]))
    def time_passes(self, days) -> None:
        """Or is set back."""
        self.site.now += timedelta(days=days)
