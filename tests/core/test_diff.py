"""What must change, and that nothing else does."""

import pytest

from syncd.core.mapping import UserMapping
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
    group,
    ids,
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
    here.live_days(30)
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
        ("p:2", "display_name: the template needs 'title', and there is none")
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
    assert ids(plan.changes) == ["user/create/p:2", "member/add/p:a/p:2"]
    assert [(r.change.id, r.rule) for r in plan.held] == [
        ("member/add/p:a/p:3", "waits for user/create/p:3, which does not run"),
        (
            "user/create/p:3",
            (
                "over budget user.create: 2 planned, 1 done in the last 24 h, 2 allowed of 1; "
                "1 of these held"
            ),
        ),
    ]


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
