"""What waits in vain: told of the need that was lost first, and held where that one is."""

from syncd.core.model import Key, Kind, Op
from syncd.core.notes import Pad
from syncd.core.order import drop_waiting
from syncd.core.plan import Change, Refusal
from syncd.core.waiting import Waiting


def waits(key, *needs):
    return Change(Op.UPDATE, Kind.USER, Key(key), "", needs=tuple(needs))


GONE = "user/create/gone"
HELD = "user/create/held"
RUNS = waits("runs")
ONCE, TWICE = waits("once", GONE), waits("twice", "user/update/once")
THRICE = waits("thrice", "user/update/twice")
MANY = waits("many", "user/update/twice", "user/update/once", "user/update/runs")
LATE = waits("late", "user/update/thrice", "user/update/twice")
OF_HELD = waits("of-held", HELD)
AFTER = waits("after", "user/update/of-held")
ALL = [RUNS, ONCE, TWICE, THRICE, MANY, LATE, OF_HELD, AFTER]


def refused(change, need):
    return Refusal(change, f"waits for {need}, which does not run")


def test_of_several_needs_the_one_that_was_lost_first_is_told():
    """However they are named, and in whichever lot they were looked at."""
    for size in (1, 2, len(ALL)):
        held, fates = Pad(), Pad()
        held.note([(HELD, b"")])
        waiting = Waiting(held, fates)
        found = [waiting.drop(ALL[at : at + size]) for at in range(0, len(ALL), size)]
        assert [one for some in found for one in some.changes] == [RUNS]
        assert [one for some in found for one in some.refused] == [
            refused(ONCE, GONE),
            refused(TWICE, ONCE.id),
            refused(THRICE, TWICE.id),
            refused(MANY, ONCE.id),
            refused(LATE, TWICE.id),
        ]
        assert [one for some in found for one in some.held] == [
            refused(OF_HELD, HELD),
            refused(AFTER, OF_HELD.id),
        ]


def test_so_it_is_where_all_are_looked_at_again_and_again():
    """Of several that were lost at once the first is told."""
    found = drop_waiting(ALL, [Refusal(Change(Op.CREATE, Kind.USER, Key("held"), ""), "")])
    assert found.changes == [RUNS]
    assert {(one.change.id, one.rule) for one in found.held} == {
        (OF_HELD.id, f"waits for {HELD}, which does not run"),
        (AFTER.id, f"waits for {OF_HELD.id}, which does not run"),
    }
    assert {one.change.id for one in found.refused} == {
        one.id for one in (ONCE, TWICE, THRICE, MANY, LATE)
    }
