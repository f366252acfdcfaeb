"""Each rung of the ladder in its time, whatever the clock does, and back up again at any of them."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from syncd.backends.memory import GROUPS, MEMBERS, USERS, MemoryBackend
from syncd.core.memory import Mark, Remark
from syncd.core.model import Key, Kind, Op, Ref, Reference, Rung, State
from syncd.core.policy import Leavers, Policy, VanishedGroups
from syncd.cycle import Mode
from syncd.offline import recall
from syncd.render.remarks import remarks
from tests.world import ADA, ENGINEERING, EVERYONE, KIM, ZOE, by_hand, group, ids, opened, person

DAY = timedelta(days=1)
LADDER = Policy(
    leavers=Leavers.DELETE,
    suspend_after=2 * DAY,
    strip_after=6 * DAY,
    grace=30 * DAY,
    budgets={},
)
STRIPPED = ["member/remove/p:a/p:1", "member/remove/p:e/p:1"]


def company(policy: Policy = LADDER, **rest):
    return opened(ADA, ZOE, KIM, groups=[ENGINEERING, EVERYONE], policy=policy, **rest)


def left(policy: Policy = LADDER, **rest):
    """Ada has left, and a run has missed her."""
    here = company(policy, **rest)
    here.source.has(ZOE, KIM)
    here.apply()
    return here


def groups_of(here, user_name: str = "ada") -> set[str]:
    return {name for name, who in here.members() if who == user_name}


def test_each_rung_comes_after_its_own_delay_and_is_dated():
    """Active at first, then suspended with all groups, then stripped of them, then deleted."""
    here = left()
    assert (here.accounts()["ada"]["active"], len(groups_of(here))) == (True, 2)
    here.live_days(2)
    [suspension] = here.apply().execution.done
    assert (suspension.rung, suspension.reason) == (
        Rung.SUSPEND,
        "leaver since 2026-04-01: is in no source any more",
    )
    assert len(groups_of(here)) == 2
    here.live_days(5.9)
    assert here.apply().execution.done == []
    here.pass_days(0.1)
    done = here.apply().execution.done
    assert (ids(done), {change.rung for change in done}) == (STRIPPED, {Rung.STRIP})
    assert done[0].reason == (
        "leaver since 2026-04-01, stripped of groups: is in no source any more"
    )
    link = next(link for link in here.links() if link.key == "p:1")
    assert (link.stripped_at, link.suspended_at) == (here.now, here.now - 6 * DAY)
    here.live_days(30)
    assert ids(here.apply().execution.done) == ["user/delete/p:1"]


def test_whom_a_source_takes_out_of_a_group_loses_it_at_once():
    """Only leavers keep theirs until they are stripped."""
    here = company()
    here.source.groups = [ENGINEERING, group("a", "Everyone", "2", "3")]
    assert ids(here.apply().execution.done) == ["member/remove/p:a/p:1"]


@pytest.mark.parametrize("days", [0, 2, 8])
@pytest.mark.parametrize("mode", [Mode.DUE, Mode.FULL])
def test_who_comes_back_has_the_account_and_all_groups_again(days, mode):
    """Still active, suspended or stripped: with the same records all is as it was."""
    here = company()
    before = here.accounts(), here.members(), here.ref("ada")
    here.source.has(ZOE, KIM)
    here.apply()
    for _ in range(days):
        here.pass_days(1)
        here.apply()
    assert len(groups_of(here)) == (0 if days > 7 else 2)
    here.source.has(ADA, ZOE, KIM)
    here.apply(mode=mode)
    assert (here.accounts(), here.members(), here.ref("ada")) == before
    assert {(one.left_at, one.suspended_at, one.stripped_at) for one in here.links()} == {
        (None, None, None)
    }
    assert here.plan(mode=Mode.FULL).changes == ()


def test_who_is_hired_again_after_a_deletion_gets_a_new_account_with_the_groups():
    """The old one is gone for good, and nothing of it is taken up again."""
    here = left()
    for _ in range(40):
        here.pass_days(1)
        here.apply()
    assert "ada" not in here.accounts()
    here.source.has(ADA, ZOE, KIM)
    here.apply()
    assert (here.ref("ada"), groups_of(here)) == ("u4", {"Engineering", "Everyone"})


def test_who_is_in_no_group_is_stripped_by_a_remark():
    """So that the last delay begins for them too."""
    here = opened(person("1", "ada"), ZOE, policy=replace(LADDER, suspend_after=timedelta()))
    here.source.has(ZOE)
    here.apply()
    here.live_days(6)
    assert [(one.remark, one.rule) for one in here.apply().plan.marks] == [
        ("stripped", "in no group to be taken from")
    ]
    here.live_days(30)
    assert ids(here.apply().execution.done) == ["user/delete/p:1"]


def test_who_was_stripped_is_in_no_group_again_until_they_return():
    """Somebody who adds them by hand does it in vain, also where only few are looked at."""
    here = left(replace(LADDER, leavers=Leavers.SUSPEND))
    for _ in range(9):
        here.pass_days(1)
        here.apply()
    assert groups_of(here) == set()
    here.backend.members.change(
        here.backend.groups._taken["display_name", "everyone"], [here.ref("ada")], []
    )
    assert ids(here.apply().execution.done) == ["member/remove/p:a/p:1"]
    assert here.plan(mode=Mode.FULL).changes == ()


def test_a_leaver_who_is_stated_in_the_groups_is_stripped_all_the_same():
    """The source has a date for their end, and did not tidy up its groups."""
    here = company(replace(LADDER, suspend_after=timedelta()))
    here.source.has(replace(ADA, state=State.LEFT), ZOE, KIM)
    here.apply()
    here.live_days(6)
    assert ids(here.apply().execution.done) == STRIPPED
    assert here.plan().changes == ()


@pytest.mark.parametrize("days", [40, 400, 20_000])
def test_a_clock_that_jumps_forward_brings_nobody_further_than_half_of_a_delay(days):
    """What no run has watched does not count, though the clock says that the time is over."""
    here = left(replace(LADDER, suspend_after=timedelta(), strip_after=None))
    here.pass_days(days)
    for _ in range(14):
        assert here.apply().execution.done == []
        here.pass_days(1)
    here.pass_days(1)
    assert ids(here.apply().execution.done) == ["user/delete/p:1"]


def test_who_left_while_the_clock_was_far_behind_has_the_whole_delay_but_half():
    """A machine that starts in 1970: its stamps are old at once when the clock is right again."""
    here = company(replace(LADDER, suspend_after=timedelta(), strip_after=None))
    here.pass_days(-20_000)
    here.source.has(ZOE, KIM)
    here.apply()
    here.pass_days(20_000)
    for _ in range(14):
        assert here.apply().execution.done == []
        here.pass_days(1)


def test_a_clock_that_goes_back_makes_nothing_due_and_nothing_fail():
    """What is dated in the future waits."""
    here = left(replace(LADDER, suspend_after=timedelta(), strip_after=None))
    here.pass_days(-400)
    for _ in range(40):
        here.pass_days(1)
        assert here.apply().execution.done == []


def test_after_a_jump_nobody_takes_two_rungs_in_one_run():
    """All delays are over at once, and each run takes one."""
    here = left()
    done = []
    for _ in range(6):
        here.pass_days(500)
        done.append({change.op for change in here.apply().execution.done})
    assert [ops for ops in done if ops] == [{Op.SUSPEND}, {Op.REMOVE}, {Op.DELETE}]


def test_a_broken_reading_takes_nobody_down():
    """Nor is the time remembered at which they would have been."""
    here = left(replace(LADDER, suspend_after=timedelta()))
    here.live_days(6)
    here.source.gaps = ("size limit exceeded",)
    report = here.apply()
    assert (report.plan.changes, report.plan.marks) == ((), ())
    assert report.plan.withheld_changes == {"member.remove": 2}
    here.source.gaps = ()
    assert ids(here.apply().execution.done) == STRIPPED


@pytest.mark.parametrize(
    "holds",
    [
        {Kind.MEMBER: replace(MEMBERS, ops=frozenset({Op.ADD}))},
        {
            Kind.GROUP: replace(GROUPS, ops=frozenset()),
            Kind.MEMBER: replace(MEMBERS, ops=frozenset()),
        },
    ],
)
def test_where_nobody_can_be_taken_out_of_a_group_that_rung_is_passed_over(holds):
    """And its delay is waited all the same."""
    here = company(replace(LADDER, suspend_after=timedelta()), backend=MemoryBackend(holds=holds))
    here.source.has(ZOE, KIM)
    here.apply()
    here.live_days(35.9)
    assert here.apply().plan.refused == ()
    here.pass_days(0.1)
    assert ids(here.apply().execution.done) == ["user/delete/p:1"]


def test_where_nobody_can_be_suspended_the_others_come_in_their_time():
    """The suspension is told of as refused until there is more to do."""
    holds = {Kind.USER: replace(USERS, ops=USERS.ops - {Op.SUSPEND, Op.RESTORE})}
    here = left(backend=MemoryBackend(holds=holds))
    here.live_days(2)
    assert ids(one.change for one in here.apply().plan.refused) == ["user/suspend/p:1"]
    here.live_days(6)
    assert ids(here.apply().execution.done) == STRIPPED
    here.live_days(30)
    assert ids(here.apply().execution.done) == ["user/delete/p:1"]


def test_a_target_that_cannot_delete_keeps_the_stripped_stripped():
    """The deletion is refused, and told of."""
    holds = {Kind.USER: replace(USERS, ops=USERS.ops - {Op.DELETE})}
    here = left(replace(LADDER, suspend_after=timedelta()), backend=MemoryBackend(holds=holds))
    here.live_days(6)
    here.apply()
    here.live_days(30)
    assert [one.rule for one in here.apply().plan.refused] == ["the target cannot delete a user"]
    here.backend.members.change(
        here.backend.groups._taken["display_name", "everyone"], [here.ref("ada")], []
    )
    assert ids(here.apply().execution.done) == ["member/remove/p:a/p:1"]


def test_a_leaver_whom_a_person_restores_and_suspends_again_stays_suspended():
    """As with everybody else: what a person disabled is theirs, once syncd has seen them active."""
    here = left(replace(LADDER, suspend_after=timedelta(), strip_after=None))
    ref = here.ref("ada")
    here.policy = replace(here.policy, budgets={})
    by_hand(here.backend, Kind.USER, ref, active=True)
    here.source.gaps = ("cut",)
    here.apply()
    by_hand(here.backend, Kind.USER, ref, active=False)
    here.source.gaps = ()
    here.source.has(ADA, ZOE, KIM)
    assert here.apply().plan.notes == ("ada stays suspended: disabled by hand",)


def test_a_group_that_could_not_be_tidied_keeps_them_on_their_rung():
    """Nobody is removed from a group of which a reference leads nowhere; once that is mended,
    they are stripped of it."""

    lost = (Reference("p", "user_name", "nobody", "groups"),)
    here = opened(
        ADA,
        ZOE,
        groups=[group("a", "Everyone", "1", "2")],
        policy=replace(LADDER, suspend_after=timedelta()),
    )
    here.source.has(ZOE)
    here.apply()
    here.source.groups = [group("a", "Everyone", "2", elsewhere=lost)]
    here.live_days(6)
    report = here.apply()
    assert (report.plan.changes, report.plan.marks) == ((), ())
    here.source.groups = [group("a", "Everyone", "2")]
    assert ids(here.apply().execution.done) == ["member/remove/p:a/p:1"]


def test_vanished_groups_have_a_delay_of_their_own():
    """Where a ladder is given, the grace is theirs."""
    policy = replace(LADDER, vanished_groups=VanishedGroups.DELETE, group_grace=2 * DAY)
    here = company(policy)
    here.source.groups = [EVERYONE]
    here.apply()
    here.live_days(2)
    assert ids(here.apply().execution.done) == ["group/delete/p:e"]


def test_all_that_is_remembered_of_the_ladder_is_said():
    """Whatever an apply remembers has its words; leavers of several reasons are told of together."""
    marks = [
        Mark(remark, Kind.USER, Key(f"p:{number}"), Ref("u"), f"u{number}", f"rule {number}")
        for remark in Remark
        for number in (1, 2)
    ]
    plan = replace(company().plan(), marks=tuple(marks), notes=(), foreign={})
    said = remarks(plan)
    assert len(said) == len(Remark) + 1
    assert "misses 2 accounts in the sources for the first time: u1, u2" in said
    assert [one for one in said if "in no group that" in one] != []


def test_what_is_to_come_is_known_with_its_time():
    """For each rung, as if each came when it is due; what waits for runs to watch says so."""
    here = left(replace(LADDER, leavers=Leavers.SUSPEND))
    explained = recall(here.sync, here.ledger, "ada", here.now).called[0]
    assert [(one.rung, one.due - here.now, one.stopped) for one in explained.ladder] == [
        (Rung.SUSPEND, 2 * DAY, ""),
        (Rung.STRIP, 8 * DAY, ""),
    ]
    here.pass_days(3)
    late, after = recall(here.sync, here.ledger, "ada", here.now).called[0].ladder
    assert late.stopped.startswith("runs have not watched for so long yet")
    assert (after.due - here.now, after.stopped) == (6 * DAY, "")
