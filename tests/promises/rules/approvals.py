"""People approve what is held, by commands and in files, alone or two of them, and take it back."""

from contextlib import suppress
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from msgspec.structs import replace

from syncd.core.approval import Filed
from syncd.errors import LedgerError, SyncdError
from syncd.ledger import Signature
from tests.core.worlds import TIGHT
from tests.promises.consents import PERSONS
from tests.promises.rules.life import BUSY, Life
from tests.promises.run import run

NAMES = st.sampled_from(sorted(PERSONS))
DAYS = st.sampled_from([1, 60])


class Approvals(Life):
    @rule(busy=BUSY, names=st.lists(NAMES, min_size=1, max_size=3), days=DAYS, runs=st.booleans())
    def approves(self, busy, names, days, runs) -> None:
        """Of one plan, one after the other; as the command does it, who did so before is told."""
        self.happen(busy)
        for name in names:
            with suppress(SyncdError):
                self._approve(name, days)
        if runs:
            self.applied(run(self.site))

    def _approve(self, name: str, days: int) -> None:
        site = self.site
        plan = site.planned()
        if plan.held:
            until = site.now + timedelta(days=days)
            signed = Signature(name, site.now, until)
            made = site.ledger.desk.approve(plan, signed, site.consent.people)
            self.past.note_approval(made.approval, plan, until, PERSONS[name])

    @precondition(lambda self: self.past.consents.given)
    @rule(number=st.integers(0, 9))
    def withdraws(self, number) -> None:
        given = self.past.consents.given
        allowed = given[number % len(given)]
        with suppress(LedgerError):  # it is used up, or has expired
            self.site.ledger.desk.withdraw_approval(allowed.number, self.site.now)
            given.remove(allowed)

    @rule(people=st.sampled_from([1, 2, 2]), tight=st.booleans())
    def so_many_must_approve(self, people, tight) -> None:
        """And perhaps there is more to approve from now on."""
        self.site.consent = replace(self.site.consent, people=people)
        if tight:
            self.site.policy = replace(self.site.policy, budgets=TIGHT)

    @precondition(lambda self: self.past.consents.plans)
    @rule(
        number=st.integers(0, 9),
        names=st.lists(NAMES, min_size=1, max_size=2),
        days=DAYS,
        runs=st.booleans(),
    )
    def approves_in_a_file(self, number, names, days, runs) -> None:
        """A plan that a run began with, perhaps long ago."""
        site = self.site
        digest = list(self.past.consents.plans)[-1 - number % len(self.past.consents.plans)]
        until = site.now + timedelta(days=days)
        filed = Filed(digest[:12], tuple(names), until, f"approvals/{len(site.consent.files)}.yaml")
        site.consent = replace(site.consent, files=(*site.consent.files, filed))
        if runs:
            self.applied(run(site))

    @precondition(lambda self: self.site.consent.files)
    @rule(number=st.integers(0, 9), back=st.booleans())
    def file_goes(self, number, back) -> None:
        """For good, or until after the next run, and then it is back under another name."""
        site, files = self.site, list(self.site.consent.files)
        gone = files.pop(number % len(files))
        site.consent = replace(site.consent, files=tuple(files))
        if back:
            self.applied(run(site))
            again = replace(gone, file=f"{gone.file}.again")
            site.consent = replace(site.consent, files=(*files, again))
