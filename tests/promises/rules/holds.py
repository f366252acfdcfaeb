"""Somebody is held for a case, by a command or in the configuration, and released."""

from contextlib import suppress
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from msgspec.structs import replace

from syncd.core.hold import Hold
from syncd.core.model import Key
from syncd.errors import LedgerError
from syncd.ledger import Wanted
from tests.core.worlds import KEYS, NAMED
from tests.promises.rules.life import Life

FILED = st.lists(
    st.builds(
        Hold,
        st.sampled_from(["p:1", "q:*", "ada", "*@x"]),
        st.just("a case"),
        st.just("the configuration"),
        suspend=st.booleans(),
        pattern=st.just(True),
    ),
    max_size=1,
).map(tuple)


class Holds(Life):
    @rule(
        source=NAMED,
        key=st.sampled_from(KEYS),
        suspend=st.booleans(),
        days=st.sampled_from([None, None, 1, 40]),
    )
    def somebody_is_held(self, source, key, suspend, days) -> None:
        """Who may not be known yet."""
        site = self.site
        until = None if days is None else site.now + timedelta(days=days)
        who = {"key": Key(f"{source}:{key}"), "name": "", "reason": "a case", "by": "bea"}
        made = site.ledger.desk.hold(Wanted(**who, at=site.now, until=until, suspend=suspend))
        self.past.holds[made.hold] = Hold(who["key"], "a case", "bea", None, until, suspend)

    @precondition(lambda self: self.past.holds)
    @rule(number=st.integers(0, 9))
    def somebody_is_released(self, number) -> None:
        which = sorted(self.past.holds)[number % len(self.past.holds)]
        with suppress(LedgerError):
            self.site.ledger.desk.release(which, "ann", self.site.now)
        del self.past.holds[which]

    @rule(holds=FILED)
    def configured_holds_change(self, holds) -> None:
        self.site.policy = replace(self.site.policy, legal_holds=holds)
