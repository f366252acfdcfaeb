"""What another configuration would change is the difference of the plans that the engine makes."""

from collections import Counter
from dataclasses import replace as but

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from syncd import engine
from syncd.core.memory import Remark
from syncd.whatif import Otherwise, on_what_was_kept
from tests.core.test_laws import WHOLE, live
from tests.core.worlds import MAPPINGS, MERGES, POLICIES, steps, worlds
from tests.world import MemorySource


def said(plan):
    """What a plan says of each thing, in this test's own words, without reasons and numbers."""
    found = {}

    def note(kind, key, member, *rest):
        found.setdefault((kind, key, member), Counter())[repr(rest)] += 1

    for fate, some in (
        ("runs", plan.changes),
        ("held", [one.change for one in plan.held]),
        ("refused", [one.change for one in plan.refused]),
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
    return found


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


@settings(max_examples=max(1, settings().max_examples * 2 // 5))
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
