"""Canary waves in the engine: few first, looked at again, waited for; stopped where it goes wrong."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

import syncd.engine.canary
from syncd.core.drift import ATTEMPTS
from syncd.core.model import Kind, Op
from syncd.core.policy import Cohort, Policy, Waves
from syncd.errors import Rejected, Unavailable
from syncd.executor import ON_REQUEST
from syncd.report import Exit
from tests.world import group, ids, office, person

PEOPLE = [person(str(n), f"login-{n}", title="Engineer") for n in range(1, 7)]
EVERYONE = group("a", "Everyone", *"123456")
WAIT = timedelta(minutes=10)


def careful(errors: float = 0.0) -> Policy:
    first = (Cohort(users=("login-1", "login-2"), wait=WAIT), Cohort(users=("login-3",)))
    return Policy(budgets={}, waves=Waves(first=first, minimum=3, errors=errors))


@pytest.fixture
def waited(monkeypatch):
    """Seconds that were slept; a clock that only that moves."""
    slept: list[float] = []
    monkeypatch.setattr(syncd.engine.canary.time, "sleep", slept.append)
    monkeypatch.setattr(syncd.engine.canary.time, "monotonic", lambda: sum(slept))
    return slept


def titled(here, title: str) -> None:
    here.source.has(*(replace(p, attributes={**p.attributes, "title": title}) for p in PEOPLE))


def away(here) -> None:
    """From now on the target does not answer who asks for users."""

    def unavailable(*_):
        raise Unavailable("the target is away")

    here.backend.users.get = here.backend.users.read = unavailable


def one_look_fails(here) -> None:
    """Whoever first looks at users after a write finds the target away; others do not."""
    users, broken = here.backend.users, []
    get, read, update = users.get, users.read, users.update

    def look(found):
        if broken and broken.pop():
            raise Unavailable("the target is away")
        return found

    def armed(ref, change):
        users.update = update
        broken.append(True)
        update(ref, change)

    users.get, users.read = lambda ref: look(get(ref)), lambda: look(read())
    users.update = armed


def late(here, which: str) -> None:
    """That account shows what was written to it from the second look on."""
    users, ref, waiting = here.backend.users, here.ref(which), []
    get, read, update = users.get, users.read, users.update

    def looked_at(found):
        while waiting:
            update(ref, waiting.pop())
        return found

    def later(at, change):
        if at == ref:
            waiting.append(change)
        else:
            update(at, change)

    users.get, users.read = lambda at: looked_at(get(at)), lambda: looked_at(list(read()))
    users.update = later


def titles(here) -> list[str]:
    return [one.entity.title or "" for one in here.backend.users.read()]


def broken(here, which: str, error: Exception | None = None, *, deaf: bool = False):
    """The target refuses an update of that account, or forgets it."""
    update = here.backend.users.update
    ref = here.ref(which)

    def odd(at, change):
        if at == ref and deaf:
            return
        if at == ref and error is not None:
            raise error
        update(at, change)

    here.backend.users.update = odd


def test_all_waves_come_to_what_one_would(waited):
    """After the wait that is set, and no longer."""
    here = office(*PEOPLE, groups=[EVERYONE], policy=careful())
    report = here.apply()
    assert [wave.changes for wave in report.plan.waves] == [5, 2, 6]
    assert report.exit_code == Exit.DONE
    assert len(report.execution.done) == 13
    assert waited == [1.0] * 600
    assert here.plan().changes == ()


@pytest.mark.usefixtures("waited")
def test_a_plan_shows_its_waves_and_is_bound_to_them():
    """A saved plan runs in the waves it was shown with."""
    here = office(*PEOPLE, policy=careful())
    saved = here.plan()
    assert [wave.words for wave in saved.waves] == ["login-1, login-2", "login-3", "all others"]
    assert here.apply(saved=saved).plan == saved


def test_a_failure_in_the_first_wave_spares_the_others(waited):
    """Nobody else meets the mistake; the next run begins with the same people."""
    here = office(*PEOPLE, policy=careful())
    here.apply()
    titled(here, "Doctor")
    broken(here, "login-2", Rejected("no such title"))
    waited.clear()
    report = here.apply()
    assert ids(report.execution.done) == ["user/update/p:1"]
    assert len(report.execution.untried) == 4
    assert report.execution.stopped == (
        "stopped after wave 1 of 3: of 2 changes 1 failed and 0 did not take; 0 % may "
        "(policy.waves.errors)"
    )
    assert titles(here) == ["Doctor", *["Engineer"] * 5]
    assert waited == []
    assert ids(here.plan().changes)[:2] == ["user/update/p:2", "user/update/p:3"]


@pytest.mark.usefixtures("waited")
def test_what_does_not_take_is_seen_before_the_next_wave():
    """A target that says yes and forgets."""
    here = office(*PEOPLE, policy=careful())
    here.apply()
    titled(here, "Doctor")
    broken(here, "login-1", deaf=True)
    report = here.apply()
    assert report.execution.stopped.startswith(
        "stopped after wave 1 of 3: of 2 changes 0 failed and 1 did not take"
    )
    assert [one.change.id for one in report.unsettled] == ["user/update/p:1"]
    assert titles(here).count("Doctor") == 1


@pytest.mark.usefixtures("waited")
def test_as_many_may_fail_as_the_policy_says():
    """One of two is half."""
    here = office(*PEOPLE, policy=careful(errors=50))
    here.apply()
    titled(here, "Doctor")
    broken(here, "login-2", Rejected("no such title"))
    report = here.apply()
    assert report.execution.stopped == ""
    assert titles(here).count("Doctor") == 5


@pytest.mark.usefixtures("waited")
def test_a_wave_that_cannot_be_looked_at_is_the_last():
    """What was done may be right; nobody knows."""
    here = office(*PEOPLE, policy=careful())
    here.apply()
    titled(here, "Doctor")
    here.backend.users.update = lambda _ref, _change: away(here)
    report = here.apply()
    assert report.execution.stopped == (
        "stopped after wave 1 of 3, which could not be verified: the target is away"
    )
    assert report.unverified == "the target is away"


@pytest.mark.usefixtures("waited")
def test_a_run_that_stopped_between_two_waves_is_not_done():
    """Though the last look finds all of it: a job of CI is not green while changes are untried."""
    here = office(*PEOPLE, policy=careful())
    here.apply()
    titled(here, "Doctor")
    one_look_fails(here)
    report = here.apply()
    assert report.execution.stopped.endswith("could not be verified: the target is away")
    assert (len(report.execution.untried), report.unsettled, report.unverified) == (4, (), "")
    assert report.exit_code == Exit.TARGET
    assert here.apply().exit_code == Exit.DONE


@pytest.mark.usefixtures("waited")
def test_a_target_that_is_late_for_a_wave_leaves_a_run_that_is_not_done():
    """What was not there at the look between the waves is there at the last one."""
    here = office(*PEOPLE, policy=careful())
    here.apply()
    titled(here, "Doctor")
    late(here, "login-1")
    report = here.apply()
    assert "0 failed and 1 did not take" in report.execution.stopped
    assert (len(report.execution.untried), report.unsettled) == (4, ())
    assert report.exit_code == Exit.TARGET


@pytest.mark.usefixtures("waited")
def test_a_suspension_that_never_takes_keeps_nobody_else_active():
    """It stops so many runs as anything is tried, and counts no more; it is tried all the same."""
    here = office(*PEOPLE, policy=careful())
    here.apply()
    here.source.has(PEOPLE[5])
    broken(here, "login-1", deaf=True)
    stopped = [here.apply().execution.stopped for _ in range(ATTEMPTS)]
    assert all(why.startswith("stopped after wave 1 of 3") for why in stopped)
    report = here.apply()
    assert report.execution.stopped == ""
    assert report.exit_code == Exit.NOT_CONVERGED
    assert ids(report.execution.done)[0] == "user/suspend/p:1"
    active = [name for name, one in here.accounts().items() if one["active"]]
    assert active == ["login-1", "login-6"]


@pytest.mark.usefixtures("waited")
def test_a_change_that_is_rejected_each_time_keeps_nobody_else_waiting():
    """The target's word against one person is known after so many runs."""
    here = office(*PEOPLE, policy=careful())
    here.apply()
    titled(here, "Doctor")
    broken(here, "login-1", Rejected("no such title"))
    assert all(here.apply().execution.stopped for _ in range(ATTEMPTS))
    report = here.apply()
    assert (report.execution.stopped, report.exit_code) == ("", Exit.TARGET)
    assert [one.change.id for one in report.execution.failed] == ["user/update/p:1"]
    assert titles(here) == ["Engineer", *["Doctor"] * 5]
    titled(here, "Chief")
    assert "1 failed" in here.apply().execution.stopped


def with_somebody_stubborn():
    """All but one have left, and the suspension of one did not take as often as it takes to know."""
    here = office(*PEOPLE, policy=careful())
    here.apply()
    here.source.has(PEOPLE[5])
    broken(here, "login-1", deaf=True)
    for _ in range(ATTEMPTS):
        here.apply()
    return here


@pytest.mark.usefixtures("waited")
def test_what_is_known_to_fail_excuses_nothing_else():
    """New failures beside it stop the run, and are counted alone."""
    here = with_somebody_stubborn()
    broken(here, "login-2", Rejected("no"))
    titled(here, "Doctor")
    here.source.has(here.source.people[1], here.source.people[5])
    report = here.apply()
    assert report.execution.stopped == (
        "stopped after wave 1 of 3: of 2 changes 2 failed and 0 did not take; 0 % may "
        "(policy.waves.errors); 1 that did so 3 times before, not counted"
    )


@pytest.mark.usefixtures("waited")
def test_what_never_took_under_another_configuration_counts_again():
    """The waves are there to find out what the new one does."""
    here = with_somebody_stubborn()
    here.policy = replace(here.policy, grace=timedelta(days=9))
    assert "1 did not take" in here.apply().execution.stopped


def test_who_asks_to_stop_need_not_wait(waited):
    """A service that is stopped between two waves leaves the rest for the next run."""
    here = office(*PEOPLE, policy=careful())
    report = here.apply(stop=lambda: len(waited) >= 3)
    assert report.execution.stopped == ON_REQUEST
    assert len(waited) == 3
    assert len(report.execution.untried) == 4
    here.apply()
    assert here.plan().changes == ()


def test_suspensions_come_in_waves_too(waited):
    """A wrong filter is seen after the first few."""
    here = office(*PEOPLE, policy=careful())
    here.apply()
    here.source.has(PEOPLE[5])
    seen = []
    suspend = here.backend.users.update

    def update(ref, change):
        seen.append((len(waited) > 600, change.after))
        suspend(ref, change)

    waited.extend([0.0])
    here.backend.users.update = update
    report = here.apply()
    assert [(c.kind, c.op) for c in report.execution.done] == [(Kind.USER, Op.SUSPEND)] * 5
    assert [wave.changes for wave in report.plan.waves] == [2, 1, 2]


def test_who_comes_back_while_a_run_waits_is_restored_by_the_next_one(waited):
    """A later wave makes what the plan said before the first; the sources are not asked again."""
    here = office(*PEOPLE, policy=careful())
    here.apply()
    here.source.has(PEOPLE[5])
    waited.clear()

    def all_back_meanwhile():
        if waited:
            here.source.has(*PEOPLE)
        return False

    assert len(here.apply(stop=all_back_meanwhile).execution.done) == 5
    assert {one.op for one in here.apply().execution.done} == {Op.RESTORE}
    assert here.plan().changes == ()
