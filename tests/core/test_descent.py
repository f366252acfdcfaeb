"""The next rung of a leaver, on any ground: what is planned, remembered and said of them."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from syncd.core.correlate import Ours
from syncd.core.descent import descend, ignore, spare, stops
from syncd.core.found import Found
from syncd.core.hold import Hold
from syncd.core.ladder import (
    Ground,
)
from syncd.core.memory import Link, Remark, Watched
from syncd.core.model import Key, Kind, Op, Ref, Rung, Stored, User
from syncd.core.policy import Leavers, Policy
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
    assert told(found(ours(1, active=False), cannot)) == []
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


def test_a_hold_keeps_whom_no_ladder_is_for():
    """A leaver where leavers are ignored, and in an undo whoever it is on."""
    words = "legal hold: a case, by ann since 2026-03-23"
    stopped = {(Op.DELETE, "u1"): words, (Op.REMOVE, "u1"): words}
    held = replace(GROUND, holds=(HOLD,))
    other = ours(5, key=Key("p:2"))
    other = Ours(replace(other.link, ref=Ref("u2")), other.stored)
    for ground, expected in ((held, stopped), (GROUND, {})):
        result = Found([], [], [])
        assert not ignore(ours(), ground, result)
        assert result == Found([], [], [])
        ignoring = replace(ground, policy=replace(ground.policy, leavers=Leavers.IGNORE))
        assert ignore(ours(), ignoring, result)
        assert ignore(other, ignoring, result)
        assert result == Found([], [], [], stopped=expected)
        result = Found([], [], [])
        spare([other, ours()], ground, result)
        assert result == Found([], [], [], stopped=expected)


def test_whose_leave_has_no_date_is_a_leaver_without_one():
    """As one may be who was stripped before, and is missed again."""
    result = found(ours(None, 5, 4, active=False))
    assert result.stripping == {"p:1": "leaver, stripped of groups: has left"}
