"""A plan about everybody is the same however many are looked at at once."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from syncd import planfile
from syncd.backends.memory import MemoryBackend
from syncd.core.decide import Decision, decide
from syncd.core.merge import Precedence
from syncd.core.model import Kind
from syncd.core.policy import Leavers
from syncd.core.stream import Stream
from syncd.cycle import Cycle
from syncd.cycle.look import silent
from syncd.engine import ask
from tests.core.test_laws import ANY, live
from tests.core.worlds import worlds
from tests.wired import Wired
from tests.world import (
    ADA,
    EVERYONE,
    FREE,
    ZOE,
    MemorySource,
    Office,
    group,
    office,
    opened,
    person,
)


@given(worlds(), ANY, st.integers(1, 3))
def test_read_a_slice_at_a_time_the_plan_is_the_same(world, history, at_once):
    """To the digest; what the next cycle is told of everybody too."""
    for lived in live(world, history, before=sliced(at_once)):
        whole = Decision(lived.question)
        plan, decision = lived.before
        assert plan == whole.plan() == decide(lived.question)
        assert plan.digest == whole.plan().digest
        assert decision.left() == whole.left()


def test_members_count_though_their_groups_were_not_read():
    """The list of groups was cut before the first, and no source has any more."""
    backend = Wired(MemoryBackend())
    here = opened(ADA, ZOE, groups=[EVERYONE], backend=backend)
    here.source.groups = []
    backend.cut = {"groups": 0}
    _, decision = sliced(1)(here)
    assert decision.left() == Decision(ask(here.sync, here.ledger, here.now)).left()
    assert decision.left().totals.population[Kind.MEMBER] == 2


def sliced(at_once):
    """Planned before the apply, so many at a time."""

    def planned(world):
        with Cycle(
            world.sync, world.ledger, world.now, silent, afresh=True, at_once=at_once
        ) as cycle:
            question = cycle.read()
            decision = Decision(question, cycle.apart)
            return decision.plan(), decision

    return planned


def test_what_one_account_of_a_person_has_the_other_cannot_take():
    """Two were made before it was known that they are one person's."""
    merge = Precedence(by="email")
    ada = person("1", "ada")
    here = Office(
        sources={"p": MemorySource([ada]), "q": MemorySource([person("9", "lady", email="a@x")])},
        merge=merge,
        policy=replace(FREE, leavers=Leavers.IGNORE),  # of everybody each time
    )
    here.apply()
    here.source.has(person("1", "ada", email="a@x"))
    plan = here.plan()
    assert plan.changes == ()
    assert {one.why for one in plan.conflicts} == {
        "email 'a@x' is taken by lady (u2)",
        "has a second account (u2) under q:9; decide which one stays",
    }


def test_a_large_plan_is_a_stream_that_is_saved_and_applied():
    """It is read as often as it is asked for, and long after its cycle."""
    keys = [str(number) for number in range(600)]
    here = office(
        *[person(key, f"user{key}") for key in keys], groups=[group("a", "Everyone", *keys)]
    )
    plan = here.plan()
    assert isinstance(plan.changes, Stream)
    saved = planfile.load(planfile.lines(plan))
    assert (saved, saved.digest) == (plan, plan.digest)
    assert len(here.apply(saved=saved).execution.done) == len(plan.changes) == 1201
    assert here.plan().changes == ()
