"""What an onlooker remembers of a site, by what the target showed and not by what the ledger says."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from syncd.core.hold import Hold
from syncd.core.model import Kind, Op, Ref
from syncd.core.plan import Change, Plan
from tests.promises.consents import Allowed, Consents, prints_of
from tests.promises.leavers import Leavers
from tests.promises.run import Run
from tests.promises.sight import Sight
from tests.promises.written import Written


@dataclass
class Done:
    """What one run has made of one kind of change; `free` of it was nobody's to approve."""

    at: datetime
    which: tuple[Kind, Op]
    free: int


@dataclass
class Past:
    """`by_hand` are the accounts that a person disabled. `holds` are those in the ledger that nobody
    released, by their numbers, and `runs` what each run did."""

    by_hand: set[Ref] = field(default_factory=set)
    done: list[Done] = field(default_factory=list)
    holds: dict[int, Hold] = field(default_factory=dict)
    runs: dict[int, Run] = field(default_factory=dict)
    leavers: Leavers = field(default_factory=Leavers)
    consents: Consents = field(default_factory=Consents)
    written: Written = field(default_factory=Written)

    def note(self, one: Run) -> None:
        """What a run did. To be called once the laws have looked at it."""
        self.leavers.note(one)
        self.consents.note(one)
        self.written.note(one)
        counts = Counter((c.kind, c.op) for c in one.made if counts_as_free(c))
        self.done += [Done(one.earliest, which, number) for which, number in counts.items()]
        if one.number is not None:
            self.runs[one.number] = one

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

    def note_approval(self, number: int, plan: Plan, until: datetime, person: str = "ann") -> None:
        self.consents.given.append(Allowed(number, prints_of(plan), until, person))

    def spent(self, which: tuple[Kind, Op], since: datetime) -> int:
        return sum(one.free for one in self.done if one.which == which and one.at >= since)


def counts_as_free(change: Change) -> bool:
    """Whether a budget counts it: steps that make way for a name are extra, and what is approved as
    a whole, or in each of its fields."""
    makes_way = change.temporary or change.reason.startswith("has left; ")
    fields = change.after.keys() if change.op is Op.UPDATE else {change.op}
    return not makes_way and not fields <= set(change.approved)
