"""A guard in one phase covers all phases: where a source is emptied or half read, nobody loses
anything, as a user, as a group or as a member, on whatever way a run comes to its changes.

No budget is set here, and leavers are deleted at once: nothing else would stop it.
"""

import dataclasses
from datetime import timedelta

import pytest
from msgspec.structs import replace

from syncd.backends.memory import MEMBERS, MemoryBackend
from syncd.core.hold import Hold
from syncd.core.model import Kind, Op
from syncd.core.policy import EACH, Budget, Leavers, Policy, Protect, VanishedGroups
from syncd.cycle import Mode
from tests.core.events import approve
from tests.world import FREE, Office, group, ids, opened, person

RUTHLESS = replace(
    FREE,
    leavers=Leavers.DELETE,
    grace=timedelta(0),
    vanished_groups=VanishedGroups.DELETE,
)
PEOPLE = [person(str(number), f"user{number}", title="Dr") for number in range(1, 7)]
GROUPS = [group("e", "Everyone", *"123456"), group("f", "Few", "1", "2")]


class Renamed(Office):
    """The same sync by another configuration: it remembers no reading, as in a first run."""

    @property
    def sync(self):
        return dataclasses.replace(super().sync, config="other")


def emptied(source):
    source.has()


def emptied_of_all(source):
    source.has()
    source.groups = []


def without_groups(source):
    source.groups = []


def half_of_the_people(source):
    source.has(*PEOPLE[:2])
    source.gaps = ("size limit exceeded",)


def half_of_the_groups(source):
    source.groups = [group("e", "Everyone", "1")]
    source.gaps = ("group Everyone: not all members were sent",)


def cut_off(source):
    source.breaks = 2


BROKEN = [emptied, emptied_of_all, without_groups, half_of_the_people, half_of_the_groups, cut_off]


def in_a_full_cycle(here, breaks):
    breaks(here.source)
    return here.apply(mode=Mode.FULL)


def in_a_quick_cycle(here, breaks):
    breaks(here.source)
    return here.apply(mode=Mode.QUICK)


def in_a_first_run(here, breaks):
    breaks(here.source)
    fresh = Renamed(
        sources=here.sources, backend=here.backend, policy=here.policy, ledger=here.ledger
    )
    fresh.now = here.now
    return fresh.apply()


def by_a_saved_plan(here, breaks):
    """It was made while somebody had really left."""
    here.source.has(*PEOPLE[1:])
    here.source.groups = GROUPS[:1]
    saved = here.plan()
    assert any(change.removes for change in saved.changes)
    here.source.has(*PEOPLE)
    here.source.groups = GROUPS
    breaks(here.source)
    return here.apply(saved=saved)


def while_it_is_verified(here, breaks):
    """The source breaks after the plan was made, and what was done is read again."""
    here.source.has(*PEOPLE[:-1], person("6", "user6", title="Prof"))

    def then_breaks(_plan):
        breaks(here.source)
        return True

    report = here.apply(approve=then_breaks)
    assert report.unsettled == ()
    return here.apply()


def after_some_had_left(here, breaks):
    """Those on the ladder stay where they are, too."""
    here.policy = replace(RUTHLESS, grace=timedelta(days=1))
    here.source.has(*PEOPLE[:-1])
    here.apply()
    here.source.has(*PEOPLE[:-1])
    here.pass_days(2)
    breaks(here.source)
    return here.apply()


WAYS = [
    in_a_full_cycle,
    in_a_quick_cycle,
    in_a_first_run,
    by_a_saved_plan,
    while_it_is_verified,
    after_some_had_left,
]


def state(here):
    """Who is there, with their standing, which groups there are, and who is in them."""
    users = {(name, one["active"]) for name, one in here.accounts().items()}
    return users, {one.ref for one in here.backend.groups.read()}, here.members()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("breaks", BROKEN)
def test_a_source_that_broke_takes_nothing_from_anybody_on_any_way(way, breaks):
    """No suspension, deletion or removal of a member, twice in a row; and the plan says why."""
    here = Office(policy=RUTHLESS)
    here.source.has(*PEOPLE)
    here.source.groups = GROUPS
    here.apply()
    before = {}

    def broken(source):
        before["state"] = state(here)
        breaks(source)

    for report in (way(here, broken), here.apply()):
        assert report.plan.withheld
        assert [one.id for one in report.plan.changes if one.removes] == []
        assert state(here) == before["state"]


STAFF = [person(str(number), f"user{number}", email=f"mail{number}@x") for number in range(1, 21)]
GROUP, OTHER = group("s", "Staff", *(one.key for one in STAFF)), group("o", "Other", "1")
DELETING = Policy(
    vanished_groups=VanishedGroups.DELETE,
    group_grace=timedelta(days=2),
    leavers=Leavers.DELETE,
    grace=timedelta(days=50),
)
BY_A_BUDGET = {(Kind.MEMBER, Op.REMOVE, EACH): Budget(count=1)}
HELD = Hold("user1", "case 1", "ann", pattern=True)
ROADS = [Mode.DUE, Mode.FULL, Mode.QUICK]


def vanished(*people, backend=None, **policy):
    """Staff is in no source any more, these people are, and its delay is over."""
    policy = replace(DELETING, **{"budgets": {}, **policy})
    here = opened(*STAFF, groups=[GROUP, OTHER], policy=policy, backend=backend or MemoryBackend())
    here.source.has(*people)
    here.source.groups = [OTHER]
    here.apply()
    here.live_days(2)
    return here


def in_staff(here) -> set[str]:
    return {user for name, user in here.members() if name == "Staff"}


def why(plan) -> list[str]:
    """Why Staff is not deleted."""
    return [one.rule for one in plan.refused if one.change.id == DELETION]


DELETION = "group/delete/p:s"


@pytest.mark.parametrize("mode", ROADS)
def test_a_group_is_not_deleted_past_the_budget_that_holds_its_members(mode):
    """A deletion takes them all at once; and once they are out of it, it runs."""
    here = vanished(*STAFF, budgets=BY_A_BUDGET)
    left = in_staff(here)
    assert len(left) == 19
    plan = here.apply(mode=mode).plan
    assert [one.op for one in plan.changes] == [Op.REMOVE]
    assert why(plan) == [f"waits for 19 members, such as {min(left)}, to be out of it"]
    plan = here.plan(mode=mode)
    approve(here, plan)
    plan = here.apply(mode=mode).plan
    assert len(plan.changes) == 18
    assert in_staff(here) == set()
    assert ids(here.apply(mode=mode).execution.done) == [DELETION]


@pytest.mark.parametrize("mode", ROADS)
def test_a_group_is_not_deleted_while_somebody_is_in_it_who_is_protected(mode):
    """Nobody takes them out of it, so nobody takes it from them."""
    here = vanished(*STAFF, protect=Protect(users=("user1",)))
    plan = here.apply(mode=mode).plan
    assert (plan.changes, in_staff(here)) == ((), {"user1"})
    assert why(plan) == ["waits for user1 in it: protected: user user1"]


@pytest.mark.parametrize(
    ("leavers", "mode"), [*zip(Leavers, ROADS, strict=True), (Leavers.DELETE, Mode.QUICK)]
)
def test_a_group_is_not_deleted_while_a_leaver_is_in_it_who_is_held(leavers, mode):
    """Whatever the ladder is, and though no removal of theirs is planned."""
    here = vanished(*STAFF[1:], leavers=leavers, legal_holds=(HELD,))
    plan = here.apply(mode=mode).plan
    assert (plan.changes, in_staff(here)) == ((), {"user1"})
    assert why(plan) == ["waits for user1 in it: legal hold: case 1, by ann"]


@pytest.mark.parametrize("mode", ROADS)
def test_a_group_is_not_deleted_while_somebody_is_in_it_of_whom_nothing_is_certain(mode):
    """Two records of one key are nobody's word."""
    here = vanished(person("1", "other"), *STAFF)
    plan = here.apply(mode=mode).plan
    assert (plan.changes, in_staff(here)) == ((), {"user1"})
    assert why(plan) == ["waits for user1 in it: nothing is decided about them"]


@pytest.mark.parametrize("mode", ROADS)
def test_a_leaver_whom_nothing_keeps_goes_with_the_group(mode):
    """Or else one suspended account would keep it for ever."""
    here = vanished(*STAFF[1:], leavers=Leavers.SUSPEND)
    assert in_staff(here) == {"user1"}
    assert ids(here.apply(mode=mode).execution.done) == [DELETION]


@pytest.mark.parametrize("mode", ROADS)
def test_a_saved_plan_deletes_no_group_that_somebody_has_come_into_since(mode):
    """Who is in it is read again, whoever that is."""
    here = vanished(*STAFF)
    saved = here.plan()
    assert ids(saved.changes) == [DELETION]
    [staff] = [one.ref for one in here.backend.groups.read() if one.entity.display_name == "Staff"]
    here.backend.members.change(staff, [here.ref("user1")], [])
    report = here.apply(saved=saved, mode=mode)
    assert (report.plan.changes, in_staff(here)) == ((), {"user1"})
    assert why(report.plan) == ["waits for user1 to be out of it"]


def test_where_nobody_can_be_removed_a_group_is_deleted_with_all_but_the_guarded():
    """There a deletion is the only end of a membership."""
    holds = {Kind.MEMBER: replace(MEMBERS, ops=frozenset({Op.ADD}))}
    here = vanished(*STAFF, backend=MemoryBackend(holds=holds), protect=Protect(users=("user1",)))
    assert why(here.apply().plan) == ["waits for user1 in it: protected: user user1"]
    here.policy = replace(here.policy, protect=Protect())
    assert ids(here.apply().execution.done) == [DELETION]
