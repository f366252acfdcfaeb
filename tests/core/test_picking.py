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
from tests.wired import Wired
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


def test_a_target_that_holds_nobody_is_not_believed_though_nobody_was_ever_read_there():
    """They were made while it could not be read whole, and nothing of that was kept."""
    here = Office(sources={"p": MemorySource()})
    here.apply()
    here.source.has(ADA, ZOE)
    here.backend = Wired(here.backend)
    here.backend.cut["users"] = 1
    here.apply()
    here.backend.inner.users.read = lambda: iter(())
    here.backend.cut.clear()
    assert here.plan().changes == ()
    assert any("leaves out some that are there (2, such as" in gap for gap in here.plan().withheld)
    del here.backend.inner.users.read
    for ref in (here.ref("ada"), here.ref("Zoë")):
        here.backend.users.delete(ref)
    plan = here.plan()
    assert plan.changes == ()
    assert any("holds none of the 2 accounts" in gap for gap in plan.withheld)


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


def test_what_the_list_leaves_out_after_a_run_is_asked_for_by_the_next():
    """Else who was made would be made once more, and who leaves then would be forgotten, and stay
    active."""
    here = opened(ADA)
    shown = here.backend.users.read
    here.backend.users.read = lambda: (one for one in shown() if one.entity.user_name != "kim")
    here.source.has(replace(ADA, attributes={"user_name": "ada"}), KIM)
    assert [one.change.id for one in here.apply().unsettled] == ["user/create/p:3"]
    for people in ([ADA, KIM], [ADA]):
        here.source.has(*people)
        plan = here.plan()
        assert [one for one in ids(plan.changes) if one.endswith("p:3")] == []
        assert plan.marks == ()
        assert plan.withheld
    here.apply()
    here.backend.users.read = shown
    assert "user/suspend/p:3" in ids(here.plan().changes)
