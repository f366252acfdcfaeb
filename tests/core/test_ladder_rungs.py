"""The rungs by themselves: which is next, when it is due, and what is ahead."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from syncd.backends.memory import GROUPS, MEMBERS, USERS
from syncd.core.ladder import (
    Ground,
    Step,
    ahead,
    delays,
    ground_of,
    has_passed,
    holds_on,
    is_due,
    may_strip,
    next_step,
    was_watched,
)
from syncd.core.memory import Memory, Watched
from syncd.core.model import Key, Kind, Op, Rung
from syncd.core.policy import Leavers, Policy, VanishedGroups
from tests.core.test_descent import DAY, GROUND, HOLD, LADDER, LINK, ago, ours
from tests.world import NOON


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


HELD = {Kind.USER: USERS, Kind.GROUP: GROUPS, Kind.MEMBER: MEMBERS}


@pytest.mark.parametrize(
    ("until", "watched", "lasts"),
    [
        (None, None, True),
        (NOON + DAY, NOON + DAY, True),
        (NOON, None, True),
        (NOON, NOON, False),
        (NOON - DAY, NOON - DAY, False),
        (NOON - DAY, NOON - 2 * DAY, True),
    ],
)
def test_a_hold_is_over_by_the_clock_and_by_runs_that_watched_a_day_after(until, watched, lasts):
    """Whether it stands in the ledger or in the configuration."""
    hold = replace(HOLD, until=until)
    later = {2 * DAY: Watched(1, NOON + 9 * DAY)}
    days = {} if watched is None else {DAY: Watched(1, watched), **later}
    kept = ground_of(LADDER, NOON, Memory(holds=(hold,), watched=days), HELD)
    legal = replace(LADDER, legal_holds=(hold,))
    said = ground_of(legal, NOON, Memory(watched=days), HELD)
    assert kept.holds == said.holds == ((hold,) if lasts else ())
    assert (kept.now, kept.watched, said.policy) == (NOON, days, legal)


@pytest.mark.parametrize("which", ["suspends", "strips", "deletes"])
def test_the_ladder_has_the_rungs_that_the_target_has(which):
    """Each by what the target can do with its kind."""
    kind, op = {
        "suspends": (Kind.USER, Op.SUSPEND),
        "strips": (Kind.MEMBER, Op.REMOVE),
        "deletes": (Kind.USER, Op.DELETE),
    }[which]
    declared = {**HELD, kind: replace(HELD[kind], ops=HELD[kind].ops - {op})}
    ground = ground_of(LADDER, NOON, Memory(), declared)
    rungs = {name: getattr(ground, name) for name in ("suspends", "strips", "deletes")}
    assert rungs == {**dict.fromkeys(rungs, True), which: False}
    assert ground_of(LADDER, NOON, Memory(), HELD) == Ground(LADDER, NOON)


@pytest.mark.parametrize(
    ("hold", "about"),
    [
        (HOLD, True),
        (replace(HOLD, who="P:1"), False),
        (replace(HOLD, who="q:7"), True),
        (replace(HOLD, who="ada"), False),
        (replace(HOLD, who="p:*"), False),
        (replace(HOLD, who="P:*", pattern=True), True),
        (replace(HOLD, who="q:*", pattern=True), True),
        (replace(HOLD, who="AD?", pattern=True), True),
        (replace(HOLD, who="*@x", pattern=True), True),
        (replace(HOLD, who="*@y", pattern=True), False),
    ],
)
def test_a_hold_is_of_a_key_or_of_a_pattern_over_names(hold, about):
    """A pattern is without case; a key is one, of any source that has the person."""
    one = ours(5, aliases=(Key("q:7"),))
    ground = replace(GROUND, holds=(hold,))
    assert holds_on(one.link, one.stored.entity, ground) == ((hold,) if about else ())
