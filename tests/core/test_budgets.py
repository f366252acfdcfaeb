"""No budget is walked around: not by many runs, not by many groups, not by another field or name."""

import os
from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.core.mapping import UserMapping
from syncd.core.model import USER_FIELDS, Kind, Op
from syncd.core.policy import ADMIN, EACH, RENAME, Budget, Leavers, Policy
from syncd.core.purses import purses
from syncd.cycle import Mode
from tests.world import MemorySource, Office, group, ids, office, opened, person

FEW = settings(max_examples=int(os.environ.get("SYNCD_BUDGET_EXAMPLES", "8")))
MAPPED = UserMapping(always={"admin": "admin"})
NUMBERS = range(1, 101)


def hundred(groups=(), policy=None, **fields):
    """A hundred people, by numbers, in the target under the default policy."""
    sources = {"p": MemorySource(supplies=USER_FIELDS - {"active"})}
    here = Office(sources=sources, users=MAPPED, policy=policy or Policy())
    here.source.has(*(somebody(number, **fields) for number in NUMBERS))
    here.source.groups = list(groups)
    report = here.apply()
    assert (report.exit_code, report.plan.held) == (0, ())
    return here


def somebody(number, name="user", **fields):
    given = {"title": f"title {number}", "email": f"{number}@example.org", **fields}
    return person(str(number), f"{name}{number}", **{k: v for k, v in given.items() if v})


def everyone(*numbers):
    return group("e", "Everyone", *map(str, numbers))


def leaves(here, number):
    here.source.has(*(one for one in here.source.people if one.key != str(number)))


def becomes(**fields):
    def step(here, number):
        leaves(here, number)
        here.source.has(*here.source.people, somebody(number, **fields))

    return step


def leaves_group(here, number):
    here.source.groups = [everyone(*range(number + 1, 101)), *here.source.groups[1:]]


DRIPS = {
    (Kind.USER, Op.SUSPEND): (leaves, 10),
    (Kind.USER, RENAME): (becomes(name="other"), 10),
    (Kind.USER, ADMIN): (becomes(admin="true"), 10),
    (Kind.USER, Op.UPDATE, "title"): (becomes(title=""), 25),
    (Kind.MEMBER, Op.REMOVE, "p:e"): (leaves_group, 50),
}


@pytest.mark.parametrize("purse", DRIPS)
def test_many_runs_of_one_hundredth_each_are_stopped(purse):
    """Within the window they do what one run may do, and no more; then a person is asked."""
    step, allowed = DRIPS[purse]
    rest = [group(f"r{n}", f"Rest {n}", *map(str, NUMBERS)) for n in range(3)]
    here = hundred([everyone(*NUMBERS), *rest] if step is leaves_group else ())
    done = Counter()
    for number in range(1, allowed + 4):
        step(here, number)
        report = here.apply(mode=Mode.QUICK if number % 2 else Mode.DUE)
        done.update(p for change in report.execution.done for p in purses(change))
        here.now += timedelta(minutes=10)
    assert done[purse] == allowed
    assert len(report.plan.held) == 3
    assert {one.rule.partition(":")[0] for one in report.plan.held} == {
        "over budget " + WORDS[purse]
    }


@pytest.mark.parametrize("purse", DRIPS)
def test_newcomers_make_no_budget_larger(purse):
    """Nine hundred come, and on the same day what is done to the hundred is held as before."""
    step, allowed = DRIPS[purse]
    here = hundred([everyone(*NUMBERS)] if step is leaves_group else ())
    here.live_days(3)
    new = range(1001, 1901)
    here.source.has(*here.source.people, *(somebody(number) for number in new))
    if step is leaves_group:
        here.source.groups = [everyone(*NUMBERS, *new)]
    assert len(here.apply().execution.done) >= 900
    here.now += timedelta(minutes=10)
    for number in NUMBERS:
        step(here, number)
    if step is leaves_group:
        here.source.groups = [everyone(*new)]
    report = here.apply()
    done = Counter(p for change in report.execution.done for p in purses(change))
    assert done[purse] <= allowed
    assert len(report.plan.held) == 100 - done[purse]
    assert all("allowed of 100 that were there 24 h ago; " in one.rule for one in report.plan.held)


WORDS = {
    (Kind.USER, Op.SUSPEND): "user.suspend",
    (Kind.USER, RENAME): "user.rename",
    (Kind.USER, ADMIN): "user.admin",
    (Kind.USER, Op.UPDATE, "title"): "user.update of title",
    (Kind.MEMBER, Op.REMOVE, "p:e"): "member.remove of group Everyone",
}
TIGHT = {
    (Kind.USER, Op.SUSPEND): Budget(count=2),
    (Kind.USER, Op.CREATE): Budget(count=4),
    (Kind.USER, RENAME): Budget(count=1),
    (Kind.USER, ADMIN): Budget(count=1),
    (Kind.USER, Op.UPDATE, EACH): Budget(count=2),
    (Kind.USER, Op.UPDATE): Budget(count=5),
    (Kind.MEMBER, Op.REMOVE): Budget(count=3),
    (Kind.MEMBER, Op.REMOVE, EACH): Budget(count=2),
    (Kind.MEMBER, Op.ADD, EACH): Budget(count=3),
}
PEOPLE = st.lists(
    st.builds(
        somebody,
        st.integers(1, 8),
        st.sampled_from(["user", "user", "other"]),
        title=st.sampled_from(["", "Dr", "Prof"]),
        admin=st.sampled_from(["", "", "true"]),
    ),
    unique_by=lambda one: one.key,
    min_size=1,
)
GROUPS = st.tuples(*(st.sets(st.integers(1, 8)) for _ in "gh"))


@FEW
@given(
    st.lists(
        st.tuples(PEOPLE, GROUPS, st.sampled_from(Mode), st.integers(0, 30)),
        min_size=2,
        max_size=8,
    )
)
def test_in_no_window_more_runs_than_is_allowed(history):
    """Whatever the sources say, in runs of any mode, minutes or a day apart."""
    here = office(policy=Policy(budgets=TIGHT, leavers=Leavers.SUSPEND), users=MAPPED)
    here.source.supplies |= {"admin"}
    done = []
    for people, groups, mode, hours in history:
        here.source.has(*people)
        here.source.groups = [
            group(key, f"group {key}", *map(str, members))
            for key, members in zip("gh", groups, strict=True)
        ]
        report = here.apply(mode=mode)
        done += [(here.now, purse) for one in report.execution.done for purse in purses(one)]
        here.now += timedelta(hours=hours)
    for end, _ in done:
        begin = end - here.policy.window
        window = Counter(purse for at, purse in done if begin <= at <= end)
        for purse, number in window.items():
            budget = here.policy.budget(purse)
            assert budget is None or number <= budget.count


def test_an_emptied_group_keeps_half_of_its_members():
    """One group of many, so that all its members are few of all; and the rule says it all."""
    others = [group(f"o{n}", f"Other {n}", *map(str, NUMBERS)) for n in range(3)]
    here = hundred([group("s", "staff", *map(str, range(1, 51))), *others])
    here.source.groups = [group("s", "staff"), *others]
    plan = here.plan()
    assert (len(plan.changes), len(plan.held)) == (25, 25)
    assert {one.rule for one in plan.held} == {
        "over budget member.remove of group staff: 50 planned, 25 allowed of 50; 25 of these held"
    }
    assert {one.op for one in plan.changes} == {Op.REMOVE}
    done = {change.id for change in here.apply().execution.done}
    again = here.plan()
    assert (ids(again.changes), len(again.held), len(done)) == ([], 25, 25)
    assert {one.rule for one in again.held} == {
        (
            "over budget member.remove of group staff: 25 planned, 25 done in the last 24 h, "
            "25 allowed of 50; 25 of these held"
        )
    }


def test_a_column_that_was_wiped_is_held_and_the_rest_of_each_update_runs():
    """Nobody waits for a title with a new address."""
    here = hundred()
    here.source.has(*(somebody(n, title="", phone="1", locale="de") for n in NUMBERS))
    plan = here.plan()
    assert len(plan.changes) == 100
    assert Counter(name for one in plan.changes for name in one.after) == {
        "phone": 100,
        "locale": 100,
        "title": 25,
    }
    assert [dict(one.change.after) for one in plan.held] == [{"title": None}] * 75
    assert {one.rule for one in plan.held} == {
        "over budget user.update of title: 100 planned, 25 allowed of 100; 75 of these held"
    }
    assert here.apply().unsettled == ()


def test_a_field_that_is_filled_for_everybody_is_within_budget():
    """Nothing is taken from anybody, and a new mapping asks nobody."""
    here = hundred(title="")
    here.source.has(*(somebody(number) for number in NUMBERS))
    plan = here.plan()
    assert (len(plan.changes), plan.held) == (100, ())


def test_a_mapping_that_makes_everybody_an_administrator_is_held():
    """In their accounts and in new ones; who is to be made with these rights waits for them."""
    here = hundred()
    here.source.has(*(somebody(number, admin="true") for number in range(1, 121)))
    plan = here.plan()
    given = [one for one in plan.changes if one.after.get("admin")]
    assert (len(given), len(plan.held)) == (10, 110)
    assert {one.op for one in given} == {Op.UPDATE, Op.CREATE}
    assert all(one.rule.startswith("over budget user.admin: 120 planned") for one in plan.held)


def test_a_first_import_is_within_every_default_budget():
    """With its groups, titles and some administrators; a small one too."""
    for number in (3, 100):
        people = [somebody(n, admin="true" if n <= 2 else "") for n in range(1, number + 1)]
        groups = [everyone(*range(1, number + 1))]
        here = office(*people, groups=groups, policy=Policy(), users=MAPPED)
        report = here.apply()
        assert (report.exit_code, report.plan.held, here.plan().held) == (0, (), ())


def test_who_is_renamed_and_suspended_draws_on_both_budgets():
    """A change of name spares nobody's budget."""
    budgets = {(Kind.USER, Op.SUSPEND): Budget(count=1), (Kind.USER, RENAME): Budget(count=1)}
    here = hundred(policy=Policy(budgets=budgets))
    here.source.has(*(somebody(n, name="other") for n in NUMBERS[:3]), *here.source.people[3:])
    assert len(here.apply().execution.done) == 1
    here.source.has(*here.source.people[3:])
    assert len(here.apply().execution.done) == 1
    here.source.has(*(somebody(n) for n in range(1, 4)), *here.source.people)
    report = here.apply()
    assert {one.rule.partition(":")[0] for one in report.plan.held} <= {"over budget user.rename"}


def test_the_same_are_held_in_a_cycle_about_a_few_and_in_one_about_everybody():
    """Of whom a cycle about a few is not, the group's size is known."""
    others = [group(f"o{n}", f"Other {n}", *map(str, NUMBERS)) for n in range(3)]
    here = hundred([everyone(*NUMBERS), *others])
    here.apply()
    here.source.groups = [everyone(*range(1, 41)), *others]
    few = here.plan(mode=Mode.QUICK)
    assert (len(few.changes), len(few.held)) == (50, 10)
    fresh = Office(sources=here.sources, backend=here.backend, ledger=here.ledger, users=MAPPED)
    fresh.policy, fresh.now = here.policy, here.now
    assert fresh.plan(mode=Mode.FULL).held == few.held


@pytest.mark.parametrize("what", ["suspend", "update", "remove"])
def test_runs_that_are_killed_again_and_again_do_no_more_than_others(what):
    """What was begun, and is not due any more, is spent."""
    budget = Budget(count=2)
    budgets = {(Kind.USER, Op.SUSPEND): budget, (Kind.USER, Op.UPDATE, "title"): budget}
    budgets[Kind.MEMBER, Op.REMOVE] = budget
    here = opened(
        *(somebody(n) for n in range(1, 9)),
        groups=[everyone(*range(1, 9))],
        policy=Policy(budgets=budgets),
    )
    if what == "suspend":
        here.source.has(somebody(8))
    elif what == "update":
        here.source.has(*(somebody(n, title="x") for n in range(1, 9)))
    else:
        here.source.groups = [everyone()]
    before, backend = state(here), here.backend
    part, verb = (backend.members, "change") if what == "remove" else (backend.users, "update")
    works = getattr(part, verb)

    def dies(*given):
        works(*given)
        raise KeyboardInterrupt

    for _ in range(4):
        setattr(part, verb, dies)
        with suppress(KeyboardInterrupt):
            here.apply()
        setattr(part, verb, works)
    here.apply()
    assert len(before ^ state(here)) == (2 if what == "remove" else 4)
    assert here.apply().execution.done == []


def state(here):
    return here.members() | {
        (name, one["title"], one["active"]) for name, one in here.accounts().items()
    }


def test_a_group_that_is_to_be_made_has_nobody_yet():
    """Of a share of it one comes, as of any small one; the next run sees who did."""
    each = {(Kind.MEMBER, Op.ADD, EACH): Budget(percent=100, minimum=0)}
    here = office(
        person("1", "ada"),
        person("2", "zoë"),
        groups=[group("n", "New", "1", "2")],
        policy=Policy(budgets=each),
    )
    (held,) = here.plan().held
    assert held.rule.startswith("over budget member.add of group New: 2 planned, 1 allowed of 0;")
