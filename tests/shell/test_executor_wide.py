"""Targets that take several calls at once: side by side where nothing has to wait, and no other."""

import time
from collections import Counter
from threading import Barrier, BrokenBarrierError, Event, Lock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncd.backends.memory import MemoryBackend
from syncd.core.policy import Leavers, Policy, VanishedGroups
from syncd.errors import BackendError, Denied, Rejected, Unavailable
from syncd.report import Exit
from tests.core.worlds import steps, worlds
from tests.shell.test_executor import ERRORS, fates
from tests.wide import Abreast
from tests.world import ADA, EVERYONE, KIM, ZOE, group, ids, office, person

PEOPLE = [person(f"{n:03}", f"user{n:03}") for n in range(300)]
WIDTH = 4


def wide(*people, hook=lambda _when, _verb: None, groups=(), concurrency=WIDTH, **how):
    backend = Abreast(MemoryBackend(), hook, concurrency=concurrency)
    return office(*people, groups=groups, backend=backend, **how)


class Answers:
    """Raises what it is told at the given calls, counted from 0 as they come."""

    def __init__(self, answers, when="before"):
        self.answers, self.when = dict(answers), when
        self.calls: Counter[str] = Counter()
        self.at: list[float] = []
        self.turn = Lock()

    def __call__(self, when, verb):
        if verb.split(".")[1] not in {"create", "update", "delete", "change"}:
            return
        with self.turn:
            if when == "before":
                self.at.append(time.monotonic())
            number = self.calls[when]
            self.calls[when] += 1
        if when == self.when and (error := self.answers.get(number)) is not None:
            raise error


def busy(seconds=0.01):
    return Unavailable("too many requests", refused=True, retry_after=seconds)


def test_as_many_calls_are_under_way_as_the_target_takes_and_no_more():
    """Each waits until there are so many: one fewer, and the barrier would break."""
    barrier = Barrier(WIDTH)

    def hook(when, verb):
        if (when, verb) == ("before", "users.create"):
            barrier.wait(30)

    here = wide(*PEOPLE[:100], hook=hook)
    assert here.apply().exit_code == Exit.DONE
    assert here.backend.most == WIDTH


def test_what_needs_another_change_waits_for_it_and_nothing_else_does():
    """Members are added when group and user are there; names are taken when they are free."""
    everyone = group("a", "Everyone", *[one.key for one in PEOPLE])
    here = wide(*PEOPLE, groups=[everyone], concurrency=16)
    assert here.apply().execution.failed == []
    assert len(here.members()) == len(PEOPLE)
    here.source.has(*[person(f"{n:03}", f"user{n ^ 1:03}") for n in range(300)])
    assert here.apply().execution.failed == []
    assert here.plan().changes == ()


def test_a_slow_change_keeps_nobody_waiting_who_does_not_need_it():
    """The one that is stuck is not answered before all others are done."""
    others = Event()
    done = [0]

    def hook(when, verb):
        if verb != "users.create" or when == "before":
            return
        done[0] += 1
        if done[0] == 1:
            assert others.wait(30)
        elif done[0] == 50:
            others.set()

    here = wide(*PEOPLE[:50], hook=hook)
    assert here.apply().exit_code == Exit.DONE


def test_members_of_a_group_are_one_call():
    """However many they are."""
    answers = Answers({})
    everyone = group("a", "Everyone", *[one.key for one in PEOPLE])
    here = wide(*PEOPLE, groups=[everyone], hook=answers)
    here.apply()
    assert answers.calls["before"] == 1 + len(PEOPLE) + 1


def test_the_journal_is_written_in_chunks():
    """A line before each change and its end after it, but a commit for many."""
    here = wide(*PEOPLE)
    written: Counter[str] = Counter()
    for verb in ("begin", "end"):
        setattr(here.ledger, verb, counting(getattr(here.ledger, verb), verb, written))
    here.apply()
    assert written["begin"] <= 6
    assert written["end"] <= 20
    assert {line.outcome for line in here.ledger.lines()} == {"done"}


def counting(found, verb, written):
    def counted(*given):
        written[verb] += 1
        return found(*given)

    return counted


def test_a_rejection_fails_its_change_and_what_waits_for_it():
    """Everything else is done."""
    here = wide(ADA, ZOE, KIM, groups=[EVERYONE])
    create = here.backend.inner.users.create

    def fussy(key, entity):
        if entity.user_name == "Zoë":
            raise Rejected("Zoë declines")
        return create(key, entity)

    here.backend.inner.users.create = fussy
    run = here.apply().execution
    assert [(one.change.id, one.why) for one in run.failed] == [
        ("user/create/p:2", "Zoë declines"),
        ("member/add/p:a/p:2", "not tried: it waits for user/create/p:2, which failed"),
    ]
    assert here.members() == {("Everyone", "ada"), ("Everyone", "kim")}


@pytest.mark.parametrize("width", [1, WIDTH])
def test_a_creation_that_was_refused_unseen_is_made_once_the_target_lets_it(width):
    """Nobody calls before that; the creation is there once."""
    answers = Answers({0: busy(0.3), 1: busy(0.3)})
    here = wide(*PEOPLE[:20], hook=answers, concurrency=width)
    run = here.apply().execution
    assert (len(run.done), run.failed, run.unknown) == (20, [], [])
    assert len(here.accounts()) == 20
    gaps = [later - earlier for earlier, later in zip(answers.at, answers.at[1:], strict=False)]
    assert max(gaps) > 0.29


def test_a_creation_that_may_have_happened_is_not_repeated():
    """An answer that was lost is no refusal."""
    answers = Answers({0: Unavailable("connection lost")}, when="after")
    here = wide(*PEOPLE[:20], hook=answers)
    run = here.apply().execution
    assert (len(run.done), len(run.unknown)) == (19, 1)
    assert answers.calls["before"] == 20
    assert [mark.remark for mark in here.apply().plan.marks] == ["claim"]
    assert len(here.accounts()) == 20


def test_a_change_that_is_refused_again_and_again_fails():
    """There is an end to asking; nothing is in doubt."""

    def hook(when, verb):
        if (when, verb) == ("before", "users.create"):
            calls.append(verb)
            raise busy(0.001)

    calls: list[str] = []
    here = wide(ADA, hook=hook)
    run = here.apply().execution
    assert [(one.change.id, one.why) for one in run.failed] == [
        ("user/create/p:1", "too many requests")
    ]
    assert (len(calls), run.unknown, run.stopped) == (5, [], "")


def test_a_target_that_asks_to_be_left_alone_for_long_is():
    """The run ends, and the next one begins where it stopped."""
    here = wide(*PEOPLE[:20], hook=Answers({5: busy(3600)}), concurrency=1)
    run = here.apply().execution
    assert run.stopped == "the target asks to be left alone for 3600 seconds"
    assert (len(run.done), len(run.failed), len(run.untried)) == (5, 1, 14)
    here.backend.hook = lambda _when, _verb: None
    assert here.apply().exit_code == Exit.DONE


@pytest.mark.parametrize("error", [Denied, BackendError])
def test_a_denial_ends_the_run_and_what_was_not_begun_has_no_line(error):
    """Calls that are under way end, and count."""
    here = wide(*PEOPLE, hook=Answers({50: error("no")}))
    report = here.apply()
    run = report.execution
    assert fates(run) == sorted(ids(report.plan.changes))
    assert (run.denied, run.stopped) == (error is Denied, "no")
    assert len(run.untried) > 240
    lines = Counter(line.outcome for line in here.ledger.lines())
    assert lines[None] == len(run.unknown) == (error is not Denied)
    assert lines["done"] == len(run.done)
    assert lines.total() == len(PEOPLE) - len(run.untried)
    here.backend.hook = lambda _when, _verb: None
    assert here.apply().exit_code == Exit.DONE
    assert len(here.accounts()) == len(PEOPLE)


def test_calls_that_were_under_way_together_and_got_no_answer_count_once():
    """A server that is started anew loses them all; only one that stays away ends the run."""
    barrier = Barrier(WIDTH)

    def hook(when, verb):
        if (when, verb) == ("before", "users.create") and not barrier.broken:
            try:
                barrier.wait(30)
            finally:
                barrier.abort()
            raise Unavailable("reset")

    here = wide(*PEOPLE[:40], hook=safe(hook))
    run = here.apply().execution
    assert (run.stopped, len(run.unknown), len(run.done)) == ("", WIDTH, 40 - WIDTH)


def safe(hook):
    """Who was waiting when the barrier was opened has been there too."""

    def reset(when, verb):
        try:
            hook(when, verb)
        except BrokenBarrierError:
            raise Unavailable("reset") from None

    return reset


def test_a_target_that_never_answers_ends_the_run():
    """After a few calls, however many could be under way."""

    def hook(when, verb):
        if when == "before" and verb.startswith("users.create"):
            raise Unavailable("no answer")

    here = wide(*PEOPLE, hook=hook)
    report = here.apply()
    run = report.execution
    assert run.stopped == "the target did not answer 3 times in a row"
    assert fates(run) == sorted(ids(report.plan.changes))
    assert len(run.untried) > 280
    here.backend.hook = lambda _when, _verb: None
    assert here.apply().exit_code == Exit.DONE


def test_a_stop_ends_the_calls_under_way_and_begins_no_other():
    """Whatever the journal has as begun by then was done or is not in it any more."""
    asked = Event()

    def hook(when, verb):
        if (when, verb) == ("after", "users.create"):
            asked.set()
            time.sleep(0.005)

    here = wide(*PEOPLE, hook=hook)
    report = here.apply(stop=asked.is_set)
    run = report.execution
    assert run.stopped == "stopped on request"
    assert fates(run) == sorted(ids(report.plan.changes))
    assert run.untried
    assert run.done
    assert {line.outcome for line in here.ledger.lines()} == {"done"}
    assert len(here.ledger.lines()) == len(run.done)
    assert here.apply().exit_code == Exit.DONE


def test_a_stop_is_heard_while_the_target_wants_to_be_left_alone():
    """What was refused was not begun."""
    asked = Event()

    def hook(when, verb):
        if (when, verb) == ("before", "users.create"):
            asked.set()
            raise busy(60)

    for width in (1, WIDTH):
        here = wide(*PEOPLE[:10], hook=hook, concurrency=width)
        asked.clear()
        run = here.apply(stop=asked.is_set).execution
        assert (run.stopped, len(run.untried)) == ("stopped on request", 10)
        assert here.ledger.lines() == []


class Killed(BaseException):
    """The process is gone: nobody catches this."""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("moment", [0, 1, 30, 299, 300, 301])
def test_killed_in_the_middle_of_calls_the_next_run_makes_it_good(when, moment):
    """Nothing is lost and nothing is there twice."""
    everyone = group("a", "Everyone", *[one.key for one in PEOPLE[:150]])
    policy = Policy(leavers=Leavers.DELETE, vanished_groups=VanishedGroups.DELETE, budgets={})
    hook = Answers({moment: Killed()}, when)
    here = wide(*PEOPLE, groups=[everyone], hook=hook, policy=policy)
    with pytest.raises(Killed):
        here.apply()
    here.backend.hook = lambda _when, _verb: None
    here.apply()
    assert len(here.accounts()) == len(PEOPLE)
    assert len(here.members()) == 150
    plan = here.plan()
    assert (plan.changes, plan.marks, plan.conflicts) == ((), (), ())
    assert here.ledger.recall("main", here.now).open_lines == ()


def test_an_interruption_waits_for_nobody():
    """The calls under way are left to themselves; their lines stay open."""
    stuck = Event()

    def hook(when, verb):
        if (when, verb) == ("before", "users.create"):
            stuck.wait(30)

    def interrupted():
        raise KeyboardInterrupt

    here = wide(*PEOPLE, hook=hook)
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        here.apply(stop=iter_then(interrupted, 2))
    assert time.monotonic() - begun < 10
    stuck.set()
    assert {line.outcome for line in here.ledger.lines()} == {None}


def iter_then(interrupted, times):
    left = [times]

    def stop():
        left[0] -= 1
        return interrupted() if left[0] < 0 else False

    return stop


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    worlds(),
    st.lists(steps(), max_size=3),
    st.lists(
        st.tuples(
            st.integers(0, 12),
            st.sampled_from(["before", "before", "after"]),
            st.sampled_from([*ERRORS, busy]),
        ),
        max_size=4,
    ),
)
def test_whatever_the_target_answers_each_change_has_one_fate_and_the_next_runs_converge(
    world, history, faults
):
    """Errors at random calls, of which several are under way."""
    world.backend = Abreast(world.memory, concurrency=WIDTH)
    world.apply()
    for step in history:
        step.happen(world)
        # Only a lost answer comes after the effect: a refusal has none.
        early = {
            n: e("no") if e is not busy else busy() for n, when, e in faults if when == "before"
        }
        late = {n: Unavailable("no") for n, when, e in faults if when == "after"}
        before, after = Answers(early, "before"), Answers(late, "after")
        world.backend.hook = lambda *told, b=before, a=after: (b(*told), a(*told))
        report = world.apply()
        assert fates(report.execution) == sorted(ids(report.plan.changes))
        world.backend.hook = lambda _when, _verb: None
        world.apply()
        assert world.plan().marks == ()
        refs = [(link.kind, link.ref) for link in world.links()]
        assert len(refs) == len(set(refs))
