"""An undo and the ladder: a legal hold stops what it stops always, and clocks begin anew."""

import pytest
from msgspec.structs import replace

from syncd.core.hold import Hold
from syncd.core.model import Key
from syncd.core.policy import Leavers, Policy
from syncd.cycle import subjects
from syncd.ledger import Wanted
from tests.world import ADA, ENGINEERING, FREE, KIM, ZOE, Office, group, ids, opened

WORDS = "legal hold: case 4711, by ann since 2026-04-01"
LADDER = Policy(budgets={}, leavers=Leavers.DELETE, strip_after=FREE.grace / 2)


def hold(here: Office, key: str, *, suspend: bool = True) -> int:
    who = {"key": Key(key), "name": key, "reason": "case 4711", "by": "ann"}
    return here.ledger.desk.hold(Wanted(**who, at=here.now, until=None, suspend=suspend)).hold


def refusals(plan) -> dict[str, tuple[str, str]]:
    return {one.change.id: (one.change.name, one.rule) for one in plan.refused}


def joined() -> Office:
    """The second run made Zoe, and put her and Ada into a group."""
    here = opened(ADA, KIM, groups=[group("e", "Engineering", "3")])
    here.source.has(ADA, KIM, ZOE)
    here.source.groups = [group("e", "Engineering", "1", "2", "3")]
    here.apply()
    return here


@pytest.mark.parametrize("many", [50_000, 1])
def test_an_undo_takes_nobody_out_of_a_group_who_is_held(many, monkeypatch):
    """The plan names them, in the hold's words; a suspension is none of what it stops."""
    monkeypatch.setattr(subjects, "MANY", many)
    here = joined()
    number = hold(here, "p:2")
    plan = here.plan(undo=2)
    assert ids(plan.changes) == ["user/suspend/p:2", "member/remove/p:e/p:1"]
    assert refusals(plan) == {"member/remove/p:e/p:2": ("Zoë in Engineering", WORDS)}
    report = here.apply(undo=2)
    assert (report.unsettled, ids(report.execution.done)) == ((), ids(plan.changes))
    here.ledger.desk.release(number, "bea", here.now)
    assert ids(here.plan(undo=2).changes) == ["member/remove/p:e/p:2"]


def test_an_undo_suspends_nobody_who_is_held_active():
    """Where the hold says that they stay so; be it by the configuration."""
    here = joined()
    keeps = Hold("Zoë", "a court order", "the configuration", suspend=False, pattern=True)
    here.policy = replace(FREE, legal_holds=(keeps,))
    words = "legal hold: a court order, by the configuration"
    plan = here.plan(undo=2)
    assert ids(plan.changes) == ["member/remove/p:e/p:1"]
    assert refusals(plan) == {
        "user/suspend/p:2": ("Zoë", words),
        "member/remove/p:e/p:2": ("Zoë in Engineering", words),
    }


def gone(days: float) -> Office:
    """Ada has left, and was suspended; so many days have passed."""
    here = opened(ADA, ZOE, KIM, groups=[ENGINEERING], policy=LADDER)
    here.source.has(ZOE, KIM)
    assert ids(here.apply().execution.done) == ["user/suspend/p:1"]
    here.live_days(days)
    return here


def test_the_ladder_begins_anew_for_whom_an_undo_restores():
    """Whoever is still in no source is suspended by the next run, and each delay counts from there."""
    here = gone(15)
    assert ids(here.apply(undo=2).execution.done) == ["user/restore/p:1"]
    assert ids(here.apply().execution.done) == ["user/suspend/p:1"]
    here.live_days(14)
    assert here.apply().plan.changes == ()
    here.live_days(1)
    assert ids(here.apply().execution.done) == ["member/remove/p:e/p:1"]


def test_whom_an_undo_puts_back_into_their_groups_is_stripped_again_before_they_are_deleted():
    """However late the next run comes: the time until then counts from the second time."""
    here = gone(15)
    stripping = here.apply()
    assert ids(stripping.execution.done) == ["member/remove/p:e/p:1"]
    here.live_days(29)
    assert ids(here.apply(undo=stripping.run).execution.done) == ["member/add/p:e/p:1"]
    here.pass_days(10)
    assert ids(here.apply().execution.done) == ["member/remove/p:e/p:1"]
    here.live_days(29)
    assert here.apply().plan.changes == ()
    here.live_days(1)
    assert ids(here.apply().execution.done) == ["user/delete/p:1"]
