"""Targets that take many writes as one are given as many as their contract allows."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncd.backends.memory import MemoryBackend
from syncd.bulk import Delta
from syncd.core.model import Op
from syncd.core.policy import Leavers, Policy
from syncd.errors import Conflict, NotFound, Rejected, Unavailable
from tests.core.worlds import steps, worlds
from tests.shell.test_executor import ERRORS, Faults, fates
from tests.wide import Bulked
from tests.world import ADA, EVERYONE, KIM, ZOE, group, ids, office, person

PEOPLE = [person(str(n), f"user{n}", email=f"user{n}@example.org") for n in range(30)]
ALL = group("a", "Everyone", *[one.key for one in PEOPLE])


def bulked(*people, groups=(), batch_size=100, **how):
    return office(
        *people, groups=groups, backend=Bulked(MemoryBackend(), batch_size=batch_size), **how
    )


def shapes(here) -> list[tuple[str, int]]:
    """What each call was: the op and how many writes; for members, how many change."""
    found = []
    for call in here.backend.calls:
        if isinstance(call[0], Delta):
            found.append(("members", sum(len(one.add) + len(one.remove) for one in call)))
        else:
            found.append((" ".join(sorted({str(one.op) for one in call})), len(call)))
    here.backend.calls.clear()
    return found


def test_a_chunk_is_one_call_for_each_kind_and_verb():
    """However many things it is about."""
    here = bulked(*PEOPLE, groups=[ALL, group("b", "Some", "1", "2")])
    here.apply()
    assert shapes(here) == [("create", 2), ("create", 30), ("members", 32)]
    renamed = [person(one.key, f"new{one.key}") for one in PEOPLE[:10]]
    here.source.has(*renamed, *PEOPLE[10:20])
    here.source.groups = [ALL]
    assert here.apply().execution.failed == []
    assert shapes(here) == [("suspend", 10), ("members", 2), ("update", 10)]


def test_a_chunk_is_as_large_as_the_target_makes_one():
    """No call is larger, save for the members of one group."""
    here = bulked(*PEOPLE, groups=[ALL], batch_size=7)
    here.apply()
    assert shapes(here) == [
        ("create", 1),
        ("create", 6),
        *[("create", 7)] * 3,
        ("create", 3),
        ("members", 30),
    ]


def test_names_that_change_hands_are_in_later_calls_than_what_they_need():
    """Circles and a chain, all in one chunk: as many calls as the longest of them is long."""
    here = bulked(*[person(str(n), f"user{n}") for n in range(12)])
    here.apply()
    here.backend.calls.clear()
    swapped = [person(str(n), f"user{n ^ 1}") for n in range(8)]
    chain = [person("8", "user9"), person("9", "user10"), person("10", "user11")]
    here.source.has(*swapped, *chain, person("11", "free"))
    here.apply()
    assert list(here.accounts()) != []
    assert here.plan().changes == ()
    assert len(here.backend.calls) == 4


def test_a_rejected_write_fails_alone_with_what_waits_for_it():
    """The rest of the call is done, and so is the rest of the batch."""
    here = bulked(ADA, ZOE, KIM, groups=[EVERYONE])
    here.backend.hook = Faults([(2, "before", Conflict)])
    run = here.apply().execution
    assert [(one.change.id, one.why) for one in run.failed] == [
        ("user/create/p:2", "the target says no"),
        ("member/add/p:a/p:2", "not tried: it waits for user/create/p:2, which failed"),
    ]
    assert here.members() == {("Everyone", "ada"), ("Everyone", "kim")}
    here.backend.hook = lambda _when, _verb: None
    here.apply()
    assert here.plan().changes == ()


def test_what_waits_for_a_rejected_write_of_the_same_verb_is_not_tried():
    """A name that was not given up is not asked for."""
    here = bulked(person("1", "ada"), person("2", "zoe"))
    here.apply()
    here.source.has(person("1", "zoe"), person("2", "zoe2"))
    here.backend.hook = Faults([(0, "before", Rejected)])
    run = here.apply().execution
    assert [one.change.id for one in run.failed] == ["user/update/p:2", "user/update/p:1"]
    assert set(here.accounts()) == {"ada", "zoe"}


def test_members_of_one_group_that_are_rejected_together_are_tried_one_by_one():
    """Another group in the same call is done."""
    here = bulked(ADA, ZOE, KIM)
    here.apply()
    here.source.groups = [group("e", "Engineering", "1", "2"), group("a", "Everyone", "1", "3")]
    # Two groups are created, then comes the call for members.
    here.backend.hook = Faults([(2, "before", Rejected), (5, "before", Rejected)])
    run = here.apply().execution
    assert [one.change.id for one in run.failed] == ["member/add/p:a/p:3"]
    assert here.members() == {
        ("Everyone", "ada"),
        ("Engineering", "ada"),
        ("Engineering", "Zoë"),
    }


def test_a_deletion_of_what_is_gone_is_done():
    """As by the single verb."""
    policy = Policy(leavers=Leavers.DELETE, budgets={})
    here = bulked(*PEOPLE, policy=policy)
    here.apply()
    here.source.has(*PEOPLE[2:])
    here.apply()
    here.live_days(31)
    here.backend.calls.clear()
    here.backend.hook = Faults([(0, "after", NotFound)])
    run = here.apply().execution
    assert (ids(run.done), run.failed) == (["user/delete/p:0", "user/delete/p:1"], [])
    assert shapes(here) == [("delete", 2)]


def test_a_batch_of_which_the_target_says_that_it_did_nothing_is_made_again():
    """Once it has been left alone for as long as it asked."""
    here = bulked(ADA, ZOE)
    left = [2]

    def hook(when, verb):
        if (when, verb) == ("after", "batch.end") and left[0]:
            left[0] -= 1
            here.backend.inner.users._rows.clear()
            here.backend.inner.users._taken.clear()
            raise Unavailable("busy", refused=True, retry_after=0.01)

    here.backend.hook = hook
    run = here.apply().execution
    assert (len(run.done), run.unknown, run.failed) == (2, [], [])
    assert shapes(here) == [("create", 2)] * 3


def test_one_call_is_enough_for_the_members_of_a_group_in_turns():
    """A group that comes up twice in a row of calls is in two of them."""
    here = bulked(*PEOPLE, groups=[ALL, group("b", "Some", "1", "2")], batch_size=100)
    here.apply()
    here.source.groups = [group("a", "Everyone"), group("b", "Some")]
    here.backend.calls.clear()
    here.apply()
    assert shapes(here) == [("members", 32)]
    assert here.backend.members.ops == {Op.ADD, Op.REMOVE}


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    worlds(),
    st.lists(steps(), max_size=3),
    st.sampled_from([2, 5, 100]),
    st.lists(
        st.tuples(
            st.integers(0, 12),
            st.sampled_from(["before", "before", "after"]),
            st.sampled_from(ERRORS),
        ),
        max_size=4,
    ),
)
def test_whatever_the_target_answers_bulk_writes_end_as_single_ones_do(
    world, history, batch_size, faults
):
    """Every change has one fate, the contract of the calls is kept, and the next runs converge."""
    world.backend = Bulked(world.memory, batch_size=batch_size)
    world.apply()
    for step in history:
        step.happen(world)
        world.backend.hook = Faults(
            (n, when if error is Unavailable else "before", error) for n, when, error in faults
        )
        report = world.apply()
        assert fates(report.execution) == sorted(ids(report.plan.changes))
        world.backend.hook = lambda _when, _verb: None
        world.apply()
        assert world.plan().marks == ()
        refs = [(link.kind, link.ref) for link in world.links()]
        assert len(refs) == len(set(refs))
