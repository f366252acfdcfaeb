"""What another configuration would change is the difference of the plans that the engine makes."""

from collections import Counter
from dataclasses import replace as but
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

import syncd.engine.canary
from syncd import engine
from syncd.backends.memory import MemoryBackend
from syncd.core.memory import Remark
from syncd.core.model import Key, Kind, Op, User
from syncd.core.outcome import Fate, Turn, what_counts
from syncd.core.policy import Adopt, Budget, Cohort, Waves
from syncd.errors import LedgerError, SourceError
from syncd.ledger import Snapshot
from syncd.report import Exit
from syncd.whatif import (
    Otherwise,
    empty_target,
    exit_code,
    on_an_empty_target,
    on_what_was_kept,
)
from tests.core.test_laws import WHOLE, live
from tests.core.worlds import MAPPINGS, MERGES, POLICIES, steps, worlds
from tests.world import ADA, FREE, KIM, NOON, ZOE, MemorySource, Office


def said(plan):
    """What a plan says of each thing, in this test's own words, without reasons and numbers."""
    found = {}

    def note(kind, key, member, *rest):
        found.setdefault((kind, key, member), Counter())[repr(rest)] += 1

    for fate, some in (
        ("runs", plan.changes),
        ("held", [one.change for one in plan.held]),
        ("refused", [one.change for one in plan.refused]),
        ("unsettled", [one.change for one in plan.unsettled]),
        ("drifted", [one.change for one in plan.drifted]),
    ):
        for c in some:
            fields = sorted(c.before.items()), sorted(c.after.items())
            note(c.kind, c.key, c.member, fate, c.op.value, c.ref, fields, c.temporary)
    for fate, some in (("conflict", plan.conflicts), ("failure", plan.failures)):
        for one in some:
            note(one.kind, one.key, None, fate, one.why)
    for mark in plan.marks:
        if mark.remark in {Remark.ADOPT, Remark.REKEY}:
            note(mark.kind, mark.key, None, "runs", mark.remark.value, mark.ref)
    return {**leavers(plan), **found}


def leavers(plan):
    """Told of by themselves where nothing else is said of them."""
    return {(one.kind, one.key, None): one.ref for one in plan.marks if one.remark is Remark.LEFT}


def difference(before, after):
    """By thing, how it is affected."""
    was, will_be = said(before), said(after)
    return {
        thing: "newly" if thing not in was else "no longer" if thing not in will_be else "otherwise"
        for thing in was.keys() | will_be.keys()
        if was.get(thing) != will_be.get(thing)
    }


def told(supposed):
    found = {(one.kind, one.key, one.member): one.turn.value for one in supposed.difference}
    assert len(found) == len(supposed.difference)
    return found


class Files(MemorySource):
    """A source of local files."""

    local = True


class Elsewhere(MemorySource):
    """A source that must not be asked."""

    def read(self, _since=None):
        raise AssertionError("a source was asked that is elsewhere")


def sides(world, events, **given):
    """The sync under other settings once this has happened to its files: as a cycle would read
    it, and as a supposition may."""
    files = Files(
        list(world.source.people), list(world.source.groups), supplies=world.source.supplies
    )
    far = world.sources["q"]
    changed = but(world, sources={"p": files, "q": far}, **given)
    for event in events:
        event.happen(changed)
    live_sync = changed.sync
    unread = {"p": files, "q": Elsewhere(supplies=far.supplies)}
    return live_sync, but(live_sync, sources=unread, backend=None)


def noted(plan):
    """A quick cycle does not look at everybody, and knows general remarks from earlier ones."""
    return replace(plan, notes=()).digest


def of_files(step):
    return [event for event in step.events if getattr(event, "source", None) == "p"]


SETTINGS = st.fixed_dictionaries(
    {}, optional={"policy": POLICIES, "users": MAPPINGS, "merge": MERGES}
)


@settings(max_examples=max(1, settings().max_examples // 5))
@given(worlds(), WHOLE, st.tuples(steps(), steps()), SETTINGS)
def test_what_would_be_otherwise_is_what_the_plans_of_two_cycles_differ_in(
    world, history, edits, given_otherwise
):
    """Under any two configurations, with any two states of the files, on any history."""
    kept = [lived for lived in live(world, history) if not lived.plan.withheld]
    if not kept or kept[-1].report.run != world.ledger.snapshot("main").head().sides.run:
        return
    (here, before), (there, after) = (
        sides(world, of_files(edits[0])),
        sides(world, of_files(edits[1]), **given_otherwise),
    )
    plans = [engine.plan(sync, world.ledger, world.now) for sync in (here, there)]
    supposed = on_what_was_kept(
        Otherwise(before, "the old"), Otherwise(after, "the new"), world.ledger, world.now
    )
    assert [noted(supposed.before), noted(supposed.after)] == [noted(plan) for plan in plans]
    assert told(supposed) == difference(*plans)
    counted = Counter(
        turn for turn, some in supposed.counts.items() for _ in range(sum(some.values()))
    )
    assert counted == Counter(difference(*plans).values())


@settings(max_examples=max(1, settings().max_examples // 5))
@given(worlds(), st.tuples(steps(), steps()), SETTINGS)
def test_without_a_ledger_the_first_configuration_stands_for_what_the_target_has(
    world, edits, given_otherwise
):
    """As in an office that began with an empty target and applied the first without a budget."""
    here = but(world, sources={"p": Files(list(world.source.people), list(world.source.groups))})
    there = but(here, sources={"p": Files(*(list(of) for of in parts(here)))}, **given_otherwise)
    for where, step in zip((here, there), edits, strict=True):
        for event in of_files(step):
            event.happen(where)
    target = empty_target(MemoryBackend.declares)
    before, after = (but(where, backend=target).sync for where in (here, there))
    supposed = on_an_empty_target(before, after, world.now)

    office = Office(
        sources=here.sources,
        policy=replace(here.policy, budgets={}),
        merge=here.merge,
        users=here.users,
        now=world.now - timedelta(days=2),
    )
    office.apply()
    office.now = world.now
    office.policy = here.policy
    was = office.plan()
    office.sources, office.policy = there.sources, there.policy
    office.users, office.merge = there.users, there.merge
    assert told(supposed) == difference(was, office.plan())


def parts(where):
    return where.source.people, where.source.groups


def test_a_run_that_broke_off_since_is_told():
    """What it did is not in what was kept."""
    here = opened(ADA, sources_are=Files)
    here.ledger.begin_run("main", here.plan(), here.now)
    assert suppose(here).grounds.overtaken_by == 2


def opened(*people, sources_are, **rest):
    result = Office(sources={"p": sources_are(list(people))}, **rest)
    result.apply()
    return result


def suppose(here, **given):
    one, other = (but(sync, backend=None) for sync in (here.sync, but(here, **given).sync))
    return on_what_was_kept(Otherwise(one, "old"), Otherwise(other, "new"), here.ledger, here.now)


def test_what_a_run_renews_meanwhile_is_supposed_about_again(monkeypatch):
    """Both plans stand on one reading, or there is no answer."""
    here = opened(ADA, sources_are=Files)
    real = Snapshot.head

    def renewed(numbers):
        monkeypatch.setattr(Snapshot, "head", lambda one: replace(real(one), quick=next(numbers)))

    renewed(iter(range(99)))
    with pytest.raises(LedgerError, match="again and again"):
        suppose(here)
    renewed(iter([0, 1, 1, 1]))
    assert len(suppose(here).difference) == 0


def test_an_account_that_would_become_syncds_is_told():
    """An adoption is no change, and still concerns somebody."""
    here = Office(sources={"p": Files([ADA])})
    here.backend.users.create(Key("x"), User(user_name="ada", email="ada@example.org"))
    here.apply()
    (one,) = suppose(here, policy=replace(FREE, adopt=Adopt.BY_USER_NAME)).difference
    assert (one.turn, one.before[0].fate, one.before[0].what) == (Turn.OTHERWISE, Fate.CONFLICT, "")
    assert {(outcome.fate, outcome.what) for outcome in one.after} == {
        (Fate.RUNS, "adopt"),
        (Fate.RUNS, "update"),
    }
    assert what_counts(one) in {"user.adopt", "user.update"}


def test_only_other_words_affect_nobody():
    """Whoever is over a budget stays so, whatever others spent of it: they are not affected."""
    here = opened(ADA, ZOE, KIM, sources_are=Files)
    here.source.has(ADA, ZOE)
    here.apply()
    here.now += timedelta(hours=2)
    here.source.has(ADA)
    here.policy = replace(FREE, budgets={(Kind.USER, Op.SUSPEND): Budget(count=0)})
    supposed = suppose(here, policy=replace(here.policy, window=timedelta(hours=1)))
    assert [refusal.rule for refusal in supposed.before.held] != [
        refusal.rule for refusal in supposed.after.held
    ]
    assert (len(supposed.difference), exit_code(supposed, detailed=True)) == (0, Exit.DONE)


def test_a_source_whose_settings_moved_is_refused_and_not_guessed():
    """Where it is elsewhere; files are read."""
    here = opened(ADA, sources_are=Files)
    assert len(suppose(but(here, sources={"p": Files([ADA])})).difference) == 0
    far = opened(ADA, sources_are=MemorySource)
    moved = but(far.sync, parts={"source p": "another filter"})
    with pytest.raises(
        SourceError, match=r"^source p: it was last read by other settings than new"
    ):
        on_what_was_kept(Otherwise(far.sync, "old"), Otherwise(moved, "new"), far.ledger, NOON)
    with pytest.raises(
        SourceError, match=r"^source p: is not of local files, and without a ledger"
    ):
        on_an_empty_target(None, far.sync, NOON)


def test_no_wave_is_waited_for_where_nothing_is_applied(monkeypatch):
    """The base stands for what the target has: a job for a merge request does not sleep an hour."""
    monkeypatch.setattr(syncd.engine.canary.time, "sleep", lambda _: pytest.fail("it waits"))
    waves = Waves(first=(Cohort(users=("ada",), wait=timedelta(hours=1)),), minimum=1)
    policy = replace(FREE, waves=waves)
    target = empty_target(MemoryBackend.declares)
    before, after = (
        Office(sources={"p": Files(people)}, backend=target, policy=policy).sync
        for people in ([ADA, KIM], [ADA, KIM, ZOE])
    )
    supposed = on_an_empty_target(before, after, NOON)
    assert [change.id for change in supposed.after.changes] == ["user/create/p:2"]


def test_a_base_that_is_not_whole_stands_for_nothing():
    """A gap in it would make newcomers of whom it left out."""
    target = empty_target(MemoryBackend.declares)
    broken, whole = (
        Office(sources={"p": Files([ADA], gaps=gaps)}, backend=target).sync
        for gaps in (("cut off",), ())
    )
    with pytest.raises(SourceError, match=r"^as it was: source p: cut off$"):
        on_an_empty_target(broken, whole, NOON)
    supposed = on_an_empty_target(whole, broken, NOON)
    assert exit_code(supposed) == Exit.SOURCE
