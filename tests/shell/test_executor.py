"""Every change has one fate, whatever the target answers, and the next run puts things right."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncd.backends.memory import MemoryBackend
from syncd.core.model import Kind, User
from syncd.core.policy import Leavers, Policy
from syncd.errors import BackendError, Conflict, Denied, NotFound, Rejected, Unavailable
from syncd.report import Exit
from tests.core.events import World
from tests.core.worlds import steps, worlds
from tests.wired import Wired
from tests.world import ADA, EVERYONE, KIM, ZOE, group, ids, office, opened, person

ERRORS = (Unavailable, BackendError, Denied, Rejected, Conflict, NotFound)
VERBS = ("users.create", "users.update", "users.delete", "groups.create", "members.change")


class Faults:
    """Raises at the given calls of writing verbs, counted from 0, before or after their effect."""

    def __init__(self, faults):
        self.faults = {number: (when, error) for number, when, error in faults}
        self.calls = -1

    def __call__(self, when, verb):
        if verb.split(".")[1] not in {"create", "update", "delete", "change"}:
            return
        self.calls += when == "before"
        planned, error = self.faults.get(self.calls, ("", None))
        if planned == when:
            raise error("the target says no")


def fates(run):
    return sorted(
        [c.id for c in (*run.done, *run.untried)]
        + [one.change.id for one in (*run.failed, *run.unknown)]
    )


def failing(verb, error, times=1, when="before", batch_size=1):
    """A target that answers this verb so, the first so many times."""
    left = [times]

    def hook(at, called):
        if (at, called) == (when, verb) and left[0]:
            left[0] -= 1
            raise error("the target says no")

    return Wired(MemoryBackend(), hook, batch_size=batch_size)


@pytest.mark.parametrize("error", [Rejected, Conflict, NotFound])
@pytest.mark.parametrize("batch_size", [1, 100])
def test_a_rejection_fails_its_change_and_what_waits_for_it(error, batch_size):
    """The rest of the run goes on, and the next run makes up for it."""
    backend = failing("users.create", error, batch_size=batch_size)
    here = office(ADA, ZOE, groups=[EVERYONE], backend=backend)
    report = here.apply()
    assert [(one.change.id, one.why) for one in report.execution.failed] == [
        ("user/create/p:1", "the target says no"),
        (
            "member/add/p:a/p:1",
            "not tried: it waits for user/create/p:1, which failed",
        ),
    ]
    assert ids(report.execution.done) == [
        "group/create/p:a",
        "user/create/p:2",
        "member/add/p:a/p:2",
    ]
    assert report.exit_code == Exit.TARGET
    assert here.apply().exit_code == Exit.DONE
    assert here.members() == {("Everyone", "ada"), ("Everyone", "Zoë")}


def test_a_deletion_of_what_is_there_all_the_same_is_not_done():
    """Not found is also what a gateway says, or who hides what one has no right to."""
    policy = Policy(leavers=Leavers.DELETE, budgets={})
    here = opened(ADA, ZOE, policy=policy, backend=failing("users.delete", NotFound))
    here.source.has(ZOE)
    here.apply()
    here.live_days(31)
    report = here.apply()
    assert [one.change.id for one in report.execution.failed] == ["user/delete/p:1"]
    assert ids(here.plan().changes) == ["user/delete/p:1"]


def test_an_update_of_what_is_gone_fails_and_a_deletion_of_it_is_done():
    """What somebody deleted meanwhile is deleted."""
    policy = Policy(leavers=Leavers.DELETE, budgets={})
    backend = failing("users.delete", NotFound, when="after")
    here = opened(ADA, ZOE, policy=policy, backend=backend)
    here.source.has(ZOE)
    here.apply()
    here.live_days(31)
    report = here.apply()
    assert ids(report.execution.done) == ["user/delete/p:1"]
    assert report.execution.failed == []


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_creation_in_doubt_is_looked_for_and_not_repeated(when):
    """The answer was lost: the account may be there or not, and either way there is one in the end."""
    here = office(ADA, backend=failing("users.create", Unavailable, when=when))
    report = here.apply()
    assert [one.change.id for one in report.execution.unknown] == ["user/create/p:1"]
    assert (report.exit_code, report.execution.stopped) == (Exit.TARGET, "")
    second = here.apply()
    assert [m.remark for m in second.plan.marks] == (["claim"] if when == "after" else [])
    assert list(here.accounts()) == ["ada"]
    assert [link.ref for link in here.links()] == [here.ref("ada")]
    assert here.plan().marks == ()


def test_a_creation_that_was_denied_is_no_doubt():
    """Who then makes the account by hand has made a foreign one, and it stays theirs."""
    here = office(ADA, backend=failing("users.create", Denied))
    report = here.apply()
    assert [one.change.id for one in report.execution.failed] == ["user/create/p:1"]
    assert (report.exit_code, report.execution.stopped) == (Exit.TARGET, "the target says no")
    here.backend.inner.users.plant(User(user_name="ada", email="ada@example.org"))
    plan = here.plan()
    assert (plan.marks, plan.changes) == ((), ())
    assert [p.why for p in plan.conflicts] == ["email 'ada@example.org' is taken by ada (u1)"]


@pytest.mark.parametrize("batch_size", [1, 100])
def test_a_denial_ends_the_run(batch_size):
    """No use in asking on; what was not begun is told of."""
    backend = failing("users.create", Denied, batch_size=batch_size)
    here = office(ADA, ZOE, groups=[EVERYONE], backend=backend)
    report = here.apply()
    run = report.execution
    assert fates(run) == sorted(ids(report.plan.changes))
    assert (run.denied, run.unknown) == (True, [])
    assert here.apply().exit_code == Exit.DONE


def test_a_denial_in_a_row_of_members_leaves_what_was_done():
    """One by one after a rejection: the first of them is a member by now."""
    calls = []

    def hook(when, verb):
        if (when, verb) == ("before", "members.change"):
            calls.append(verb)
            if len(calls) in {1, 3}:
                raise (Rejected if len(calls) == 1 else Denied)("no")

    here = office(ADA, ZOE, groups=[EVERYONE], backend=Wired(MemoryBackend(), hook, batch_size=1))
    run = here.apply().execution
    assert ids(run.done)[-1] == "member/add/p:a/p:1"
    assert [one.change.id for one in run.failed] == ["member/add/p:a/p:2"]
    assert here.apply().exit_code == Exit.DONE


def test_any_other_trouble_with_the_target_ends_the_run_and_leaves_the_batch_in_doubt():
    """A damaged store is not written on; what was done is reported all the same."""
    here = office(ADA, KIM, ZOE, backend=failing("users.create", BackendError))
    run = here.apply().execution
    assert (ids(run.done), [one.change.id for one in run.unknown], run.stopped) == (
        [],
        ["user/create/p:1"],
        "the target says no",
    )
    assert ids(run.untried) == ["user/create/p:2", "user/create/p:3"]
    assert here.apply().exit_code is Exit.DONE


def test_a_target_that_does_not_answer_three_times_in_a_row_ends_the_run():
    """What was not begun is untried, and said so."""
    people = [person(str(n), f"user{n}") for n in range(6)]
    here = office(*people, backend=failing("users.create", Unavailable, times=3))
    report = here.apply()
    assert report.execution.stopped == "the target did not answer 3 times in a row"
    assert len(report.execution.unknown) == len(report.execution.untried) == 3
    assert here.ledger.runs()[0].outcome == "stopped"
    assert here.apply().exit_code == Exit.DONE
    assert len(here.accounts()) == 6


def test_an_answer_in_between_starts_the_count_anew():
    """Only a row of failures to answer ends a run."""
    backend = Wired(MemoryBackend(), batch_size=1)
    backend.hook = Faults([(n, "before", Unavailable) for n in (0, 1, 3, 4)])
    people = [person(str(n), f"user{n}") for n in range(6)]
    here = office(*people, backend=backend)
    report = here.apply()
    assert (report.execution.stopped, len(report.execution.unknown)) == ("", 4)


def test_members_that_are_rejected_together_are_tried_one_by_one():
    """One who cannot be a member stops nobody else."""

    def hook(when, verb):
        pass

    backend = Wired(MemoryBackend(), hook)
    here = opened(ADA, ZOE, KIM, groups=[group("a", "Everyone")], backend=backend)
    zoe = here.ref("Zoë")
    change = backend.members.change

    def fussy(to, add, remove):
        if zoe in add:
            raise Rejected("Zoë declines")
        change(to, add, remove)

    backend.members.change = fussy
    here.source.groups = [EVERYONE]
    report = here.apply()
    assert [(one.change.id, one.why) for one in report.execution.failed] == [
        ("member/add/p:a/p:2", "Zoë declines")
    ]
    assert here.members() == {("Everyone", "ada"), ("Everyone", "kim")}


def test_one_call_changes_all_members_of_a_group():
    """However small a batch is, a group's members go together."""
    people = [person(str(n), f"user{n}") for n in range(30)]
    calls = []

    def hook(when, verb):
        if (when, verb) == ("before", "members.change"):
            calls.append(verb)

    backend = Wired(MemoryBackend(), hook, batch_size=1)
    everyone = group("a", "Everyone", *[p.key for p in people])
    here = office(*people, groups=[everyone], backend=backend)
    here.apply()
    here.source.groups = [group("a", "Everyone")]
    here.apply()
    assert len(calls) == 2


def test_a_stop_finishes_the_batch_in_hand():
    """What was not begun is untried, and the next run does it."""
    here = office(ADA, ZOE, KIM, backend=Wired(MemoryBackend(), batch_size=1))
    asked = iter([False, False, True])
    report = here.apply(stop=lambda: next(asked))
    assert ids(report.execution.done) == ["user/create/p:1", "user/create/p:2"]
    assert ids(report.execution.untried) == ["user/create/p:3"]
    assert report.execution.stopped == "stopped on request"
    assert ids(here.apply().execution.done) == ["user/create/p:3"]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    worlds(),
    st.lists(steps(), max_size=3),
    st.lists(
        st.tuples(
            st.integers(0, 12),
            st.sampled_from(["before", "before", "after"]),
            st.sampled_from(ERRORS),
        ),
        max_size=4,
    ),
)
def test_whatever_the_target_answers_each_change_has_one_fate_and_the_next_runs_converge(
    world: World, history, faults
):
    """Errors at random calls: every change is accounted for, and nothing is there twice."""
    world.apply()
    for step in history:
        step.happen(world)
        # Only a lost answer comes after the effect: a refusal has none.
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
        there = {(Kind.USER, s.ref) for s in world.memory.users.read()}
        assert {(k, ref) for k, ref in there if ref not in world.planted} <= set(refs)


def test_many_rejections_cost_no_more_than_as_many_successes():
    """A thousand refused changes do not slow each other down."""
    people = [person(str(n), f"user{n}") for n in range(1000)]
    here = office(*people, backend=failing("users.create", Rejected, times=1000))
    begun = time.process_time()
    assert len(here.apply().execution.failed) == 1000
    refused = time.process_time() - begun
    begun = time.process_time()
    assert len(here.apply().execution.done) == 1000
    assert refused < 2 * (time.process_time() - begun)
