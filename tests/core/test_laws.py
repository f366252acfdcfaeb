"""The promises of docs/design.md over generated worlds and histories."""

from hypothesis import given
from hypothesis import strategies as st

from tests.core.worlds import World, steps, worlds

HISTORIES = st.lists(steps(broken=None), min_size=1, max_size=5)
WHOLE_HISTORIES = st.lists(steps(), min_size=1, max_size=4)


def live(world: World, history, check) -> None:
    """Lives through the history; `check` is told of every apply."""
    world.apply()
    for step in history:
        step.happen(world)
        if all(source.down for source in world.sources.values()):
            continue
        before = {stored.ref: stored for stored in world.memory.users.read()}
        check(world, step, before, world.apply())


@given(worlds(), WHOLE_HISTORIES)
def test_after_an_apply_the_next_plan_is_empty(world, history):
    """Convergence: on an honest target nothing is left to do, to remember or to settle."""

    def check(world, _step, _before, report):
        assert (report.execution.failed, report.unsettled) == ([], ())
        again = world.plan()
        held = {refusal.change.id for refusal in report.plan.held}
        assert {change.id for change in again.changes} <= held
        assert again.marks == ()

    live(world, history, check)
