"""What has not changed need not be looked at: a plan about a few is the plan about everybody."""

import msgspec
from hypothesis import given

from syncd.core.decide import decide
from tests.core.test_laws import ANY, live
from tests.core.worlds import worlds


def same(plan):
    """A plan, with those of its notes that are about one person."""
    notes = sorted(note for note in plan.notes if "suspended" in note)
    return msgspec.structs.replace(plan, notes=tuple(notes))


@given(worlds(), ANY)
def test_a_plan_is_the_same_with_and_without_the_memory_of_earlier_readings(world, history):
    """Whatever the snapshot lets syncd pass over, nothing else is planned, held or told."""
    for lived in live(world, history):
        assert same(lived.plan) == same(decide(lived.question))
