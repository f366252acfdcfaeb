"""A leaver goes down a ladder and never jumps; only what syncd suspended comes back."""

from msgspec.structs import replace

from syncd.backends.memory import USERS, MemoryBackend
from syncd.core.mapping import Scope, UserMapping
from syncd.core.model import Kind, Op, State
from syncd.core.policy import Leavers, Policy, VanishedGroups
from tests.world import (
    ADA,
    KIM,
    ZOE,
    by_hand,
    group,
    ids,
    office,
    opened,
    person,
)

DELETING = Policy(leavers=Leavers.DELETE, vanished_groups=VanishedGroups.DELETE, budgets={})


def test_a_leaver_goes_down_the_ladder_one_step_at_a_time():
    """Missed and suspended, then for the grace nothing, then deleted."""
    here = opened(ADA, ZOE, policy=DELETING)
    here.source.has(ZOE)
    assert ids(here.apply().execution.done) == ["user/suspend/p:1"]
    here.live_days(29.9)
    assert here.apply().execution.done == []
    here.pass_days(0.1)
    (deletion,) = here.plan().changes
    assert (deletion.id, deletion.reason) == (
        "user/delete/p:1",
        "leaver since 2026-04-01, grace is over: is in no source any more",
    )
    here.apply()
    assert [link.key for link in here.links()] == ["p:2"]


def test_whom_a_person_suspended_is_not_deleted_in_the_run_that_first_misses_them():
    """Nor before the grace, counted from the first miss."""
    here = opened(ADA, ZOE, policy=DELETING)
    by_hand(here.backend, Kind.USER, here.ref("ada"), active=False)
    here.pass_days(100)
    here.source.has(ZOE)
    assert here.apply().execution.done == []
    here.live_days(30)
    assert ids(here.apply().execution.done) == ["user/delete/p:1"]


def test_without_the_word_delete_nobody_is_ever_deleted():
    """Suspension is the end of the ladder by default."""
    here = opened(ADA, ZOE)
    here.source.has(ZOE)
    here.apply()
    here.pass_days(10_000)
    assert here.plan().changes == ()


def test_who_comes_back_is_restored_and_starts_anew():
    """The next leave is a new one, with its whole grace."""
    here = opened(ADA, ZOE, policy=DELETING)
    here.source.has(ZOE)
    here.apply()
    here.pass_days(20)
    here.source.has(ADA, ZOE)
    assert ids(here.apply().execution.done) == ["user/restore/p:1"]
    assert {(link.left_at, link.suspended_at) for link in here.links()} == {(None, None)}
    here.source.has(ZOE)
    here.apply()
    here.pass_days(29)
    assert here.plan().changes == ()


def test_what_a_person_disabled_stays_disabled():
    """And the plan says so, rather than nothing."""
    here = opened(ADA)
    by_hand(here.backend, Kind.USER, here.ref("ada"), active=False)
    plan = here.plan()
    assert (plan.changes, plan.notes) == ((), ("ada stays suspended: disabled by hand",))


def test_a_restoration_needs_the_policys_leave():
    """Where it says no, the plan says so."""
    here = opened(ADA, ZOE, policy=Policy(restore=False, budgets={}))
    here.source.has(ZOE)
    here.apply()
    here.source.has(ADA, ZOE)
    plan = here.plan()
    assert plan.changes == ()
    assert plan.notes == ("ada stays suspended: a restoration is not allowed by policy",)


def test_what_a_person_restores_is_no_suspension_of_ours_any_more():
    """Syncd suspended, a person restored and disabled again: now it is theirs."""
    here = opened(person("1", "ada", State.ACTIVE), ZOE)
    here.source.has(person("1", "ada", State.SUSPENDED), ZOE)
    assert ids(here.apply().execution.done) == ["user/suspend/p:1"]
    here.source.has(person("1", "ada", State.ACTIVE), ZOE)
    by_hand(here.backend, Kind.USER, here.ref("ada"), active=True)
    assert [mark.remark for mark in here.apply().plan.marks] == ["active"]
    by_hand(here.backend, Kind.USER, here.ref("ada"), active=False)
    assert here.plan().changes == ()


def test_who_is_suspended_in_the_source_gets_no_account_yet():
    """None is made only to be suspended; a note says why."""
    plan = office(person("1", "ada", State.SUSPENDED)).plan()
    assert plan.changes == ()
    assert plan.notes == (
        "ada is suspended in the source and has no account; none is created until they are active",
    )


def test_leavers_can_be_none_of_syncds_business():
    """Nothing is done to them and nothing remembered."""
    here = opened(ADA, ZOE, policy=Policy(leavers=Leavers.IGNORE, budgets={}))
    here.source.has(ZOE)
    assert (here.plan().changes, here.plan().marks) == ((), ())


def test_a_leaver_is_told_of_with_the_sources_reason():
    """A date that ran out, or a scope that no longer takes them."""
    here = opened(ADA, ZOE, KIM)
    here.source.has(
        person("1", "ada", State.LEFT, "valid until 2026-03-31"),
        person("2", "Zoë", State.LEFT),
        KIM,
    )
    assert [change.reason for change in here.plan().changes] == [
        "leaver: valid until 2026-03-31",
        "leaver: has left",
    ]


def test_who_is_out_of_scope_is_a_leaver_and_the_reason_says_so():
    """By group, by an attribute they lack, or by one they have."""
    people = [
        person("1", "ada", team="a", kind="person"),
        person("2", "bob", team="b", kind="person"),
        person("3", "cy", team="a", kind="robot"),
        person("4", "dan", team="a", kind="person"),
    ]
    here = opened(*people, groups=[group("s", "Staff", "1", "2", "3")])
    here.users = UserMapping(
        take=Scope(member_of=("staff",), where={"team": ("a", "c")}, unless={"kind": ("rob*",)})
    )
    assert {c.key: c.reason for c in here.plan().changes if c.op is Op.SUSPEND} == {
        "p:2": "leaver: team is not a or c",
        "p:3": "leaver: kind is rob*",
        "p:4": "leaver: not a member of staff",
    }


def test_an_account_that_a_person_deleted_is_made_again():
    """Drift is mended; the person is still in the source."""
    here = opened(ADA, groups=[group("a", "Everyone", "1")])
    here.backend.users.delete(here.ref("ada"))
    assert ids(here.apply().execution.done) == ["user/create/p:1", "member/add/p:a/p:1"]
    assert here.plan().changes == ()


def test_who_is_gone_on_both_sides_is_forgotten():
    """No link is left behind."""
    here = opened(ADA, ZOE)
    here.backend.users.delete(here.ref("ada"))
    here.source.has(ZOE)
    assert [mark.remark for mark in here.apply().plan.marks] == ["forget"]
    assert [link.key for link in here.links()] == ["p:2"]


def test_where_nobody_can_be_suspended_a_leaver_is_refused_until_the_grace_is_over():
    """And then deleted, if the policy says so: a missing rung does not keep them for ever."""
    holds = {Kind.USER: replace(USERS, ops=USERS.ops - {Op.SUSPEND, Op.RESTORE})}
    here = opened(ADA, ZOE, policy=DELETING, backend=MemoryBackend(holds=holds))
    here.source.has(ZOE)
    report = here.apply()
    assert [(r.change.id, r.rule) for r in report.plan.refused] == [
        ("user/suspend/p:1", "the target cannot suspend a user")
    ]
    here.live_days(30)
    assert ids(here.apply().execution.done) == ["user/delete/p:1"]
