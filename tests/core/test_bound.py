"""A saved plan is bound to what it saw: what moved does not run, the rest does, and only what it
touches is read again."""

import os
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from syncd.backends.memory import MemoryBackend
from syncd.core.bind import all_run, bind
from syncd.core.decide import decide
from syncd.core.mapping import UserMapping
from syncd.core.model import Group, Kind, Op, User
from syncd.core.policy import Adopt, Budget, Policy, Protect
from syncd.core.seen import MOVED
from syncd.cycle import Mode
from syncd.engine import ask
from syncd.errors import ConfigError
from tests.core.events import approve
from tests.core.nowhere import NOWHERE
from tests.core.test_laws import ANY
from tests.core.test_picking import same
from tests.core.worlds import POLICIES, worlds
from tests.wired import Wired
from tests.world import ADA, Office, by_hand, group, ids, office, opened, person

EXAMPLES = int(os.environ.get("SYNCD_BOUND_EXAMPLES", "6"))
PEOPLE = [person(str(n), f"user{n}", title="Engineer", phone="1") for n in range(1, 7)]
GROUPS = [group("g", "Guests", "1", "2", "3")]


def planned() -> tuple[Office, object]:
    """An office with a plan: two titles, one who leaves, one who comes back, one who is new, one
    more and one less in a group."""
    here = opened(*PEOPLE, groups=GROUPS)
    here.source.has(*PEOPLE[:4], PEOPLE[5])
    here.apply()  # the fifth has left
    one, two, three, _four, _five, _six = PEOPLE
    titled = [replace(p, attributes={**p.attributes, "title": "Doctor"}) for p in (one, two)]
    here.source.has(*titled, three, PEOPLE[4], PEOPLE[5], person("7", "user7"))
    here.source.groups = [group("g", "Guests", "1", "2", "6")]
    return here, here.plan()


HANDS = {
    "user/update/p:1": [("title", "Countess"), ("phone", "2"), None],
    "user/update/p:2": [("title", "Countess"), ("phone", "2"), None],
    "user/suspend/p:4": [("phone", "2"), ("active", False), None],
    "user/restore/p:5": [("phone", "2"), ("active", True), None],
    "user/create/p:7": ["taken"],
    "member/add/p:g/p:6": ["toggled"],
    "member/remove/p:g/p:3": ["toggled"],
}


def touch(here: Office, change, how) -> None:
    """Somebody edits, deletes or makes what the change is about."""
    memory: MemoryBackend = here.backend
    if how == "taken":
        memory.users.plant(User(user_name="user7"))
    elif how == "toggled":
        memory.members.change(
            change.ref,
            [change.member_ref] * (change.op is Op.ADD),
            [change.member_ref] * (change.op is Op.REMOVE),
        )
    elif how is None:
        memory.users.delete(change.ref)
    else:
        by_hand(memory, Kind.USER, change.ref, **dict([how]))


@given(st.data())
@settings(max_examples=EXAMPLES * 2)
def test_what_was_touched_since_does_not_run_and_the_rest_does(data):
    """Whatever field of the thing, the thing itself, or the membership, and each by its name."""
    here, saved = planned()
    assert {*ids(saved.changes)} == HANDS.keys()
    touched = data.draw(st.sets(st.sampled_from(sorted(HANDS)), max_size=4))
    changes = {one.id: one for one in saved.changes}
    for one in sorted(touched):
        touch(here, changes[one], data.draw(st.sampled_from(HANDS[one])))
    mode = data.draw(st.sampled_from([Mode.DUE, Mode.FULL]))

    report = here.apply(saved=saved, mode=mode)

    assert {*ids(report.execution.done)} == HANDS.keys() - touched
    refused = {r.change.id for r in report.plan.refused if r.rule.startswith(MOVED)}
    # Who has taken a name since is found by a list of all, or by the target.
    failed = {one.change.id for one in report.execution.failed} & {"user/create/p:7"}
    assert touched == refused | failed


UNLIMITED = POLICIES.map(lambda policy: replace(policy, budgets={}))
"""Of a few, fewer changes count: what a budget holds among all may stand in the way among them."""


@given(worlds(policies=UNLIMITED), ANY)
@settings(max_examples=EXAMPLES)
def test_where_nothing_has_moved_the_whole_plan_runs_and_a_second_time_nothing(world, history):
    """Asked about what it touches alone, the very same changes come out; and what such a run leaves
    to the next is what a plan about everybody finds."""
    world.apply()
    for step in history:
        step.happen(world)
        # Of a target whose lists are cut, single things are known better than by any list.
        if step.cut is not None or all(source.down for source in world.sources.values()):
            continue
        saved = world.plan()
        report = world.apply(saved=saved)
        assert report.plan.changes == saved.changes
        if report.unsettled or report.execution.failed:
            return  # the target did otherwise than it declares: another law's affair
        assert world.apply(saved=saved).execution.done == []
        assert same(world.plan()) == same(decide(ask(world.sync, world.ledger, world.now)))


def counted(people: int, **rest) -> tuple[Office, Counter]:
    """A large office behind a wire on which the calls are counted."""
    calls: Counter[str] = Counter()
    here = opened(
        *[person(str(n), f"user{n}", title="Engineer") for n in range(people)],
        groups=[group("g", "Guests", *map(str, range(50)))],
        **rest,
    )
    wired = Wired(here.backend, lambda when, verb: calls.update([verb] if when == "before" else []))
    wired.members = here.backend.members  # a target that can be asked for a few groups
    here.backend = wired
    return here, calls


def test_of_a_thousand_only_the_three_that_are_touched_are_read():
    """Before the run and after it; the target's lists are left alone."""
    here, calls = counted(1000)
    people = here.source.people
    people[:3] = [person(p.key, p.attributes["user_name"], title="Doctor") for p in people[:3]]
    saved = here.plan()
    calls.clear()
    assert len(here.apply(saved=saved).execution.done) == 3
    assert calls == {"users.get": 6, "users.update": 3, "batch.end": 1}
    assert here.plan().changes == ()


def test_from_some_hundreds_on_a_list_is_read():
    """One call for each would be more than there are pages."""
    here, calls = counted(300)
    here.source.has(
        *[person(p.key, p.attributes["user_name"], title="Doctor") for p in here.source.people]
    )
    saved = here.plan()
    calls.clear()
    assert len(here.apply(saved=saved).execution.done) == 300
    assert (calls["users.read"], calls["users.get"], calls["groups.read"]) == (2, 0, 0)


def test_members_are_read_of_the_groups_that_change():
    """And of those that are protected, where anything is taken from somebody."""
    policy = Policy(budgets={}, protect=Protect(groups=("Boss*",)))
    here, calls = counted(1000, policy=policy)
    asked = []
    of = here.backend.members.of
    here.backend.members.of = lambda groups: asked.append([*groups]) or of(groups)
    boss = here.backend.inner.groups.plant(Group(display_name="Bosses"))
    here.source.groups = [group("g", "Guests", *map(str, range(1, 50)))]
    here.apply()
    here.source.groups = [group("g", "Guests", *map(str, range(2, 50)))]
    saved = here.plan()
    assert ids(saved.changes) == ["member/remove/p:g/p:1"]
    asked.clear()
    calls.clear()
    here.backend.inner.members.change(boss, [saved.changes[0].member_ref], [])
    report = here.apply(saved=saved)
    assert report.execution.done == []
    assert [r.rule for r in report.plan.refused] == ["protected: member of Bosses"]
    assert asked == [sorted([boss, saved.changes[0].ref])]
    assert calls["users.read"] == calls["groups.read"] == 0


def test_who_came_back_meanwhile_is_not_suspended():
    """The sources are read, whatever the plan was made of."""
    here = opened(*PEOPLE)
    here.source.has(*PEOPLE[1:])
    saved = here.plan()
    here.source.has(*PEOPLE)
    report = here.apply(saved=saved)
    assert report.execution.done == []
    said = "it is as it was in the target, and what the sources or the rules say is not"
    assert [r.rule for r in report.plan.refused] == [f"{MOVED}: {said}"]


def test_budgets_are_judged_again_when_the_plan_is_applied():
    """What the window has seen since counts."""
    here = opened(*PEOPLE, policy=Policy(budgets={(Kind.USER, Op.SUSPEND): Budget(count=2)}))
    here.source.has(*PEOPLE[2:])
    saved = here.plan()
    assert ids(saved.changes) == ["user/suspend/p:1", "user/suspend/p:2"]
    here.source.has(*PEOPLE[:2], *PEOPLE[3:])
    here.apply()
    here.source.has(*PEOPLE[3:])
    report = here.apply(saved=saved)
    assert (len(report.execution.done), len(report.plan.held)) == (1, 1)
    (held,) = report.plan.held
    assert "2 planned, 1 done in the last 24 h, 2 allowed of 6" in held.rule
    assert report.plan.refused == ()


def test_the_last_administrator_is_guarded_by_what_the_target_has_now():
    """The other one was demoted by hand after the plan was made."""
    boss = [person(str(n), f"boss{n}", admin="true") for n in (1, 2)]
    here = opened(*boss, *PEOPLE[2:], users=UserMapping(always={"admin": "admin"}))
    here.source.has(boss[0], *PEOPLE[2:])
    here.source.supplies |= {"admin"}
    here.apply()
    other = here.backend.users.plant(User(user_name="root", admin=True))
    here.apply()
    here.source.has(*PEOPLE[2:])
    saved = here.plan()
    assert ids(saved.changes) == ["user/suspend/p:1"]
    by_hand(here.backend, Kind.USER, other, admin=False)
    report = here.apply(saved=saved)
    assert [r.rule for r in report.plan.refused] == ["protected: the last administrator"]
    assert report.execution.done == []


@pytest.mark.parametrize(
    ("field", "message"),
    [
        (
            "identity",
            "the plan was made for the target at scim https://a as u1, this is ; plan again",
        ),
        ("engine", "the plan was made by syncd scim https://a as u1, this is 0"),
    ],
)
def test_a_plan_for_another_store_of_the_same_name_never_runs(field, message):
    """Nor one that another syncd made: it may mean something else by the same words."""
    here = opened(*PEOPLE)
    here.source.has(*PEOPLE[1:])
    saved = replace(here.plan(), **{field: "scim https://a as u1"})
    with pytest.raises(ConfigError, match="^" + message[:60]):
        here.apply(saved=saved)
    assert here.accounts()["user1"]["active"] is True


def test_the_same_changes_for_two_stores_are_two_plans():
    """By their digests: or else what was approved for one could be shown for the other."""
    here, other = opened(*PEOPLE), opened(*PEOPLE)
    other.backend.own = "u1"
    for one in (here, other):
        one.source.has(*PEOPLE[:5])
    assert here.plan().changes == other.plan().changes
    assert here.plan().digest != other.plan().digest


def test_a_run_that_broke_off_is_taken_up_by_the_same_plan():
    """What was done has moved, and says so; what was not done runs."""
    here = opened(*PEOPLE)
    here.source.has(*[replace(p, attributes={**p.attributes, "title": "Doctor"}) for p in PEOPLE])
    saved = here.plan()
    kept = here.backend
    done = []

    def dies(when, verb):
        if (when, verb) == ("after", "users.update"):
            done.append(verb)
            if len(done) == 3:
                raise KeyboardInterrupt

    here.backend = Wired(kept, dies, batch_size=1)
    with pytest.raises(KeyboardInterrupt):
        here.apply(saved=saved)
    here.backend = kept
    report = here.apply(saved=saved)
    assert ids(report.execution.done) == ids(saved.changes)[3:]
    assert [(r.change.id, r.rule) for r in report.plan.refused] == [
        (one, f"{MOVED}: it is so already") for one in ids(saved.changes)[:3]
    ]


def test_what_others_changed_meanwhile_waits_for_the_next_run():
    """It is neither planned with what was approved, nor forgotten."""
    here = opened(*PEOPLE)
    here.source.has(*PEOPLE[1:])
    saved = here.plan()
    here.source.has(person("2", "user2", title="Doctor"), *PEOPLE[2:])
    assert ids(here.apply(saved=saved).execution.done) == ["user/suspend/p:1"]
    assert ids(here.plan().changes) == ["user/update/p:2"]


def test_what_takes_away_is_withheld_where_not_all_is_read_this_time():
    """As it is in any plan; what does not, runs."""
    here = opened(*PEOPLE)
    here.source.has(*PEOPLE[1:], person("7", "user7"))
    saved = here.plan()
    here.source.gaps = ("size limit exceeded",)
    report = here.apply(saved=saved)
    assert ids(report.execution.done) == ["user/create/p:7"]
    (refused,) = report.plan.refused
    assert refused.rule.startswith(
        f"{MOVED}: what takes away is withheld, for not all was read this time; it is as it was"
    )


def test_a_plan_runs_whole_only_with_all_of_its_changes_and_adoptions():
    """What `--strict` goes by."""
    here = office(ADA, policy=Policy(budgets={}, adopt=Adopt.BY_EMAIL))
    somebody = here.backend.users.plant(User(user_name="ada", email="ada@example.org"))
    saved = here.plan()
    assert all_run(saved, here.plan())
    here.backend.users.delete(somebody)
    assert not all_run(saved, bind(saved, here.plan(), NOWHERE))


TITLES = Policy(budgets={(Kind.USER, Op.UPDATE, "title"): Budget(count=0)})


def retitled(**rest):
    """The first one's title, held, and another number; and the plan of it."""
    here = opened(*PEOPLE, groups=GROUPS, policy=TITLES)
    changed = {**PEOPLE[0].attributes, "title": "Doctor", **rest}
    here.source.has(replace(PEOPLE[0], attributes=changed), *PEOPLE[1:])
    return here, here.plan()


def gone():
    """All but one have left, and one may be suspended a day; and the plan of it."""
    here = opened(*PEOPLE, policy=Policy(budgets={(Kind.USER, Op.SUSPEND): Budget(count=1)}))
    here.source.has(PEOPLE[0])
    return here, here.plan()


@pytest.mark.parametrize(
    ("begin", "number"),
    [(gone, 5), (retitled, 1), (lambda: retitled(phone="2"), 1)],
)
@pytest.mark.parametrize("mode", [Mode.DUE, Mode.FULL])
def test_what_a_saved_plan_held_and_is_approved_since_runs_with_it(begin, number, mode):
    """It was in the file for whoever approved; field by field, too."""
    here, saved = begin()
    approve(here, saved)
    report = here.apply(saved=saved, mode=mode)
    assert len(report.execution.done) == number
    assert all_run(saved, report.plan)
    assert (report.plan.held, report.plan.refused, here.plan().changes) == ((), (), ())


@pytest.mark.parametrize("by_whom", ["the source", "a hand"])
def test_what_was_held_and_is_otherwise_by_now_was_not_in_the_saved_plan(by_whom):
    """Though it is approved as it is now: the file showed something else."""
    here, saved = retitled(phone="2")
    if by_whom == "a hand":
        by_hand(here.backend, Kind.USER, here.ref("user1"), title="Countess")
    else:
        changed = {**here.source.people[0].attributes, "title": "Professor"}
        here.source.has(replace(PEOPLE[0], attributes=changed), *PEOPLE[1:])
    approve(here, here.plan(mode=Mode.FULL))
    report = here.apply(saved=saved)
    assert report.execution.done == []
    assert not all_run(saved, report.plan)
