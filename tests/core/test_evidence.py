"""What is kept of a run leads to its plan again, to the digest, whatever the run was about."""

import os
from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.core.decide import decide
from syncd.cycle import Mode
from syncd.evidence.form import Opened
from tests.core.test_laws import ANY
from tests.core.test_quick import STATES, known, telling
from tests.core.worlds import MERGES, worlds
from tests.world import FREE, person

FEW = settings(max_examples=int(os.environ.get("SYNCD_EVIDENCE_WORLDS", "6")))
"""Each takes a whole history of applies; a night's run looks at more."""


def replayed(here, report):
    """The plan that the ledger's evidence of the run leads to; None where there is none."""
    archive = here.ledger.archive
    kept = archive.of(report.run)
    if kept is None:
        return None
    rows = partial(archive.rows, kept)
    return decide(Opened(archive.head(kept), kept.asked_at, rows).evidence().question())


@FEW
@given(worlds(), ANY)
def test_the_evidence_of_a_run_leads_to_its_plan_again(world, history):
    """First imports and later runs, held, in conflict, approved, with gaps or without."""
    for report in applied(world, history):
        if (again := replayed(world, report)) is None:
            assert (report.plan.changes, report.plan.marks) == ((), ())
        else:
            assert again == report.plan
            assert again.digest == report.plan.digest


def applied(world, history):
    """The report of each run."""
    yield world.apply()
    for step in history:
        step.happen(world)
        if not all(source.down for source in world.sources.values()):
            yield world.apply()


@FEW
@given(
    st.lists(st.tuples(STATES, st.booleans()), min_size=1, max_size=4),
    MERGES,
)
def test_so_does_that_of_a_quick_cycle(history, merge):
    """Which was about a few, and read no others."""
    here = telling(others=[person("8", "hal")], policy=FREE, merge=merge)
    for (people, groups, others), is_quick in history:
        here.source.people, here.source.groups = people, known(people, groups)
        here.sources["q"].people = others
        report = here.apply(mode=Mode.QUICK if is_quick else Mode.FULL)
        again = replayed(here, report)
        assert again is None or again == report.plan
        assert again is not None or report.plan.changes == ()
