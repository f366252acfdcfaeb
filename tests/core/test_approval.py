"""What was held and is approved runs: exactly that, once, and as long as the approval lasts."""

import dataclasses
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from syncd.core.approval import (
    Consent,
    approval_print,
    person_of,
    signed,
    used_prints,
    why_not_now,
)
from syncd.core.decide import Decision
from syncd.core.mapping import UserMapping
from syncd.core.model import USER_FIELDS, Key, Kind, Op, Ref
from syncd.core.plan import Change, Plan, only
from syncd.core.policy import RENAME, Budget, Leavers, Policy
from syncd.core.spool import Trays
from syncd.cycle import Mode
from syncd.cycle.spool import DiskSpool
from syncd.engine import ask
from tests.core.events import approve
from tests.core.test_laws import ANY, WHOLE, live
from tests.core.test_parts import parted
from tests.core.test_picking import same
from tests.core.worlds import TIGHT, worlds
from tests.world import NOON, MemorySource, Office, by_hand, group, ids, office, opened, person

TIGHT_WORLDS = worlds(
    policies=st.builds(Policy, leavers=st.sampled_from(Leavers), budgets=st.just(TIGHT))
)
ONE_SUSPENSION = Policy(budgets={(Kind.USER, Op.SUSPEND): Budget(count=1)})
PEOPLE = [person(str(number), f"user{number}") for number in range(1, 6)]
FIRST, *LATER = ALL = [f"user/suspend/p:{number}" for number in range(1, 4)]
"""Whose turn it is, and who is over budget."""

CHANGE = Change(Op.UPDATE, Kind.USER, Key("1"), "ada", Ref("u1"), {"title": None}, {"title": "Dr"})
REMOVAL = Change(
    Op.REMOVE, Kind.MEMBER, Key("g"), "", Ref("g1"), member=Key("1"), member_ref=Ref("u1")
)


def prints(refusals) -> set[str]:
    return {approval_print(one.change) for one in refusals}


def gone():
    """Three of five people have left, and one suspension a day is allowed."""
    here = opened(*PEOPLE, policy=ONE_SUSPENSION)
    here.source.has(*PEOPLE[3:])
    assert ids(one.change for one in here.plan().held) == LATER
    return here


@pytest.mark.parametrize(
    "other",
    [
        replace(CHANGE, op=Op.SUSPEND),
        replace(CHANGE, kind=Kind.GROUP),
        replace(CHANGE, key=Key("2")),
        replace(CHANGE, ref=Ref("u2")),
        replace(CHANGE, before={"title": "Prof"}),
        replace(CHANGE, after={"title": None}),
        replace(CHANGE, after={"title": "Dr", "email": None}),
        replace(CHANGE, member=Key("1")),
    ],
)
def test_what_a_change_does_and_to_what_is_in_its_print(other):
    """Whoever approved the one did not approve the other."""
    assert approval_print(other) != approval_print(CHANGE)


def test_why_it_is_made_is_not_in_its_print():
    """Neither are its name and what it waits for."""
    other = replace(CHANGE, reason="the source has it", name="Ada", needs=("user/create/2",))
    assert approval_print(other) == approval_print(CHANGE)


def test_an_addition_is_the_same_before_and_after_its_group_and_user_are_made():
    """A removal is from one account in one group."""
    add = replace(REMOVAL, op=Op.ADD, ref=None, member_ref=None)
    assert approval_print(replace(add, ref=Ref("g1"), member_ref=Ref("u1"))) == approval_print(add)
    assert approval_print(replace(REMOVAL, member_ref=Ref("u2"))) != approval_print(REMOVAL)


def test_an_approved_change_says_by_whom():
    """Another one is as it was."""
    by = {approval_print(CHANGE): "ann (approval 1)"}
    assert signed(replace(CHANGE, reason="so"), by).reason == "so; approved by ann (approval 1)"
    assert signed(replace(CHANGE, after={}), by) is None is signed(CHANGE, {})


def test_a_plan_of_another_store_or_configuration_is_none_of_today():
    """Whoever syncd is there; of one of long ago nobody knows which it was of."""
    plan = Plan(sync="main", target="wiki", created=NOON, config="c", identity="sql a as 7")
    assert why_not_now(plan, Consent(identity="sql a", config="c")) == ""
    moved = why_not_now(plan, Consent(identity="sql b", config="c"))
    assert moved == "was made for the target at sql a as 7, which is now sql b; plan again"
    other = "was made with another configuration of main; plan again"
    assert why_not_now(plan, Consent(identity="sql a", config="d")) == other
    assert why_not_now(replace(plan, identity=""), Consent(identity="sql a", config="c")) == other


def test_an_approved_update_uses_up_the_prints_of_what_was_approved():
    """Of fields by themselves, of those that were held together, and of nothing else."""
    update = replace(CHANGE, op=Op.UPDATE, before={}, after={"title": "Dr", "phone": "1", "a": "b"})
    parts = [{"title"}, {"phone"}, {"a"}, {"phone", "a"}, {"title", "phone", "a"}]
    title, phone, a, together, whole = (approval_print(only(update, some)) for some in parts)
    every = {title, phone, a, together, whole}
    assert used_prints(update, every) == set()
    assert used_prints(replace(update, approved=("title",)), every) == {title}
    assert used_prints(replace(update, approved=("title",)), set()) == set()
    assert used_prints(REMOVAL, {approval_print(REMOVAL)}) == set()
    removal = replace(REMOVAL, approved=("remove",))
    assert used_prints(removal, {approval_print(REMOVAL), title}) == {approval_print(REMOVAL)}
    all_of_it = replace(update, approved=("a", "phone", "title"))
    assert used_prints(all_of_it, {title, together}) == {title, together}
    assert used_prints(all_of_it, {whole, phone}) == {whole, phone}


@given(TIGHT_WORLDS, ANY)
def test_of_what_is_approved_at_once_the_next_plan_holds_nothing(world, history):
    """And refuses nothing that it did not, but for the last administrator; what ran runs still,
    unless two that claim one name may both run by now."""
    for lived in live(world, history):
        if lived.step.broken:
            continue
        before = world.plan()
        approve(world, before)
        after = world.plan()
        assert prints(after.held).isdisjoint(prints(before.held))
        refused = [
            r for r in after.refused if approval_print(r.change) not in prints(before.refused)
        ]
        last = {one.change.id for one in refused if one.rule == "protected: the last administrator"}
        assert all(one.change.id in last or one.rule.startswith("waits for") for one in refused)
        rivals = {one.key for one in after.conflicts} - {one.key for one in before.conflicts}
        lost = {one.change.id for one in refused}
        expected = [*before.changes, *(one.change for one in before.held)]
        missing = {c.id for c in expected if not c.temporary} - set(ids(after.changes))
        if not rivals:
            assert missing <= lost
        by_id = {change.id: change for change in after.changes}
        for one in before.held:
            if one.rule.startswith("over budget") and one.change.id in by_id:
                assert "approved by ann (approval" in by_id[one.change.id].reason


@given(TIGHT_WORLDS, WHOLE)
def test_an_approval_is_used_up_by_the_run_that_follows(world, history):
    """No change that was made is approved still; who wants it again asks again."""
    for _ in live(world, history):
        approve(world, world.plan())
        done = {change.id for change in world.apply().execution.done}
        question = ask(world.sync, world.ledger, world.now)
        for refusal in world.plan().held:
            if refusal.change.id in done:
                assert approval_print(refusal.change) not in question.memory.approved


@given(TIGHT_WORLDS, WHOLE, st.integers(1, 3), st.sampled_from([Trays, DiskSpool]))
def test_in_parts_of_any_size_the_approved_are_the_same(world, history, size, spool):
    """To the digest; who looks at a few only comes to it too."""
    for _ in live(world, history):
        approve(world, world.plan())
        question = ask(world.sync, world.ledger, world.now)
        rest, apart = parted(question, size, spool())
        whole = Decision(question)
        decision = Decision(rest, apart)
        assert decision.plan().digest == whole.plan().digest
        assert same(world.plan()) == same(whole.plan())
        assert decision.left() == whole.left()


def test_the_approved_run_besides_what_the_budget_has_room_for():
    """They draw on no budget, in the run or after it; those who vanish later do."""
    here = gone()
    approve(here, here.plan())
    here.source.has(PEOPLE[4])
    plan = here.plan()
    assert ids(plan.changes) == ALL
    assert [(c.reason.partition("; ")[2], c.approved) for c in plan.changes] == [
        ("", ()),
        *[("approved by ann (approval 1)", ("suspend",))] * 2,
    ]
    [held] = plan.held
    assert held.change.key == "p:4"
    assert held.rule == "over budget user.suspend: 2 planned, 1 allowed of 5; 1 of these held"
    report = here.apply()
    assert (report.exit_code, ids(report.execution.done)) == (5, ALL)
    assert here.ledger.recall("main", here.now).spent["user", "suspend"] == 1
    [held] = here.plan().held
    assert (held.change.id, held.rule) == (
        "user/suspend/p:4",
        (
            "over budget user.suspend: 1 planned, 1 done in the last 24 h, 1 allowed of 3; "
            "1 of these held"
        ),
    )


def test_what_has_changed_since_asks_again():
    """A key that leads to another account by now was not approved."""
    budget = {(Kind.USER, Op.UPDATE): Budget(count=1)}
    here = opened(*PEOPLE[:3], policy=Policy(budgets=budget))
    titled = [person(str(n), f"user{n}", title="Dr") for n in range(1, 4)]
    here.source.has(*titled)
    approve(here, here.plan())
    here.source.has(*titled[:2], person("3", "user3", title="Prof"))
    plan = here.plan()
    assert ids(plan.changes) == ["user/update/p:1", "user/update/p:2"]
    assert ids(one.change for one in plan.held) == ["user/update/p:3"]


def test_an_approval_that_has_expired_lets_nothing_through():
    """To the moment."""
    here = gone()
    approve(here, here.plan(), days=2)
    here.now += timedelta(days=2) - timedelta(microseconds=1)
    assert ids(here.plan().changes) == ALL
    here.now += timedelta(microseconds=1)
    assert (ids(here.plan().changes), len(here.plan().held)) == ([FIRST], 2)


def test_an_approval_lets_a_change_through_once():
    """Somebody lifts the suspension by hand, and the next one asks again."""
    here = gone()
    approve(here, here.plan(), days=9)
    here.apply()
    by_hand(here.backend, Kind.USER, here.ref("user2"), active=True)
    here.source.has(*PEOPLE[3:])
    plan = here.plan()
    assert ids(one.change for one in plan.held) == ["user/suspend/p:2"]


@pytest.mark.parametrize("mode", Mode)
def test_what_is_approved_runs_in_a_cycle_of_any_mode(mode):
    """What was held is looked at again, though nobody touched it since."""
    here = gone()
    here.apply()
    approve(here, here.plan())
    report = here.apply(mode=mode)
    assert ids(report.execution.done) == LATER


def test_who_waits_for_an_approved_creation_comes_with_it():
    """Members of a group need users who are not there yet: they are held and freed together."""
    here = office(
        *PEOPLE,
        groups=[group("g", "Everyone", "1", "2", "3", "4", "5")],
        policy=Policy(budgets={(Kind.USER, Op.CREATE): Budget(count=2)}),
    )
    held = here.plan()
    first = ["user/create/p:1", "user/create/p:2"]
    assert (len(held.held), ids(held.changes)[:3]) == (6, ["group/create/p:g", *first])
    approve(here, held)
    assert (len(here.plan().changes), here.plan().held) == (11, ())
    newcomer = person("6", "user6")
    here.source.has(*PEOPLE, newcomer)
    here.source.groups = [group("g", "Everyone", "1", "2", "3", "4", "5", "6")]
    plan = here.plan()
    assert len(plan.changes) == 11
    assert ids(one.change for one in plan.held) == ["member/add/p:g/p:6", "user/create/p:6"]
    assert plan.held[0].rule == "waits for user/create/p:6, which does not run"


def test_an_approved_addition_waits_for_a_creation_that_nobody_approved():
    """It keeps its own reason: it is within what was approved."""
    budgets = {(Kind.MEMBER, Op.ADD): Budget(count=0)}
    here = opened(groups=[group("g", "Everyone", "1")], policy=Policy(budgets=budgets))
    here.source.has(PEOPLE[0])
    held = here.plan()
    assert ids(one.change for one in held.held) == ["member/add/p:g/p:1"]
    approve(here, held)
    here.policy = Policy(budgets=budgets | {(Kind.USER, Op.CREATE): Budget(count=0)})
    plan = here.plan()
    assert [one.rule for one in plan.held] == [
        "waits for user/create/p:1, which does not run",
        "over budget user.create: 1 planned, 0 allowed of 0; 1 of these held",
    ]


def test_parts_of_one_update_may_be_approved_apart():
    """To be demoted is judged by itself; what of it all is approved is one change."""
    no_updates = Policy(budgets={(Kind.USER, Op.UPDATE): Budget(count=0)})
    mapping = UserMapping(always={"admin": "admin"})
    sources = {"p": MemorySource(supplies=USER_FIELDS - {"active"})}
    here = Office(sources=sources, users=mapping, policy=no_updates)
    boss = person("9", "boss", admin="true")
    here.source.has(person("1", "ada", admin="true"), boss)
    here.apply()
    here.source.has(person("1", "ada", admin="true", title="Dr"), boss)
    approve(here, here.plan())
    here.source.has(person("1", "ada", title="Dr"), boss)
    plan = here.plan()
    [titled], [demoted] = plan.changes, plan.held
    assert (titled.after, demoted.change.after) == ({"title": "Dr"}, {"admin": False})
    approve(here, plan)
    [both] = here.plan().changes
    assert both.after == {"title": "Dr", "admin": False}
    assert both.reason.count("approved by ann") == 1
    assert ids(here.apply().execution.done) == ["user/update/p:1"]
    assert here.ledger.desk.approvals(None, here.now) == []


def test_one_person_is_one_however_their_name_is_written():
    """Without case, width of letters and number of spaces; two words are not one."""
    assert person_of(" Ann \t Lee ") == person_of("\uff21NN lee") == "ann lee"
    assert person_of("annlee") != "ann lee"


class TwoPeople(Office):
    """Where two must approve."""

    @property
    def sync(self):
        return dataclasses.replace(super().sync, consent=Consent(people=2))


def test_another_change_of_the_same_person_uses_no_approval_up():
    """An e-mail that runs by itself takes nothing from the title that one of two has approved."""
    titles = Policy(budgets={(Kind.USER, Op.UPDATE, "title"): Budget(count=0)})
    here = TwoPeople(policy=titles)
    here.source.has(person("1", "ada", email="a@x", title="Engineer"))
    here.apply()
    here.source.has(person("1", "ada", email="a@x", title="Doctor"))
    approve(here, here.plan(), by="ann")
    here.source.has(person("1", "ada", email="ada@x", title="Doctor"))
    plan = here.apply().plan
    assert [one.after for one in plan.changes] == [{"email": "ada@x"}]
    assert [one.used for one in here.ledger.desk.approvals("main", here.now)] == [0]
    approve(here, plan, by="bea")
    assert [one.after for one in here.apply().execution.done] == [{"title": "Doctor"}]
    assert here.ledger.desk.approvals("main", here.now) == []


def test_approved_logins_that_swap_use_their_approval_up():
    """Though one of them steps aside in between, and so begins at another name."""
    renames = Policy(budgets={(Kind.USER, RENAME): Budget(count=0)})
    here = opened(person("1", "ada"), person("2", "bob"), policy=renames)
    here.source.has(person("1", "bob"), person("2", "ada"))
    approve(here, here.plan(), days=9)
    assert len(here.apply().execution.done) == 3
    assert here.ledger.desk.approvals("main", here.now) == []


def test_what_is_made_of_a_part_uses_all_up_that_was_approved_together():
    """The others are in conflict by now: what is left of the change is to be approved anew."""
    update = replace(CHANGE, op=Op.UPDATE, before={}, after={"title": "Dr", "phone": "1"})
    whole = approval_print(update)
    made = replace(only(update, {"title"}), approved=("title",))
    assert used_prints(made, {whole}) == {whole}
    assert used_prints(made, {whole, approval_print(made)}) == {approval_print(made)}


def test_an_approved_change_uses_up_the_prints_that_let_it_through():
    """Of an update those of the fields by themselves, or together, or of what was left of them."""
    before = {"email": "a", "phone": "1", "title": "x"}
    after = {"email": "b", "phone": "2", "title": "y"}
    whole = replace(CHANGE, before=before, after=after, approved=("email", "phone"))

    def of(*names):
        return approval_print(only(whole, names))

    assert used_prints(whole, {of("email", "phone"), of("title"), "other"}) == {
        of("email", "phone")
    }
    assert used_prints(whole, {of("email"), of("phone")}) == {of("email"), of("phone")}
    three = replace(whole, approved=("email", "phone", "title"))
    some = {of("email"), of("phone", "title")}
    assert used_prints(three, some) == some
    assert used_prints(replace(whole, approved=()), {of("email")}) == set()
    assert used_prints(replace(whole, approved=("gone",)), {of("email")}) == set()
    assert used_prints(REMOVAL, {approval_print(REMOVAL)}) == set()
    removed = replace(REMOVAL, approved=("remove",))
    assert used_prints(removed, {approval_print(REMOVAL), "x"}) == {approval_print(REMOVAL)}
    assert used_prints(removed, {"x"}) == set()


@pytest.mark.parametrize(
    ("identity", "config", "why"),
    [
        ("wiki.x", "c0ffee", ""),
        ("wiki.x as ann", "c0ffee", ""),
        ("wiki.x as ann", "decaf", "was made with another configuration of main; plan again"),
        (
            "other.x",
            "c0ffee",
            "was made for the target at other.x, which is now wiki.x; plan again",
        ),
        (
            "wiki.xy",
            "decaf",
            "was made for the target at wiki.xy, which is now wiki.x; plan again",
        ),
        ("", "c0ffee", "was made with another configuration of main; plan again"),
    ],
)
def test_a_plan_is_approved_for_the_store_and_the_configuration_it_was_made_for(
    identity, config, why
):
    """Whoever syncd was in the store; else it says what is otherwise."""
    plan = replace(office().plan(), identity=identity, config=config)
    assert why_not_now(plan, Consent(identity="wiki.x", config="c0ffee")) == why
    assert why_not_now(replace(plan, identity=""), Consent(config=config)) == ""
