"""A source that suddenly holds nobody cannot be believed, nor can a target that holds none of ours."""

import pytest

from syncd.core.health import distrust_empty, strange_target
from syncd.core.memory import Link
from syncd.core.model import Key, Kind, Ref
from syncd.core.policy import Policy
from syncd.core.records import Records
from syncd.errors import BackendError
from tests.world import ADA, ENGINEERING, KIM, NOON, ZOE, ids, office, opened


def links(kind, *keys):
    return [Link(kind, Key(key), Ref(key), key) for key in keys]


@pytest.mark.parametrize("kind", [Kind.USER, Kind.GROUP])
def test_a_source_that_is_empty_of_what_several_came_from_has_a_gap(kind):
    """Each kind by itself; other sources' links do not count."""
    records = {"p": Records((), ()), "q": Records((), ())}
    found = distrust_empty(records, links(kind, "p:1", "p:2", "q:1", "pp:3"))
    why = f"holds no {kind} at all, but 2 that are in the target came from it; "
    why += "if that is meant, name p in the policy's `may_be_empty`"
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


def test_a_second_source_of_merged_people_is_distrusted_when_it_is_empty():
    """Their links stand under the first source's keys; what the second said of them must not go."""
    merged = [
        Link(Kind.USER, Key(f"p:{n}"), Ref(str(n)), str(n), aliases=(Key(f"q:{n}"),))
        for n in (1, 2)
    ]
    records = {"p": Records((ADA,), ()), "q": Records((), ())}
    found = distrust_empty(records, merged)
    assert (found["p"].gaps, len(found["q"].gaps)) == ((), 1)


def test_those_who_had_left_before_do_not_make_an_empty_source_strange():
    """A source that shrinks to nobody by whole readings has emptied by itself."""
    records = {"p": Records((), ())}
    gone = [Link(Kind.USER, Key(f"p:{n}"), Ref(str(n)), str(n), left_at=NOON) for n in (1, 2)]
    assert distrust_empty(records, [*gone, *links(Kind.USER, "p:3")]) == records


def test_a_source_that_may_be_empty_is_believed():
    """The administrator has said so."""
    here = opened(ADA, groups=[ENGINEERING], policy=Policy(budgets={}, may_be_empty=("p",)))
    here.source.people = []
    assert ids(here.plan().changes) == ["user/suspend/p:1"]


@pytest.mark.parametrize(("people", "groups"), [([ADA], []), ([], [ENGINEERING])])
def test_in_another_store_a_ref_is_nobodys_and_no_run_begins(people, groups):
    """Be it of one account or of a group; as long as nothing is kept anywhere, any store will do."""
    here = office(identity="a")
    here.apply()
    here.identity, here.source.people, here.source.groups = "b", people, groups
    assert here.apply().exit_code == 0
    here.identity = "c"
    assert "what syncd keeps there is in b" in here.plan().withheld[0]
    with pytest.raises(BackendError, match="target wiki: is c, but what syncd keeps there is in b"):
        here.apply()
    assert len(here.ledger.runs()) == 2


def test_a_target_that_holds_none_of_ours_is_another_one():
    """An unmounted volume: nobody is made anew, and the right one is known again later."""
    here = opened(ADA, ZOE)
    kept = dict(here.backend.users._rows)
    here.backend.users._rows.clear()
    report = here.apply()
    assert (report.plan.changes, report.plan.marks, report.exit_code) == ((), (), 4)
    (why,) = report.plan.withheld
    assert why == (
        "target wiki: holds none of the 2 accounts that syncd keeps there: is it the right one? "
        "If it was emptied on purpose, say so: `syncd ledger accept-target`"
    )
    here.backend.users._rows.update(kept)
    assert here.plan().withheld == here.plan().changes == ()
    assert strange_target({Ref("9")}, links(Kind.USER, "p:1")) == ()


def test_a_target_is_strange_where_it_holds_none_of_several():
    """One of them is enough to know it by, and groups do not count."""
    users = links(Kind.USER, "p:1", "p:2")
    (why,) = strange_target({Ref("9")}, [*users, *links(Kind.GROUP, "p:9")])
    assert why.startswith("holds none of the 2 accounts that syncd keeps there")
    assert len(strange_target(set(), users)) == 1
    assert strange_target({Ref("p:2"), Ref("9")}, users) == ()
    assert strange_target(set(), [*users[:1], *links(Kind.GROUP, "p:8", "p:9")]) == ()
