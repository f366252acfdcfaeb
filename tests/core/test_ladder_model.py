"""The ladder under any clock: who leaves, returns, is suspended by hand or held, in any order.

`SYNCD_LADDER_EXAMPLES` says how many histories are looked at.
"""

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import event, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from syncd.backends.memory import MEMBERS, USERS, MemoryBackend
from syncd.core.model import Kind, Op, Rung, State
from syncd.core.policy import Leavers, Policy
from syncd.ledger import Wanted
from tests.world import Office, by_hand, group, opened, person

KEYS = ("1", "2", "3")
PEOPLE = {
    key: person(key, name, email=f"{name}@x")
    for key, name in zip(KEYS, ("ada", "bob", "cy"), strict=True)
}
GROUPS = [group("a", "Everyone", *KEYS), group("e", "Engineering", "1", "3")]
STAYS = person("9", "zoe")
"""Somebody is always there, so that the source is believed."""

DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Before that no machine's clock can be."""

JUMPS = (0.01, 0.3, 0.3, 1, 1, 1, 2, 4, 4, 40, 400, -0.5, -3, -40, -20_000, 20_000)
POLICIES = st.builds(
    Policy,
    leavers=st.sampled_from([Leavers.SUSPEND, Leavers.DELETE, Leavers.DELETE]),
    suspend_after=st.sampled_from([timedelta(), timedelta(), 2 * DAY]),
    strip_after=st.sampled_from([None, timedelta(), 3 * DAY, 3 * DAY]),
    grace=st.sampled_from([timedelta(), 5 * DAY, 5 * DAY]),
    budgets=st.just({}),
)
HOLDS = (
    *[{}] * 4,
    {Kind.USER: replace(USERS, ops=USERS.ops - {Op.SUSPEND, Op.RESTORE})},
    {Kind.MEMBER: replace(MEMBERS, ops=MEMBERS.ops - {Op.REMOVE})},
)
EVENTS = st.one_of(
    *[st.tuples(st.just("leaves"), st.sampled_from(KEYS))] * 2,
    st.tuples(st.just("left"), st.sampled_from(KEYS)),
    st.tuples(st.just("returns"), st.sampled_from(KEYS)),
    st.tuples(st.sampled_from(["disabled", "enabled"]), st.sampled_from(KEYS)),
    st.tuples(st.sampled_from(["held", "held active", "released"]), st.sampled_from(KEYS)),
    st.just(("broken", "")),
    *[st.just(("nothing", ""))] * 3,
)
HISTORIES = st.lists(st.tuples(EVENTS, st.sampled_from(JUMPS)), min_size=6, max_size=20)


@dataclass
class Life:
    """An office in which things happen, and what is known of everybody without asking syncd."""

    here: Office
    by_hand: set[str] = field(default_factory=set)
    held: dict[str, bool] = field(default_factory=dict)
    """Whether the hold lets them be suspended."""
    runs: list[datetime] = field(default_factory=list)
    stepped: dict[str, int] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)

    def happen(self, what: str, key: str) -> None:
        people = {one.key: one for one in self.here.source.people}
        if what == "leaves":
            people.pop(key, None)
        elif what in {"left", "returns"}:
            people[key] = replace(PEOPLE[key], state=State.LEFT if what == "left" else None)
        elif what in {"disabled", "enabled"}:
            self._turn(key, active=what == "enabled")
        elif what.startswith("held"):
            self._hold(key, suspend=what == "held")
        elif what == "released":
            self._release(key)
        self.here.source.has(*people.values())
        self.here.source.gaps = ("cut",) if what == "broken" else ()

    def _release(self, key: str) -> None:
        for one in self.here.ledger.desk.holds():
            if one.key == f"p:{key}":
                self.here.ledger.desk.release(one.hold, "ann", self.here.now)
        self.held.pop(key, None)

    def _turn(self, key: str, *, active: bool) -> None:
        """By hand; a suspension only where syncd has seen them active, and so knows it is not its
        own."""
        link = self.links().get(key)
        stored = link and self.here.backend.users.get(link.ref)
        if stored is None or stored.entity.active == active:
            return
        if active:
            self.by_hand.discard(key)
        elif link.suspended_at is None:
            self.by_hand.add(key)
        else:
            return
        by_hand(self.here.backend, Kind.USER, link.ref, active=active)

    def _hold(self, key: str, *, suspend: bool) -> None:
        who = {"key": f"p:{key}", "name": "", "reason": "a case", "by": "ann"}
        self.here.ledger.desk.hold(Wanted(**who, at=self.here.now, suspend=suspend))
        self.held[key] = self.held.get(key, True) and suspend

    def links(self):
        links = self.here.links()
        return {one.key.removeprefix("p:"): one for one in links if one.kind is Kind.USER}

    def apply(self):
        """The report, with the links as they were before."""
        before = self.links()
        self.runs.append(self.here.now)
        report = self.here.apply()
        for key, (rung,) in taken(report, before).items():
            event(rung)
            check(self, key, rung, before[key])
        for key, link in self.links().items():
            was = stamps(before[key]) if key in before else (None, None, None)
            if any(new and new != old for new, old in zip(stamps(link), was, strict=True)):
                self.stepped[key] = len(self.runs) - 1
        return before, report

    def watched(self, key: str, delay: timedelta) -> timedelta:
        """How long runs have watched since the last step, as this one began."""
        since = self.runs[self.stepped[key] :]
        gaps = (new - old for old, new in pairwise(since))
        return sum((min(max(gap, timedelta()), delay / 2) for gap in gaps), timedelta())


def taken(report, before) -> dict[str, set[Rung]]:
    """Which rungs this run took; who was stripped before is only kept so."""
    found: dict[str, set[Rung]] = {}
    for change in report.execution.done:
        if change.rung is not None:
            key = (change.member or change.key).removeprefix("p:")
            if change.rung is not Rung.STRIP or before[key].stripped_at is None:
                found.setdefault(key, set()).add(change.rung)
    for mark in report.plan.marks:
        if mark.remark == "stripped":
            found.setdefault(mark.key.removeprefix("p:"), set()).add(Rung.STRIP)
    return found


@settings(max_examples=int(os.environ.get("SYNCD_LADDER_EXAMPLES", "10")))
@given(POLICIES, st.sampled_from(HOLDS), HISTORIES)
def test_whatever_the_clock_does_nobody_goes_down_too_fast_and_everybody_comes_back(
    policy, holds, history
):
    """One rung a run, none before its delay, none for who is held or was not looked for; what a
    person disabled stays; and the same records lead back to the same accounts and groups."""
    here = opened(
        STAYS, *PEOPLE.values(), groups=GROUPS, policy=policy, backend=MemoryBackend(holds=holds)
    )
    accounts, members = here.accounts(), here.members()
    life = Life(here, runs=[here.now])
    refs = {key: link.ref for key, link in life.links().items()}
    for (what, key), days in history:
        life.happen(what, key)
        here.now = max(here.now + timedelta(days=days), EPOCH)
        before, report = life.apply()
        assert not report.unsettled or timedelta() in {policy.strip_after, policy.grace}
        assert not (taken(report, before) and report.plan.withheld)
        life.deleted |= {key for key in before if Rung.DELETE in taken(report, before).get(key, ())}
        keep(life, before)
    here.source.gaps = ()
    here.source.has(STAYS, *PEOPLE.values())
    here.apply()
    assert here.apply().plan.changes == ()
    assert here.members() == members
    for key, one in PEOPLE.items():
        name = one.attributes["user_name"]
        assert (here.ref(name) == refs[key]) == (key not in life.deleted)
        assert here.accounts()[name] == {**accounts[name], "active": key not in life.by_hand}


def stamps(link):
    return link.left_at, link.suspended_at, link.stripped_at


def check(life: Life, key: str, rung: Rung, link) -> None:
    """That this rung may be taken, by what is known without syncd."""
    policy, now = life.here.policy, life.here.now
    if rung is Rung.SUSPEND:
        assert life.held.get(key, True)
        delay, since = policy.suspend_after, link.left_at
    else:
        assert key not in life.held
        assert link.left_at is not None
        since = max(filter(None, stamps(link)))
        delay = policy.strip_after if rung is Rung.STRIP else policy.grace
    assert rung is not Rung.DELETE or policy.leavers is Leavers.DELETE
    if delay:
        assert now - since >= delay
        assert life.watched(key, delay) >= delay


def keep(life: Life, before) -> None:
    """Whom a person disabled stays disabled; whom a hold keeps has the account, and all groups
    that they were not stripped of before."""
    users = {stored.ref: stored.entity for stored in life.here.backend.users.read()}
    life.by_hand &= life.links().keys()
    assert not any(users[life.links()[key].ref].active for key in life.by_hand)
    for key in life.held.keys() & before.keys():
        assert before[key].ref in users
        if before[key].stripped_at is None:
            name = PEOPLE[key].attributes["user_name"]
            assert ("Everyone", name) in life.here.members()
