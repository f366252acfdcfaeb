"""Killed at any write to the target or the ledger, syncd loses nothing and doubles nothing."""

import os
import random
import sys
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from syncd.backends.memory import USERS, MemoryBackend
from syncd.core.correlate import UNCLEAR
from syncd.core.model import Kind, Op, State, User
from syncd.core.plan import change_id
from syncd.core.policy import Adopt, Budget, Drift, Leavers, Policy, VanishedGroups
from tests.core.worlds import steps, worlds
from tests.wired import Wired
from tests.world import ADA, ENGINEERING, EVERYONE, KIM, ZOE, by_hand, group, office, person

WRITES = {
    "create",
    "update",
    "delete",
    "change",
    "begin_run",
    "mark",
    "settle",
    "begin",
    "end",
    "end_run",
}


class Killed(BaseException):
    """The process is gone: nobody catches this."""


class Doom:
    """Kills at the nth moment; each write has one before it and one after."""

    def __init__(self, moment=None):
        self.moment = moment
        self.passed = 0

    def __call__(self, _when, verb):
        if verb.split(".")[-1] in WRITES:
            self.passed += 1
            if self.passed - 1 == self.moment:
                raise Killed


class MortalLedger:
    """A ledger whose process can be killed at each write."""

    def __init__(self, ledger, doom):
        self._ledger, self._doom = ledger, doom

    def __getattr__(self, name):
        found = getattr(self._ledger, name)
        if name not in WRITES:
            return found

        def written(*given, **named):
            self._doom("before", name)
            result = found(*given, **named)
            self._doom("after", name)
            return result

        return written


def killed_at(here, moment):
    """One apply that is killed at this moment; whether it was."""
    doom = Doom(moment)
    whole, here.ledger, here.backend.hook = here.ledger, MortalLedger(here.ledger, doom), doom
    try:
        here.apply()
    except Killed:
        return True
    finally:
        here.ledger, here.backend.hook = whole, lambda _when, _verb: None
    return False


def state(here):
    """All that two runs may be compared by: refs are told by the login that they stand for."""
    memory = here.backend.inner
    names = {s.ref: s.entity.user_name for s in memory.users.read()}
    names |= {s.ref: s.entity.display_name for s in memory.groups.read()}
    links = {
        (link.kind, link.key): (names.get(link.ref), link.left_at, link.suspended_at)
        for link in here.links()
    }
    return memory.snapshot(), links


def scene(batch_size, **rest):
    policy = Policy(
        leavers=Leavers.DELETE, vanished_groups=VanishedGroups.DELETE, budgets={}, **rest
    )
    return office(
        ADA,
        ZOE,
        KIM,
        groups=[ENGINEERING, EVERYONE],
        policy=policy,
        backend=Wired(MemoryBackend(), batch_size=batch_size),
    )


def joining(batch_size):
    return scene(batch_size)


def adopting(batch_size):
    here = scene(batch_size, adopt=Adopt.BY_EMAIL, adopt_groups=True)
    here.backend.inner.users.plant(User(user_name="ada.l", email="ADA@example.org"))
    return here


def moving(batch_size):
    """Ada and Kim swap logins, Zoë is suspended, Max joins, a group is renamed and one vanishes."""
    here = scene(batch_size)
    here.apply()
    here.source.has(
        person("1", "kim", email="ada@example.org"),
        person("2", "Zoë", State.SUSPENDED, email="zoe@example.org"),
        person("3", "ada", email="kim@example.org"),
        person("4", "max"),
    )
    here.source.groups = [group("e", "Research", "1", "4")]
    return here


def leaving(batch_size):
    """Zoë leaves, and her address goes to Ada."""
    here = scene(batch_size)
    here.apply()
    here.source.has(person("1", "ada", email="zoe@example.org"), KIM)
    return here


def deleting(batch_size):
    """The grace of Zoë and of a group is over."""
    here = leaving(batch_size)
    here.source.groups = [ENGINEERING]
    here.apply()
    here.live_days(31)
    return here


def returning(batch_size):
    """Zoë is back, and Kim's account has been deleted by hand."""
    here = leaving(batch_size)
    here.apply()
    here.source.has(ADA, ZOE, KIM)
    here.backend.inner.users.delete(here.ref("kim"))
    return here


SCENES = [joining, adopting, moving, leaving, deleting, returning]
EVERY = int(os.environ.get("SYNCD_EDGES_EVERY", "4"))
"""How many moments there are for each that is tried, from any on; `make nightly` tries all."""


@pytest.mark.parametrize(
    ("begin", "batch_size"), [*((one, 1) for one in SCENES), (moving, 100), (deleting, 100)]
)
def test_killed_at_any_write_the_next_run_ends_where_an_undisturbed_one_does(begin, batch_size):
    """Same accounts, same links, same stamps, and nothing open."""
    undisturbed = begin(batch_size)
    undisturbed.apply()
    first = random.randrange(EVERY)
    sys.stdout.write(f"from moment {first}\n")
    for moment in count(first, EVERY):
        here = begin(batch_size)
        killed = killed_at(here, moment)
        here.apply()
        assert state(here) == state(undisturbed)
        plan = here.plan()
        assert (plan.changes, plan.marks, plan.conflicts) == ((), (), ())
        assert here.ledger.recall("main", here.now).open_lines == ()
        if not killed:
            assert moment > 4
            break


def test_a_run_that_was_killed_is_told_of():
    """History says that it broke off."""
    here = joining(1)
    killed_at(here, 9)
    here.apply()
    assert [run.outcome for run in here.ledger.runs()] == ["done", "broken off"]


def killed_after(here, writes):
    """One apply that is killed when so many writes have reached the target; its run, or None."""
    done = count(1)

    def hook(when, verb):
        is_write = verb.split(".")[-1] in {"create", "update", "delete", "change"}
        if when == "after" and is_write and next(done) == writes:
            raise Killed

    here.backend.hook = hook
    try:
        here.apply()
    except Killed:
        return here.ledger.runs()[0].run
    finally:
        here.backend.hook = lambda _when, _verb: None
    return None


def ends(here, run):
    """The ids of a run's changes by what became of them."""
    found = {"done": set(), "moot": set()}
    for line in here.ledger.chronicle.lines_of(run, limit=1000):
        found[line.outcome].add(change_id(line.op, line.kind, line.key, line.member))
    return found


@pytest.mark.parametrize("begin", [joining, moving, leaving, deleting, returning])
def test_what_a_killed_run_had_done_is_done_in_its_journal(begin):
    """Whatever it was: what did not happen is what the next run does instead."""
    for writes in count(1):
        here = begin(1)
        if (run := killed_after(here, writes)) is None:
            break
        here.apply()
        assert ends(here, run)["done"]
        assert ends(here, run)["moot"] <= ends(here, run + 1)["done"]
    assert writes > 1


def retitled(**rest):
    """Ada is a doctor, and the run that wrote it was killed when it had."""
    here = office(ADA, ZOE, backend=Wired(MemoryBackend(), batch_size=1), **rest)
    here.apply()
    here.source.has(DOCTOR, ZOE)
    return here, killed_after(here, 1)


DOCTOR = replace(ADA, attributes={**ADA.attributes, "title": "Doctor"})


def test_a_run_that_was_killed_after_its_effect_is_undone():
    """As soon as the next run has found out what it did."""
    here, run = retitled()
    here.apply()
    plan = here.plan(undo=run)
    assert [(one.key, one.after) for one in plan.changes] == [("p:1", {"title": "Engineer"})]


def test_what_a_killed_run_wrote_was_written_by_syncd():
    """A hand that changes it then is not taken for what was there before."""
    here, _ = retitled()
    here.apply()
    by_hand(here.backend.inner, Kind.USER, here.ref("ada"), title="Countess")
    here.policy = Policy(drift={"title": Drift.REPORT})
    assert [one.change.before for one in here.plan().drifted] == [{"title": "Countess"}]


def test_what_a_killed_run_did_is_spent_though_more_is_due_of_the_same_person():
    """Of an update, the fields count that are not to be written again."""
    budget = {(Kind.USER, Op.UPDATE, "title"): Budget(count=1)}
    here, _ = retitled(policy=Policy(budgets=budget))
    moved = {**DOCTOR.attributes, "email": "ada@elsewhere"}
    here.source.has(replace(DOCTOR, attributes=moved), ZOE)
    assert [one.after for one in here.plan().changes] == [{"email": "ada@elsewhere"}]
    here.apply()
    assert here.ledger.recall("main", here.now).spent["user", "update", "title"] == 1
    here.source.has(replace(ADA, attributes={**moved, "title": "Queen"}), ZOE)
    assert [one.change.after for one in here.plan().held] == [{"title": "Queen"}]


def test_what_cannot_be_seen_to_have_been_done_is_named_where_the_run_is_undone():
    """The source went back in between, and the target has it as it was, too."""
    here, run = retitled()
    by_hand(here.backend.inner, Kind.USER, here.ref("ada"), title="Engineer")
    here.source.has(ADA, ZOE)
    here.apply()
    plan = here.plan(undo=run)
    assert plan.changes == ()
    words = f"1 change that run {run} began, and broke off, did not show then: left as it is"
    assert words in plan.notes


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    worlds(), st.lists(steps(), min_size=1, max_size=3), st.lists(st.integers(0, 40), max_size=4)
)
def test_killed_at_random_again_and_again_there_is_no_orphan_and_no_second_account(
    world, history, moments
):
    """Several deaths in a row, in any world; then runs until done."""
    for step in history:
        step.happen(world)
        for moment in moments:
            killed_at(world, moment)
        world.apply()
        world.apply()
        plan = world.plan()
        assert plan.marks == ()
        refs = [(link.kind, link.ref) for link in world.links()]
        assert len(refs) == len(set(refs))
        there = {(Kind.USER, s.ref) for s in world.memory.users.read()}
        assert {(k, ref) for k, ref in there if ref not in world.planted} <= set(refs)
        assert {change.id for change in plan.changes} <= {r.change.id for r in plan.held}


def test_the_grace_begins_anew_with_a_suspension_that_a_crash_left_in_doubt():
    """An old stamp does not let a deletion follow at once on a new suspension."""
    policy = Policy(leavers=Leavers.DELETE, budgets={})
    here = office(ADA, ZOE, policy=policy, backend=Wired(MemoryBackend(), batch_size=1))
    here.apply()
    here.source.has(ZOE)
    here.apply()
    by_hand(here.backend.inner, Kind.USER, here.ref("ada"), active=True)
    here.pass_days(100)
    doom = Doom()
    here.backend.hook = lambda when, verb: doom(when, verb) if verb == "users.update" else None
    doom.moment = 1
    with pytest.raises(Killed):
        here.apply()
    here.backend.hook = lambda _when, _verb: None
    report = here.apply()
    assert report.plan.changes == ()
    here.live_days(29)
    assert here.apply().plan.changes == ()
    here.pass_days(1)
    assert [change.op for change in here.plan().changes] == [Op.DELETE]


def test_a_doubt_that_nobody_can_settle_stays_until_somebody_does():
    """Two accounts could be the one that was made: no third is made, in no later run either."""
    holds = {Kind.USER: replace(USERS, unique=frozenset(), keeps_keys=False)}
    here = office(ADA, backend=Wired(MemoryBackend(holds=holds), batch_size=1))
    assert killed_at(here, 9)
    memory = here.backend.inner
    (made,) = memory.users.read()
    memory.users._rows[made.ref] = replace(made, key=None)
    twin = memory.users.plant(made.entity)
    for _ in range(3):
        plan = here.apply().plan
        assert (plan.changes, [p.why for p in plan.conflicts]) == ((), [UNCLEAR])
    memory.users.delete(twin)
    assert [mark.remark for mark in here.apply().plan.marks] == ["claim"]
    assert [link.ref for link in here.links()] == [made.ref]
