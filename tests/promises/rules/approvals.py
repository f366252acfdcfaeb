"""Somebody approves what is held, or takes that back."""

from contextlib import suppress
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from syncd.errors import LedgerError, SyncdError
from syncd.ledger import Signature
from tests.promises.rules.life import BUSY, Life


class Approvals(Life):
    @rule(busy=BUSY, days=st.sampled_from([1, 60]))
    def approves(self, busy, days) -> None:
        self.happen(busy)
        site = self.site
        with suppress(SyncdError):
            plan = site.planned()
            if plan.held:
                until = site.now + timedelta(days=days)
                made = site.ledger.desk.approve(plan, Signature("ann", site.now, until))
                self.past.note_approval(made.approval, plan, until)

    @precondition(lambda self: self.past.allowed)
    @rule(number=st.integers(0, 9))
    def withdraws(self, number) -> None:
        allowed = self.past.allowed[number % len(self.past.allowed)]
        with suppress(LedgerError):  # it is used up, or has expired
            self.site.ledger.desk.withdraw_approval(allowed.number, self.site.now)
            self.past.allowed.remove(allowed)
