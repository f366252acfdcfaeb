"""What never settles is remembered until it was asked about and found settled: by no other cycle."""

import pytest
from msgspec.structs import replace

from syncd.backends.memory import MemoryBackend
from syncd.core.drift import ATTEMPTS
from syncd.core.model import Op
from syncd.core.past import Cause
from syncd.cycle import Mode
from tests.shell.test_unsettled import dropping, left, lying, tried_out
from tests.wired import Lying
from tests.world import ADA, ENGINEERING, KIM, ZOE, MemorySource, Office, ids, person

ADAS_TITLE = ("user/update/p:1", {"title": "Engineer"}, {"title": "Engi"})


def cut(value):
    """A target that keeps four letters of a title."""
    return value and value[:4]


def two_sources(*people):
    """Ada, whose title never settles, is in one; and others in another."""
    sources = {"p": MemorySource([ADA, KIM]), "q": MemorySource(list(people))}
    return Office(sources=sources, backend=Lying(MemoryBackend(), "title", cut))


def stuck(here):
    return here.ledger.past("main", here.sync.made_by).wheres()


def test_a_saved_plan_about_others_forgets_nobody():
    """What it did not ask about is as it was: not written again, and not told as changed outside."""
    here = lying("title", cut, ADA, KIM)
    tried_out(here)
    here.source.has(ADA, KIM, ZOE)
    saved = here.plan()
    assert ids(saved.changes) == ["user/create/p:2"]
    assert ids(here.apply(saved=saved).execution.done) == ["user/create/p:2"]
    assert left(here.plan()) == [ADAS_TITLE]
    assert here.plan().unsettled[0].change.traces["title"].cause is Cause.UNSETTLED


@pytest.mark.parametrize("mode", list(Mode))
def test_a_saved_plan_that_runs_nothing_any_more_forgets_nobody(mode):
    """Nor one for which everybody was looked at: what is due besides is not in it."""
    ada, kim = person("1", "ada"), person("3", "kim", email="k@example.org")
    here = lying("title", cut, ada, KIM)
    here.apply()
    here.source.has(ada, kim)
    saved = here.plan()
    here.source.has(person("1", "ada", title="Engineer"), kim)
    here.apply()
    known = stuck(here)
    assert here.apply(saved=saved, mode=mode).plan.changes == ()
    assert stuck(here) == known != set()


def test_what_settles_in_a_saved_plan_is_forgotten():
    """For it asked about that."""
    here = lying("title", cut, ADA, KIM)
    here.apply()
    here.source.has(person("1", "ada", email="ada@example.org", title="Lord"), KIM)
    assert stuck(here)
    here.apply(saved=here.plan())
    assert stuck(here) == set()


def test_a_source_that_is_down_forgets_nobody_of_its_people():
    """Others of another source are forgotten as ever."""
    here = two_sources(person("9", "zed", title="Cook"), person("8", "yves", title="Baker"))
    tried_out(here)
    here.sources["p"].down = True
    here.sources["q"].has(person("9", "zed", title="Cook"), person("8", "yves", title="Bake"))
    here.apply()
    here.sources["p"].down = False
    assert left(here.plan()) == [ADAS_TITLE]
    assert here.plan().changes == ()


def test_who_cannot_be_mapped_for_a_while_is_not_forgotten():
    """Of whom nothing is decided, nothing is known."""
    here = lying("title", cut, ADA, KIM)
    tried_out(here)
    here.source.has(replace(ADA, attributes={"title": "Engineer"}), KIM)
    assert here.apply().plan.failures
    here.source.has(ADA, KIM)
    assert left(here.plan()) == [ADAS_TITLE]


def test_a_suspension_that_is_withheld_for_a_while_is_not_forgotten():
    """It goes on counting where it was."""
    here = lying("active", lambda _: True, ADA, KIM)
    here.apply()
    here.source.has(KIM)
    here.apply()
    known = stuck(here)
    here.source.gaps = ("two lines are cut off",)
    assert here.apply().plan.withheld_changes == {"user.suspend": 1}
    assert stuck(here) == known != set()


def test_a_target_that_was_not_read_whole_forgets_nobody():
    """Who is not seen may be as they should be, or not."""
    here = lying("title", cut, ADA, KIM)
    tried_out(here)
    read = here.backend.users.read

    here.backend.users.read = lambda: [s for s in read() if s.entity.user_name == "kim"]
    assert here.apply().plan.withheld
    here.backend.users.read = read
    assert left(here.plan()) == [ADAS_TITLE]


@pytest.mark.parametrize("moves", ["another member", "the member"])
def test_a_member_is_forgotten_only_where_that_member_was_asked_about(moves):
    """A saved plan about another member of the same group says nothing of this one."""
    here, _ = dropping(Op.ADD)
    tried_out(here)
    assert len(stuck(here)) == 1
    here.source.has(ADA, KIM)
    if moves == "the member":
        here.source.groups = [replace(ENGINEERING, members=())]
        here.source.has(person("1", "ada", email="a@example.org"), KIM)
    here.apply(saved=here.plan())
    assert len(stuck(here)) == (1 if moves == "another member" else 0)


@pytest.mark.parametrize("runs", [1, ATTEMPTS])
def test_who_settles_is_forgotten_by_an_ordinary_cycle(runs):
    """Whatever else it is about."""
    here = lying("title", cut, ADA, KIM)
    for _ in range(runs):
        here.apply()
    here.source.has(person("1", "ada", email="ada@example.org", title="Lord"), KIM, ZOE)
    here.apply()
    assert stuck(here) == set()
