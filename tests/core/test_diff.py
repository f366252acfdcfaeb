"""What must change, and that nothing else does."""

import pytest

from syncd.core.mapping import Scope, UserMapping
from syncd.core.model import Kind, Op, Reference, State, User
from syncd.core.policy import Budget, Leavers, Policy, VanishedGroups
from tests.world import (
    ADA,
    ENGINEERING,
    EVERYONE,
    KIM,
    ZOE,
    MemorySource,
    Office,
    by_hand,
    group,
    ids,
    office,
    opened,
    person,
)

DELETING = Policy(leavers=Leavers.DELETE, vanished_groups=VanishedGroups.DELETE, budgets={})


def test_a_changed_name_is_an_update_and_never_a_new_account():
    """Login, e-mail and a group's name change in place: identity is the key."""
    here = opened(ADA, groups=[group("e", "Engineering", "1")])
    before = here.links()
    here.source.has(person("1", "countess", email="ada@lovelace.example", title="Engineer"))
    here.source.groups = [group("e", "Research", "1")]
    plan = here.plan()
    assert [(c.id, dict(c.before), dict(c.after)) for c in plan.changes] == [
        (
            "group/update/p:e",
            {"display_name": "Engineering"},
            {"display_name": "Research"},
        ),
        (
            "user/update/p:1",
            {"email": "ada@example.org", "user_name": "ada"},
            {"email": "ada@lovelace.example", "user_name": "countess"},
        ),
    ]
    here.apply()
    assert [link.ref for link in here.links()] == [link.ref for link in before]
    assert here.members() == {("Research", "countess")}


def test_a_leaver_goes_down_the_ladder_one_step_at_a_time():
    """Missed and suspended, then for the grace nothing, then deleted."""
    here = opened(ADA, ZOE, policy=DELETING)
    here.source.has(ZOE)
    assert ids(here.apply().execution.done) == ["user/suspend/p:1"]
    here.pass_days(29.9)
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
    here.pass_days(30)
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


def test_a_vanished_group_is_emptied_and_stays():
    """The default: its members go, the group and whoever is foreign in it stay."""
    here = opened(ADA, KIM, groups=[ENGINEERING])
    robot = here.backend.users.plant(User(user_name="robot"))
    here.backend.members.change(
        here.backend.groups._taken["display_name", "engineering"], [robot], []
    )
    here.source.groups = []
    here.source.people = [ADA, KIM]
    report = here.apply()
    assert ids(report.execution.done) == ["member/remove/p:e/p:1", "member/remove/p:e/p:3"]
    assert here.members() == {("Engineering", "robot")}
    assert here.plan().changes == ()


def test_a_vanished_group_is_deleted_after_the_grace():
    """Emptied in the run that first misses it, deleted when the grace is over."""
    here = opened(ADA, KIM, groups=[ENGINEERING], policy=DELETING)
    here.source.groups = []
    here.apply()
    here.pass_days(30)
    assert ids(here.apply().execution.done) == ["group/delete/p:e"]
    assert here.backend.snapshot()[1] == []


def test_a_vanished_group_can_be_none_of_syncds_business():
    """Its members stay as they are."""
    policy = Policy(vanished_groups=VanishedGroups.IGNORE, budgets={})
    here = opened(ADA, KIM, groups=[ENGINEERING], policy=policy)
    here.source.groups = []
    assert (here.plan().changes, here.plan().marks) == ((), ())


def test_a_group_that_comes_back_is_filled_again():
    """And forgets that it was gone."""
    here = opened(ADA, KIM, groups=[ENGINEERING])
    here.source.groups = []
    here.apply()
    here.source.groups = [ENGINEERING]
    report = here.apply()
    assert [mark.remark for mark in report.plan.marks] == ["returned"]
    assert here.members() == {("Engineering", "ada"), ("Engineering", "kim")}


def test_a_target_that_compares_without_case_is_not_told_of_case():
    """No change where the target would see none."""
    here = opened(person("1", "ada", email="ada@example.org"))
    here.source.has(person("1", "ADA", email="Ada@Example.org"))
    assert here.plan().changes == ()


def test_two_ways_to_write_one_letter_are_one_name():
    """Composed or decomposed, NFC either way."""
    here = opened(person("1", "zoë", title="Doctor"))
    here.source.has(person("1", "zoe\u0308", title="Doctor"))
    assert here.plan().changes == ()


def test_what_no_source_has_any_more_is_cleared():
    """None is a value: the title goes."""
    here = opened(ADA)
    here.source.has(person("1", "ada", email="ada@example.org"))
    (change,) = here.plan().changes
    assert (dict(change.before), dict(change.after)) == ({"title": "Engineer"}, {"title": None})


def test_a_leaver_is_made_a_member_of_nothing():
    """The source still lists them in a group; their suspended account gains nothing by it."""
    here = opened(ADA, ZOE)
    here.source.has(person("1", "ada", State.LEFT), ZOE)
    here.source.groups = [EVERYONE]
    here.apply()
    assert here.members() == {("Everyone", "Zoë")}
    assert here.plan().changes == ()


def test_nothing_is_planned_for_who_cannot_be_mapped():
    """Not an update, not a suspension, no membership more or less: one failure, theirs alone."""
    here = opened(ADA, ZOE, groups=[ENGINEERING])
    here.users = UserMapping(always={"display_name": "{{ title }} {{ user_name }}"})
    here.source.groups = [group("e", "Engineering", "2"), group("a", "Everyone", "1", "2")]
    here.source.has(ADA, person("2", "zoe2", email="zoe@example.org"))
    plan = here.plan()
    assert [(f.key, f.why) for f in plan.failures] == [
        ("p:2", "display_name: 'title' is undefined")
    ]
    assert ids(plan.changes) == [
        "member/remove/p:e/p:1",
        "group/create/p:a",
        "user/update/p:1",
        "member/add/p:a/p:1",
    ]


def test_a_member_waits_for_an_account_that_is_held():
    """Held with it, and not refused: an approval lets both run."""
    here = opened(ADA, groups=[group("a", "Everyone", "1")])
    here.policy = Policy(budgets={(Kind.USER, Op.CREATE): Budget(count=1)})
    here.source.has(ADA, ZOE, KIM)
    here.source.groups = [EVERYONE]
    here.policy = Policy(budgets={(Kind.USER, Op.CREATE): Budget(count=2)})
    plan = here.plan()
    assert plan.changes == ()
    assert [(r.change.id, r.rule) for r in plan.held] == [
        ("member/add/p:a/p:2", "waits for user/create/p:2, which does not run"),
        ("member/add/p:a/p:3", "waits for user/create/p:3, which does not run"),
        (
            "user/create/p:2",
            "over budget user.create: 2 planned, 1 done in the last 1 day, 0:00:00, 2 allowed of 1",
        ),
        (
            "user/create/p:3",
            "over budget user.create: 2 planned, 1 done in the last 1 day, 0:00:00, 2 allowed of 1",
        ),
    ]


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


@pytest.mark.parametrize("attribute", ["key", "email"])
def test_a_group_may_name_people_of_another_source(attribute):
    """By their key there, or by an attribute that tells them apart, without case."""
    value = {"key": "1", "email": "ADA@example.org"}[attribute]
    zoe = {"key": "2", "email": "zoe@example.org"}[attribute]
    references = (Reference("p", attribute, value, ""), Reference("p", attribute, zoe, ""))
    contractors = group("c", "Guests", elsewhere=references)
    here = Office(sources={"p": MemorySource([ADA, ZOE]), "q": MemorySource(groups=[contractors])})
    here.apply()
    assert here.members() == {("Guests", "ada"), ("Guests", "Zoë")}


def test_from_a_group_with_a_reference_to_nobody_nobody_is_removed():
    """It is a failure, and may have meant any of those who are in there."""
    references = (
        Reference("p", "email", "nobody@x", "g.yaml:3"),
        Reference("p", "title", "Engineer", "g.yaml:4"),
        Reference("r", "key", "1", "g.yaml:5"),
    )
    here = Office(
        sources={
            "p": MemorySource([ADA, person("4", "max", title="Engineer")]),
            "q": MemorySource(
                groups=[group("c", "Guests", elsewhere=(Reference("p", "key", "1", ""),))]
            ),
        }
    )
    here.apply()
    here.sources["q"].groups = [group("c", "Guests", elsewhere=references)]
    plan = here.plan()
    assert plan.changes == ()
    mend = "nobody is removed from the group until that is mended"
    assert [(f.key, f.why, f.origin) for f in plan.failures] == [
        ("q:c", f"email 'nobody@x' in source p is nobody; {mend}", "g.yaml:3"),
        ("q:c", f"title 'Engineer' in source p is 2 people; {mend}", "g.yaml:4"),
        (
            "q:c",
            "key '1' in source r: this sync does not have that source; add it to its `sources`",
            "g.yaml:5",
        ),
    ]
