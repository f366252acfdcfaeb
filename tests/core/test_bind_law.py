"""A plan of any size is bound in two walks, and comes out as if all of it lay on the table."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from syncd.core.bind import bind
from syncd.core.model import Kind, Op
from syncd.core.notes import Pad
from syncd.core.order import drop_waiting, places, refusal_place
from syncd.core.plan import Change, Plan, Refusal
from syncd.core.spool import Trays
from syncd.core.stream import Stream
from syncd.cycle.notes import DiskNotes
from syncd.cycle.spool import DiskSpool
from tests.core.nowhere import NOWHERE

SAID = "it is as it was in the target, and what the sources or the rules say is not"
MOVED = f"moved since the plan was made: {SAID}"
WHAT = st.sampled_from(
    [
        (Kind.USER, Op.CREATE),
        (Kind.USER, Op.UPDATE),
        (Kind.USER, Op.DELETE),
        (Kind.GROUP, Op.CREATE),
        (Kind.MEMBER, Op.ADD),
    ]
)
LOST = "user/create/nobody"
DESKS = st.sampled_from([(Trays, Pad), (DiskSpool, DiskNotes)])


@st.composite
def some_changes(draw):
    """Each may need what comes before it, and what nobody makes."""
    found: list[Change] = []
    for kind, op in draw(st.lists(WHAT, min_size=3, max_size=9)):
        member = draw(st.sampled_from("12")) if kind is Kind.MEMBER else None
        needs = st.lists(st.sampled_from([LOST, *(one.id for one in found)]), max_size=2)
        change = Change(
            op,
            kind,
            draw(st.sampled_from("123")),
            "",
            after={"title": draw(st.sampled_from("ab"))},
            member=member,
            needs=tuple(draw(needs)),
            temporary=op is Op.UPDATE and draw(st.booleans()),
        )
        if change.id not in {one.id for one in found}:
            found.append(change)
    return found


@st.composite
def pairs(draw):
    """A plan, and what became of it: some changes are gone, some others, some new, some held."""
    before = draw(some_changes())
    fates = draw(st.lists(st.sampled_from("====~s-hn"), min_size=len(before), max_size=len(before)))
    new = [one for one in draw(some_changes()) if one.id not in {b.id for b in before}]
    other = {"~": {"after": {"title": "c"}}, "n": {"needs": ()}, "s": {"seen": "c0ffee"}}
    after = [
        replace(change, reason="now", **other.get(fate, {}))
        for change, fate in zip(before, fates, strict=True)
        if fate != "-"
    ]
    held = [one for one, fate in zip(before, fates, strict=True) if fate == "h"]
    return plan(before, ()), plan([*after, *new], held)


def plan(changes, held) -> Plan:
    """Of which not all must be there that is needed: so many that are lost are not made by hand."""
    found = places(changes)
    return Plan(
        sync="main",
        target="store",
        created=datetime(2026, 1, 1, tzinfo=UTC),
        config="c0ffee",
        changes=tuple(sorted(changes, key=lambda one: (found[one.id], one.op, one.temporary))),
        held=refusals(Refusal(one, "over budget") for one in held),
        refused=refusals(Refusal(one, "protected") for one in held),
    )


def refusals(some):
    return tuple(sorted(some, key=lambda one: (refusal_place(one), one.change.temporary)))


def at_once(saved: Plan, fresh: Plan) -> Plan:
    """With all of both in memory: what it means to bind a plan."""
    current = {change.id: change for change in fresh.changes}
    kept, moved = [], []
    said = {one.change.id for one in (*fresh.held, *fresh.refused)}
    for change in saved.changes:
        other = current.get(change.id)
        if other is not None and essence(other) == essence(change):
            kept.append(other)
        elif other is not None or change.id not in said:
            moved.append(Refusal(change, MOVED))
    runnable = drop_waiting(kept, fresh.held)
    new = len(current.keys() - {change.id for change in saved.changes})
    waits = "1 change is" if new == 1 else f"{new} changes are"
    return replace(
        plan(runnable.changes, ()),
        held=refusals((*fresh.held, *runnable.held)),
        refused=refusals((*fresh.refused, *moved, *runnable.refused)),
        notes=(f"{waits} not in the saved plan: left for the next one",) if new else (),
    )


def essence(change: Change):
    return change.ref, dict(change.before), dict(change.after), change.member_ref, change.seen


@given(pairs(), DESKS)
def test_bound_in_two_walks_it_is_the_same(plans, desk):
    """Whatever moved, is held, or waits for what does; in the order in which it is to run."""
    saved, fresh = plans
    spool, notes = desk
    bound = bind(saved, fresh, NOWHERE, spool(), notes)
    assert replace(bound, held=refusals(bound.held), refused=refusals(bound.refused)) == at_once(
        saved, fresh
    )


@given(pairs(), DESKS)
def test_a_plan_that_is_of_now_is_the_plan_of_now(plans, desk):
    """By its digest; and one that only gives other reasons, by each of its changes."""
    _, fresh = plans
    fresh = replace(fresh, changes=tuple(drop_waiting(fresh.changes, ()).changes))
    spool, notes = desk
    told_otherwise = tuple(replace(one, reason="then") for one in fresh.changes)
    assert bind(fresh, fresh, NOWHERE, spool(), notes) == fresh
    assert bind(replace(fresh, changes=told_otherwise), fresh, NOWHERE, spool(), notes) == fresh


def test_a_large_plan_is_bound_into_streams():
    """And what waits for one that has moved is found across any distance."""
    creates = [
        Change(Op.CREATE, Kind.USER, f"{n:04}", "", after={"title": "a"}) for n in range(1500)
    ]
    adds = [
        Change(Op.ADD, Kind.MEMBER, "g", "", member=one.key, needs=(one.id,)) for one in creates
    ]
    fresh = plan([*creates, *adds], creates)
    saved = replace(fresh, changes=(replace(fresh.changes[7], ref="9"), *fresh.changes[8:]))

    bound = bind(saved, fresh, NOWHERE, DiskSpool(), DiskNotes)

    assert isinstance(bound.changes, Stream)
    assert isinstance(bound.held, Stream)
    assert (*bound.changes,) == (*fresh.changes[8:1500], *fresh.changes[1508:])
    assert bound.held[0].rule == "waits for user/create/0000, which does not run"
    assert (len(bound.held), len(bound.refused)) == (1508, 1501)
    assert bound.notes == ("7 changes are not in the saved plan: left for the next one",)
