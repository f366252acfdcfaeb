"""The next rung of a leaver, on any ground: what is planned, remembered and said of them."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from syncd.core.correlate import Ours
from syncd.core.descent import descend, stops
from syncd.core.found import Found
from syncd.core.hold import Hold
from syncd.core.ladder import (
    Ground,
    Step,
    ahead,
    delays,
    has_passed,
    is_due,
    may_strip,
    next_step,
    was_watched,
)
from syncd.core.memory import Link, Remark, Watched
from syncd.core.model import Key, Kind, Op, Ref, Rung, Stored, User
from syncd.core.policy import Leavers, Policy, VanishedGroups
from tests.world import NOON

DAY = timedelta(days=1)
ADA = Stored(Ref("u1"), User(user_name="ada", email="ada@x"))
LINK = Link(Kind.USER, Key("p:1"), Ref("u1"), "ada")
LADDER = Policy(
    leavers=Leavers.DELETE, suspend_after=DAY, strip_after=2 * DAY, grace=4 * DAY, budgets={}
)
WATCHED = {number * DAY: Watched(7, NOON) for number in range(8)}
GROUND = Ground(LADDER, NOON, WATCHED)
HOLD = Hold("p:1", "a case", "ann", NOON - 9 * DAY)


def ago(days):
    return NOON - days * DAY


def ours(left=None, suspended=None, stripped=None, *, active=True, **how):
    """Their account, where each step was so many days ago."""
    stamps = (None if days is None else ago(days) for days in (left, suspended, stripped))
    names = ("left_at", "suspended_at", "stripped_at")
    link = replace(LINK, **dict(zip(names, stamps, strict=True)), **how)
    return Ours(link, replace(ADA, entity=replace(ADA.entity, active=active)))


def found(one, ground=GROUND, why="has left"):
    result = Found([], [], [])
    descend(one, why, ground, result)
    return result


def told(result):
    """Op, rung and reason of the change that there is."""
    return [(one.op, one.rung, one.reason) for one in result.changes]


def test_who_is_missed_for_the_first_time_is_remembered_so():
    """With the reason; suspended at once only where there is no delay."""
    result = found(ours())
    assert (result.changes, result.waiting) == ([], ["p:1"])
    assert [(one.remark, one.key, one.rule) for one in result.marks] == [
        (Remark.LEFT, "p:1", "has left")
    ]
    at_once = replace(GROUND, policy=replace(LADDER, suspend_after=timedelta()))
    assert told(found(ours(), at_once)) == [
        (Op.SUSPEND, Rung.SUSPEND, "leaver: has left"),
    ]
    assert told(found(ours(0.5), at_once)) == [(Op.SUSPEND, Rung.SUSPEND, "leaver: has left")]


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (ours(0.99), []),
        (ours(1), [(Op.SUSPEND, Rung.SUSPEND, "leaver since 2026-03-31: has left")]),
        (ours(5, 1.9, active=False), []),
        (ours(5, 4, 3.9, active=False), []),
        (
            ours(9, 8, 4, active=False),
            [(Op.DELETE, Rung.DELETE, "leaver since 2026-03-23, grace is over: has left")],
        ),
    ],
)
def test_each_rung_comes_after_its_own_delay(one, expected):
    """Counted from the rung before; the reason says since when they are gone."""
    result = found(one)
    assert told(result) == expected
    assert result.waiting == ["p:1"]
    for change in result.changes:
        assert (change.kind, change.key, change.name, change.ref) == (
            Kind.USER,
            "p:1",
            "ada",
            "u1",
        )
        assert dict(change.after) == ({"active": False} if change.op is Op.SUSPEND else {})


def test_who_is_stripped_loses_all_groups_and_stays_without():
    """Remembered by a mark where there is none to be taken from; not asked again after a deletion."""
    result = found(ours(5, 2, active=False))
    words = "leaver since 2026-03-27, stripped of groups: has left"
    assert (result.changes, result.stripping) == ([], {"p:1": words})
    assert [(k, m.remark, m.rule) for k, m in result.bare.items()] == [
        ("p:1", Remark.STRIPPED, "in no group to be taken from")
    ]
    stays = found(ours(5, 4, 3, active=False))
    assert (stays.bare, stays.stripping) == ({}, {"p:1": words})
    assert found(ours(9, 8, 4, active=False)).stripping == {}
    kept = found(ours(9, 8, 4, active=False), replace(GROUND, deletes=False))
    assert list(kept.stripping) == ["p:1"]
    assert found(ours(0.5)).stripping == {}


def test_whom_somebody_made_active_again_is_remembered_so():
    """They go on from the rung that they are on: active, so suspended again."""
    result = found(ours(5, 4))
    assert [one.remark for one in result.marks] == [Remark.ACTIVE]
    assert told(result) == [(Op.SUSPEND, Rung.SUSPEND, "leaver since 2026-03-27: has left")]
    assert found(ours(5, 4, active=False)).marks == []


def test_where_the_target_cannot_suspend_that_is_planned_and_the_next_rung_waits():
    """The delay of the rung that is passed over counts all the same."""
    cannot = replace(GROUND, suspends=False)
    assert told(found(ours(1), cannot)) == [
        (Op.SUSPEND, Rung.SUSPEND, "leaver since 2026-03-31: has left")
    ]
    assert told(found(ours(0.9), cannot)) == []
    assert told(found(ours(0.9, active=False), cannot)) == []
    assert found(ours(2.9), cannot).bare == {}
    assert list(found(ours(3), cannot).bare) == ["p:1"]


def test_what_a_hold_stops_is_said_in_its_words():
    """And who would be stripped by now keeps all groups; what comes after that is told of."""
    held = replace(GROUND, holds=(HOLD,))
    words = "legal hold: a case, by ann since 2026-03-23"
    result = found(ours(5, 2, active=False), held)
    assert result.stopped == {(Op.DELETE, "u1"): words, (Op.REMOVE, "u1"): words}
    assert result.notes == [f"ada keeps all groups: {words}"]
    assert (result.changes, result.stripping, result.bare) == ([], {}, {})
    assert result.waiting == ["p:1"]
    early = found(ours(5, 1.9, active=False), held)
    assert (early.notes, early.stopped) == ([], result.stopped)
    late = found(ours(9, 6, active=False), held)
    assert told(late) == [
        (Op.DELETE, Rung.DELETE, "leaver since 2026-03-23, grace is over: has left")
    ]
    others = replace(GROUND, holds=(replace(HOLD, who="p:2"),))
    assert found(ours(5, 2, active=False), others) == found(ours(5, 2, active=False))


def test_a_hold_may_keep_somebody_active():
    """The first that says so, in its own words."""
    active = replace(HOLD, reason="another", suspend=False)
    some = (HOLD, active, replace(active, reason="a third"))
    stopped = stops(ours(5), some)
    assert stopped[Op.SUSPEND, "u1"] == "legal hold: another, by ann since 2026-03-23"
    assert stopped[Op.DELETE, "u1"] == "legal hold: a case, by ann since 2026-03-23"
    assert stops(ours(5), [HOLD]).keys() == {(Op.DELETE, "u1"), (Op.REMOVE, "u1")}


@pytest.mark.parametrize(
    ("link", "active", "policy", "step"),
    [
        (LINK, True, LADDER, Step(Rung.SUSPEND, NOON, DAY)),
        (LINK, False, LADDER, Step(Rung.STRIP, NOON, 2 * DAY)),
        (ours(3, 2).link, False, LADDER, Step(Rung.STRIP, ago(2), 2 * DAY)),
        (ours(3, 2, 1).link, False, LADDER, Step(Rung.DELETE, ago(1), 4 * DAY)),
        (
            ours(3).link,
            False,
            replace(LADDER, strip_after=None),
            Step(Rung.DELETE, ago(3), 4 * DAY),
        ),
        (ours(3, 2, 1).link, False, replace(LADDER, leavers=Leavers.SUSPEND), None),
        (ours(3, 2).link, False, Policy(leavers=Leavers.SUSPEND), None),
    ],
)
def test_the_next_rung_counts_from_the_one_before(link, active, policy, step):
    """From the newest of the steps that there were."""
    assert next_step(link, Ground(policy, NOON), active=active) == step


def test_delays_of_rungs_that_are_passed_over_add_up():
    """Where the target can neither suspend nor strip."""
    ground = Ground(LADDER, NOON, suspends=False, strips=False)
    assert next_step(ours(3).link, ground, active=True) == Step(Rung.DELETE, ago(3), 7 * DAY)
    assert next_step(ours(3).link, ground, active=False) == Step(Rung.DELETE, ago(3), 6 * DAY)
    strips = replace(ground, strips=True)
    assert next_step(ours(3).link, strips, active=True) == Step(Rung.STRIP, ago(3), 3 * DAY)
    stripped = ours(3, 2, 1).link
    assert next_step(stripped, ground, active=True) == Step(Rung.DELETE, ago(1), 4 * DAY)


def test_all_delays_that_may_add_up_are_watched():
    """With that of groups, where they are deleted; and a day for holds that are over."""
    assert delays(LADDER) == {number * DAY for number in range(1, 8)}
    assert delays(replace(LADDER, strip_after=None)) == {DAY, 4 * DAY, 5 * DAY}
    suspend = replace(LADDER, leavers=Leavers.SUSPEND)
    assert delays(suspend) == {DAY, 2 * DAY, 3 * DAY}
    assert delays(Policy(leavers=Leavers.SUSPEND)) == {DAY}
    groups = Policy(
        leavers=Leavers.SUSPEND, vanished_groups=VanishedGroups.DELETE, group_grace=9 * DAY
    )
    assert delays(groups) == {DAY, 9 * DAY}


def test_a_delay_is_over_by_the_clock_and_by_runs():
    """To the moment, and by the run after the last step or a later one."""
    link = ours(5, stepped_in=3).link
    watched = {DAY: Watched(3, NOON)}
    ground = Ground(LADDER, NOON, watched)
    assert has_passed(DAY, ago(1), link, ground)
    assert not has_passed(DAY, ago(0.999), link, ground)
    assert has_passed(timedelta(), NOON + DAY, link, Ground(LADDER, NOON))
    assert not has_passed(DAY, ago(1), link, Ground(LADDER, NOON))
    assert not was_watched(DAY, replace(link, stepped_in=4), ground)
    assert was_watched(DAY, replace(link, stepped_in=2), ground)


def test_in_the_run_that_first_misses_them_nobody_goes_further_than_a_suspension():
    """And to that only where it has no delay."""
    for rung, wait, due in (
        (Rung.SUSPEND, timedelta(), True),
        (Rung.SUSPEND, DAY, False),
        (Rung.STRIP, timedelta(), False),
        (Rung.DELETE, timedelta(), False),
    ):
        assert is_due(Step(rung, ago(9), wait), LINK, GROUND) is due
        assert is_due(Step(rung, ago(9), wait), ours(9).link, GROUND)


def test_what_is_ahead_of_a_leaver_is_each_rung_after_the_one_before():
    """Who is overdue goes one step now, and the next delay counts from that."""
    steps = list(ahead(ours(0).link, GROUND, active=True))
    assert steps == [
        Step(Rung.SUSPEND, NOON, DAY),
        Step(Rung.STRIP, NOON + DAY, 2 * DAY),
        Step(Rung.DELETE, NOON + 3 * DAY, 4 * DAY),
    ]
    assert [one.due for one in steps] == [NOON + DAY, NOON + 3 * DAY, NOON + 7 * DAY]
    late = list(ahead(ours(30).link, GROUND, active=True))
    assert [one.since for one in late] == [ago(30), NOON, NOON + 2 * DAY]
    kept = replace(GROUND, policy=replace(LADDER, leavers=Leavers.SUSPEND))
    assert [one.rung for one in ahead(ours(0).link, kept, active=True)] == [
        Rung.SUSPEND,
        Rung.STRIP,
    ]


@pytest.mark.parametrize(
    ("link", "policy", "holds", "may"),
    [
        (ours(2).link, LADDER, (), True),
        (ours(1.9).link, LADDER, (), False),
        (ours(9, 1.9).link, LADDER, (), False),
        (ours(9, 2).link, LADDER, (), True),
        (ours(9, 8, 7).link, LADDER, (), False),
        (LINK, LADDER, (), False),
        (ours(9).link, replace(LADDER, strip_after=None), (), False),
        (ours(9).link, LADDER, (HOLD,), False),
        (ours(9).link, LADDER, (replace(HOLD, until=NOON + DAY),), False),
        (ours(9).link, LADDER, (replace(HOLD, until=NOON),), True),
        (ours(9).link, LADDER, (replace(HOLD, who="p:2"),), True),
        (ours(9, aliases=(Key("q:1"),)).link, LADDER, (replace(HOLD, who="q:1"),), False),
    ],
)
def test_who_may_be_due_to_be_stripped(link, policy, holds, may):
    """By the clock, and where no hold surely lasts."""
    assert may_strip(link, policy, NOON, holds) is may
