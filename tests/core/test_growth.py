"""What a run is known to have led to without deciding about everybody anew."""

from datetime import timedelta
from unittest.mock import patch

from hypothesis import given
from msgspec.structs import replace

from syncd.backends.memory import MemoryBackend
from syncd.core.decide import Decision
from syncd.core.mapping import UserMapping
from syncd.core.model import Kind
from syncd.cycle import Cycle
from syncd.engine import ask
from syncd.paging import Members
from tests.core.test_laws import WHOLE, live
from tests.core.worlds import worlds
from tests.wired import Wired
from tests.world import ADA, FREE, KIM, ZOE, by_hand, group, ids, office, opened, person

MANY = [person(str(number), f"user{number}") for number in range(10, 310)]
EVERYONE = group("a", "Everyone", *(one.key for one in MANY))


@given(worlds(), WHOLE)
def test_what_is_kept_after_an_apply_is_what_a_new_look_finds(world, history):
    """To be believed by the next cycle: counts, administrators, and what is left open."""
    for lived in live(world, history):
        snapshot = world.ledger.snapshot(world.sync.name)
        head = snapshot.head()
        question = ask(world.sync, world.ledger, world.now)
        if lived.plan.withheld or question.seen.gaps:
            continue  # what could not be believed is not kept
        decision = Decision(question)
        decision.plan()
        left, facts = decision.left(), head.facts
        assert facts.population == left.totals.population
        assert facts.foreign == left.totals.foreign
        assert set(facts.administrators) == left.administrators
        assert left.open <= set(snapshot.unsettled())


def seen(here, **how):
    """An apply, and whether it was verified without deciding anew."""
    with patch.object(Cycle, "ask_again", autospec=True, side_effect=Cycle.ask_again) as asked:
        report = here.apply(**how)
    return report, not asked.called


def test_who_was_made_as_written_is_not_decided_about_again():
    """And the cycle that follows finds nothing to do."""
    here = office(*MANY, groups=[EVERYONE])
    report, at_once = seen(here)
    assert (len(report.execution.done), report.unsettled, at_once) == (601, (), True)
    assert here.plan().changes == ()


def test_what_others_change_while_much_is_written_is_found():
    """It is not taken for something that was so before."""
    here = opened(*MANY[:2])
    here.policy = replace(FREE, grace=timedelta(days=3))
    here.source.has(*MANY)
    quiet, ref = here.backend, here.ref("user10")

    def meddle(when, verb):
        if (when, verb) == ("after", "users.create"):
            by_hand(quiet, Kind.USER, ref, title="Queen")

    here.backend = Wired(quiet, meddle)
    report, at_once = seen(here)
    here.backend = quiet
    assert (len(report.execution.done), at_once) == (298, False)
    assert ids(here.plan().changes) == ["user/update/p:10"]


def test_a_member_who_is_gone_again_is_found():
    """Members are held against what was there and what was added."""
    here = office(*MANY, groups=[EVERYONE])

    class Forgetful(type(here.backend.members)):
        def of(self, groups):
            for one in super().of(groups):
                yield Members(one.group, one.users[1:])

    here.backend.members.__class__ = Forgetful
    report, at_once = seen(here)
    assert not at_once
    assert [one.change.kind for one in report.unsettled] == [Kind.MEMBER]


def test_who_suspends_updates_or_deletes_is_decided_about_again():
    """Only what is made has nothing to do with what was there."""
    here = opened(*MANY)
    here.policy = replace(FREE, grace=timedelta(days=3))
    here.source.has(*MANY[1:])
    assert seen(here)[1] is False


def test_a_run_of_a_saved_plan_leaves_the_rest_open():
    """Not all that was found was in it."""
    here = office(*MANY[:200])
    saved = here.plan()
    here.source.has(*MANY)
    assert seen(here, saved=saved)[1] is False
    assert len(here.plan().changes) == 100


def test_what_was_written_is_read_again_by_fewer_calls():
    """One by one, or all pages once more, whichever is less."""
    calls = []
    here = opened(ADA, ZOE, KIM)
    here.backend = Wired(
        here.backend, lambda when, verb: calls.append(verb) if when == "after" else None
    )
    here.source.has(person("1", "ada", title="Dr"), ZOE, KIM)
    here.apply()
    assert [verb for verb in calls if verb.startswith("users")] == [
        "users.read",
        "users.update",
        "users.get",
    ]
    calls.clear()
    here.source.has(*(person(one.key, f"new{one.key}") for one in (ADA, ZOE, KIM)))
    here.apply()
    assert calls.count("users.read") == 2
    assert calls.count("users.get") == 0


def test_a_value_that_the_target_makes_up_is_found():
    """A free attribute that nobody gave is not as it should be either."""
    inner = MemoryBackend()

    def furnish(when, verb):
        if (when, verb) == ("after", "users.create"):
            for one in inner.users.read():
                by_hand(inner, Kind.USER, one.ref, **{"attributes.room": "lobby"})

    mapping = UserMapping(always={"attributes.room": "room"})
    here = office(person("1", "ada"), users=mapping, backend=Wired(inner, furnish))
    assert seen(here)[1] is False
    assert ids(here.plan().changes) == ["user/update/p:1"]
