"""What has not changed need not be looked at: a plan about a few is the plan about everybody."""

import msgspec
from hypothesis import given
from msgspec.structs import replace

from syncd.core.decide import decide
from syncd.core.memory import Remark
from syncd.core.model import Kind
from syncd.cycle import Mode
from tests.core.test_laws import ANY, live
from tests.core.worlds import worlds
from tests.world import ADA, KIM, ZOE, MemorySource, Office, by_hand, ids, opened


def same(plan):
    """A plan, with those of its notes that are about one person."""
    notes = sorted(note for note in plan.notes if "suspended" in note)
    return msgspec.structs.replace(plan, notes=tuple(notes))


@given(worlds(), ANY)
def test_a_plan_is_the_same_with_and_without_the_memory_of_earlier_readings(world, history):
    """Whatever the snapshot lets syncd pass over, nothing else is planned, held or told."""
    for lived in live(world, history):
        assert same(lived.plan) == same(decide(lived.question))


def test_what_could_not_be_proven_is_looked_at_again():
    """Gone from source and target while another source was down: forgotten once that is back."""
    here = Office(sources={"p": MemorySource([ADA]), "q": MemorySource([ZOE, KIM])})
    here.apply()
    here.sources["p"].down = True
    here.sources["q"].has(KIM)
    here.backend.users.delete(here.ref("Zoë"))
    assert here.apply().plan.marks == ()
    here.sources["p"].down = False
    assert [(mark.remark, mark.key) for mark in here.plan().marks] == [(Remark.FORGET, "q:2")]


def test_a_target_that_loses_all_accounts_one_by_one_is_not_believed():
    """As it is not where they are gone all at once."""
    here = opened(ADA, ZOE, KIM)
    refs = [here.ref(user_name) for user_name in ("ada", "Zoë", "kim")]
    here.source.has(*(replace(one, attributes=ADA.attributes) for one in (ADA, ZOE, KIM)))
    for ref in refs:  # none of them is made again, since all want one name
        here.backend.users.delete(ref)
        plan = here.apply().plan
    assert plan.changes == ()
    assert plan.withheld


def test_what_changes_in_the_target_while_a_source_is_down_is_looked_at_when_it_is_back():
    """What its people should have was not known then."""
    here = Office(sources={"p": MemorySource([ADA]), "q": MemorySource([ZOE])})
    here.apply()
    here.sources["p"].down = True
    by_hand(here.backend, Kind.USER, here.ref("ada"), title="Queen")
    assert here.apply().plan.changes == ()
    here.sources["p"].down = False
    assert ids(here.plan().changes) == ["user/update/p:1"]


def test_what_a_list_leaves_out_is_asked_for_before_it_is_taken_for_gone():
    """Else who is hidden from syncd's account would be made a second time."""
    here = opened(ADA, ZOE, KIM)
    ref = here.ref("kim")
    shown = here.backend.users.read
    for how in ({}, {"mode": Mode.FULL}):
        here.backend.users.read = lambda: (one for one in shown() if one.ref != ref)
        plan = here.plan(**how)
        assert (plan.changes, plan.marks) == ((), ())
        (gap,) = plan.withheld
        assert f"the list of all users leaves out some that are there (1, such as {ref})" in gap
    here.backend.users.delete(ref)
    assert ids(here.plan().changes) == ["user/create/p:3"]
