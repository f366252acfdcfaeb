"""A source that suddenly holds nobody cannot be believed."""

import pytest

from syncd.core.desired import Records
from syncd.core.health import distrust_empty
from syncd.core.memory import Link
from syncd.core.model import Key, Kind, Ref
from tests.world import ADA, ENGINEERING, KIM, ZOE, ids, opened


def links(kind, *keys):
    return [Link(kind, Key(key), Ref(key), key) for key in keys]


@pytest.mark.parametrize("kind", [Kind.USER, Kind.GROUP])
def test_a_source_that_is_empty_of_what_several_came_from_has_a_gap(kind):
    """Each kind by itself; other sources' links do not count."""
    records = {"p": Records((), ()), "q": Records((), ())}
    found = distrust_empty(records, links(kind, "p:1", "p:2", "q:1", "pp:3"))
    why = f"holds no {kind} at all, but 2 that came from it are in the target; "
    why += "if that is meant, take p out of the sync's `sources`"
    assert found == {"p": Records((), (), gaps=(why,)), "q": Records((), ())}


def test_one_may_leave_a_source_empty():
    """Somebody must be able to be the last."""
    records = {"p": Records((), ())}
    assert distrust_empty(records, links(Kind.USER, "p:1")) == records


def test_a_source_that_holds_somebody_is_believed():
    """Budgets look after the rest."""
    records = {"p": Records((ADA,), (ENGINEERING,))}
    every = [*links(Kind.USER, "p:1", "p:2"), *links(Kind.GROUP, "p:e", "p:f")]
    assert distrust_empty(records, every) == records


def test_an_emptied_source_withholds_and_says_why():
    """No suspension, no removal, no mark; and the exit code is the source's."""
    here = opened(ADA, ZOE, KIM, groups=[ENGINEERING])
    here.source.people = []
    report = here.apply()
    assert (ids(report.plan.changes), report.plan.marks) == ([], ())
    assert report.plan.withheld_changes == {"user.suspend": 3}
    assert report.plan.withheld[0].startswith("source p: ")
    assert report.exit_code == 3
