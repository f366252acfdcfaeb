"""What an onlooker remembers of a site, by what the target showed and not by what the ledger says."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from syncd.core.approval import approval_print
from syncd.core.model import Kind, Op, Ref
from syncd.core.plan import Change, Plan
from tests.promises.run import Run
from tests.promises.sight import Sight

APPROVED = "; approved by "


@dataclass
class Allowed:
    """One approval: the prints of what it lets through and was not made since."""

    number: int
    prints: set[str]
    until: datetime


@dataclass
class Done:
    """What one run has made of one kind of change; `free` of it was nobody's to approve."""

    at: datetime
    which: tuple[Kind, Op]
    free: int


@dataclass
class Past:
    """`missed` is since when the person of an account is in no source; `suspended` are the
    accounts that syncd suspended at some time, with the last time; `by_hand` those that a person
    disabled."""

    missed: dict[Ref, datetime] = field(default_factory=dict)
    suspended: dict[Ref, datetime] = field(default_factory=dict)
    by_hand: set[Ref] = field(default_factory=set)
    done: list[Done] = field(default_factory=list)
    allowed: list[Allowed] = field(default_factory=list)

    def note(self, one: Run) -> None:
        """What a run did. To be called once the laws have looked at it."""
        for effect in one.effects:
            if effect.kind is Kind.USER and effect.op is Op.SUSPEND:
                self.suspended[effect.ref] = one.earliest
        self._note_missed(one)
        counts = Counter((c.kind, c.op) for c in one.made if counts_as_free(c))
        self.done += [Done(one.earliest, which, number) for which, number in counts.items()]
        used = {approval_print(change) for change in one.made if APPROVED in change.reason}
        for allowed in self.allowed:
            allowed.prints -= used

    def _note_missed(self, one: Run) -> None:
        """Where it is unclear whether the run came to remember, an absence counts."""
        if one.plan is None or one.question is None:
            return
        desired = one.question.desired
        unclear = desired.undecided[Kind.USER]
        there = {key for user in desired.users for key in (user.key, *user.aliases)}
        for link in {link.ref: link for link in (*one.after.links, *one.before.links)}.values():
            if link.kind is not Kind.USER or {link.key, *link.aliases} & unclear:
                continue
            if not {link.key, *link.aliases} & there:
                self.missed.setdefault(link.ref, one.earliest)
            elif one.report is not None and one.report.run is not None:
                self.missed.pop(link.ref, None)

    def note_hand(self, before: Sight, after: Sight) -> None:
        """What a person did to accounts."""
        ours = {one.ref: one for one in before.links if one.kind is Kind.USER}
        for ref, was in before.users.items():
            now = after.users.get(ref)
            if now is None or now.entity.active == was.entity.active:
                continue
            self.by_hand.discard(ref)
            link = ours.get(ref)
            # Who lifts a suspension of syncd's and puts it back before syncd looks again has not
            # been seen to do either.
            seen_as_ours = link is not None and (
                link.suspended_at is not None
                or (Op.SUSPEND, Kind.USER, link.key) in before.doubtful
            )
            if not now.entity.active and not seen_as_ours:
                self.by_hand.add(ref)

    def note_approval(self, number: int, plan: Plan, until: datetime) -> None:
        prints = {approval_print(one.change) for one in plan.held}
        self.allowed.append(Allowed(number, prints, until))

    def spent(self, which: tuple[Kind, Op], since: datetime) -> int:
        return sum(one.free for one in self.done if one.which == which and one.at >= since)


def counts_as_free(change: Change) -> bool:
    """Whether a budget counts it: steps that make way for a name are extra."""
    makes_way = change.temporary or change.reason.startswith("has left; ")
    return not makes_way and APPROVED not in change.reason
