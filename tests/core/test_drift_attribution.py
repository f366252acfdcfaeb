"""Change by change: what is written again, what is left, and what is said of each field."""

from collections import Counter
from datetime import timedelta

import pytest
from msgspec.structs import replace

from syncd.core.drift import ATTEMPTS, Attributed, Attribution, missed
from syncd.core.model import Key, Kind, Op, Ref
from syncd.core.past import WHOLE, Cause, Known, Missed, Stuck, Trace, Written
from syncd.core.plan import Change, Refusal, only
from syncd.core.policy import Drift, Policy
from tests.world import NOON

WEEK = Policy(retry_unsettled=timedelta(days=7))
TITLE = Change(
    Op.UPDATE, Kind.USER, Key("p:1"), "ada", Ref("7"), {"title": "a"}, {"title": "b"}, "changed"
)
AT = Kind.USER, Key("p:1"), "", "title"
SETTLED = Stuck("b", "a", ATTEMPTS, 4, NOON - timedelta(days=9), 6, NOON - timedelta(days=7))
UNTIL = "never settles: written 3 times since run 4, and this came back each time"


def of(change, stuck=None, *, policy=WEEK, written=None, caseless=()):
    """What becomes of one change, where it is known so often not to have lasted."""
    values = {(Kind.USER, Ref("7")): written} if written else {}
    past = Known(values, {} if stuck is None else {missed(change)[0].where: stuck})
    return Attribution(past, policy, NOON, caseless).of([change])


def traced(change, cause, *, run=6, at=SETTLED.last_at, written="b"):
    (name,) = change.after or (WHOLE,)
    return replace(change, traces={name: Trace(cause, written, run, at)})


def test_of_no_changes_there_is_nothing_to_say():
    """Nobody is asked."""
    assert Attribution(None, WEEK, NOON).of([]) == Attributed()


def test_what_never_settled_is_left_with_the_day_on_which_it_is_tried_again():
    """From that moment on it is written once more."""
    soon = replace(SETTLED, last_at=SETTLED.last_at + timedelta(seconds=1))
    told = traced(TITLE, Cause.UNSETTLED, at=soon.last_at)
    rule = f"{UNTIL}, tried again from 2026-04-01 on"
    assert of(TITLE, soon) == Attributed(unsettled=[Refusal(told, rule)])
    again = traced(TITLE, Cause.UNSETTLED)
    assert of(TITLE, SETTLED) == Attributed([again], causes=Counter(unsettled=1))
    never = Attributed(unsettled=[Refusal(again, UNTIL)])
    assert of(TITLE, SETTLED, policy=replace(WEEK, retry_unsettled=None)) == never


def test_what_did_not_last_is_written_so_often_before_it_is_left():
    """Always where it takes something away."""
    never = replace(WEEK, retry_unsettled=None)
    twice = replace(SETTLED, times=ATTEMPTS - 1)
    assert of(TITLE, twice, policy=never).changes == [traced(TITLE, Cause.UNSETTLED)]
    suspended = replace(TITLE, op=Op.SUSPEND, before={"active": True}, after={"active": False})
    kept = replace(SETTLED, written=False, returned=True)
    assert of(suspended, kept, policy=never).changes == [
        traced(suspended, Cause.UNSETTLED, written=False)
    ]
    restored = replace(suspended, op=Op.RESTORE, after={"active": True}, before={"active": False})
    back = replace(SETTLED, written=True, returned=False)
    assert of(restored, back, policy=never).unsettled == [
        Refusal(traced(restored, Cause.UNSETTLED, written=True), UNTIL)
    ]


@pytest.mark.parametrize(
    ("before", "after", "left"),
    [
        ({"admin": True}, {"admin": False}, False),
        ({"admin": False}, {"admin": True}, True),
        ({"admin": None}, {"admin": False}, True),
    ],
)
def test_rights_are_taken_away_for_ever_and_given_only_so_often(before, after, left):
    """Whatever the target keeps; and another field of one who is demoted settles for itself."""
    change = replace(TITLE, before=before, after=after)
    stuck = replace(SETTLED, written=after["admin"], returned=before["admin"])
    found = of(change, stuck, policy=replace(WEEK, retry_unsettled=None))
    assert (len(found.unsettled), len(found.changes)) == ((1, 0) if left else (0, 1))
    both = replace(TITLE, before={"title": "a", **before}, after={"title": "b", **after})
    past = Known({}, {AT: SETTLED})
    some = Attribution(past, replace(WEEK, retry_unsettled=None), NOON).of([both])
    assert [dict(one.change.after) for one in some.unsettled] == [{"title": "b"}]
    assert [dict(one.after) for one in some.changes] == [after]


def test_what_came_back_otherwise_is_something_else():
    """Or was not what is written now: then it was never written."""
    for other in (replace(SETTLED, written="c"), replace(SETTLED, returned="c")):
        unwritten = replace(TITLE, traces={"title": Trace(Cause.UNWRITTEN)})
        assert of(TITLE, other) == Attributed([unwritten], causes=Counter(unwritten=1))


LAST = {"title": Written("b", 2, NOON)}


@pytest.mark.parametrize(
    ("last", "stuck", "caseless", "cause"),
    [
        (Written("b", 2, NOON), None, (), Cause.OUTSIDE),
        (Written("B", 2, NOON), None, (), Cause.BOTH),
        (Written("B", 2, NOON), None, ("title",), Cause.OUTSIDE),
        (Written("a", 2, NOON), None, (), Cause.SOURCE),
        (Written("A", 2, NOON), None, ("title",), Cause.SOURCE),
        (Written("A", 2, NOON), None, ("phone",), Cause.BOTH),
        (Written("c", 2, NOON), None, (), Cause.BOTH),
        (Written("c", 2, NOON), replace(SETTLED, written="c"), (), Cause.SOURCE),
        (Written("c", 2, NOON), replace(SETTLED, written="c", returned="d"), (), Cause.BOTH),
        (Written("b", 2, NOON, fresh=True), None, (), Cause.UNSETTLED),
    ],
)
def test_who_changed_a_field_is_seen_by_what_was_written_last(last, stuck, caseless, cause):
    """With that value, its run and when; of what is made whole it stands for each field."""
    for written in ({"title": last}, {WHOLE: last}):
        [change] = of(TITLE, stuck, written=written, caseless=caseless).changes
        assert change.traces == {"title": Trace(cause, last.value, 2, NOON)}


@pytest.mark.parametrize("how", [Drift.REPORT, Drift.YIELD])
def test_what_was_changed_outside_is_left_so_where_the_policy_says_it(how):
    """In its own tray and its own words; the rest of the update is made, and counted."""
    change = replace(TITLE, before={"title": "a", "phone": "1"}, after={"title": "b", "phone": "2"})
    last = {"title": Written("b", 2, NOON), "phone": Written("1", 3, NOON)}
    policy = replace(WEEK, drift={"title": how})
    found = of(change, written=last, policy=policy)
    whole = replace(
        change,
        traces={
            "title": Trace(Cause.OUTSIDE, "b", 2, NOON),
            "phone": Trace(Cause.SOURCE, "1", 3, NOON),
        },
    )
    left = [Refusal(only(whole, {"title"}), "changed outside, and left so by `policy.drift`")]
    expected = Attributed([only(whole, {"phone"})], causes=Counter(source=1))
    trays = {"reported": left} if how is Drift.REPORT else {"yielded": left}
    assert found == replace(expected, **trays)


def test_what_is_missed_is_what_a_change_writes_and_what_is_there():
    """Field by field; of a creation all of it, and of a membership whether it is there."""
    made = Change(Op.CREATE, Kind.USER, Key("p:1"), "ada", after={"user_name": "ada"})
    added = Change(Op.ADD, Kind.MEMBER, Key("p:g"), "ada in G", member=Key("p:1"))
    gone = replace(TITLE, op=Op.DELETE)
    whole = Kind.USER, "p:1", "", WHOLE
    member = Kind.MEMBER, "p:g", "p:1", WHOLE
    assert missed(TITLE) == [Missed(AT, "b", "a")]
    assert missed(replace(TITLE, before={})) == [Missed(AT, "b", None)]
    assert missed(made) == [Missed(whole, '{"user_name":"ada"}', None)]
    assert missed(added) == [Missed(member, written=True, returned=False)]
    assert missed(replace(added, op=Op.REMOVE)) == [Missed(member, written=False, returned=True)]
    assert missed(gone) == [Missed(whole, written=False, returned=True)]


def test_what_an_undo_writes_has_no_other_cause_and_what_it_wrote_is_known_for_it():
    """Until either side says something else."""
    last = Written("a", 2, NOON, undone=True)
    past = Known({(Kind.USER, Ref("7")): {"title": last}})
    [change] = Attribution(past, WEEK, NOON).of([TITLE]).changes
    assert change.traces == {"title": Trace(Cause.UNDONE, "a", 2, NOON)}
    [change] = Attribution(past, WEEK, NOON, undoes=True).of([TITLE]).changes
    assert change.traces == {"title": Trace(Cause.UNDO, "a", 2, NOON)}
    fresh = Known({(Kind.USER, Ref("7")): {"title": replace(last, fresh=True)}})
    [change] = Attribution(fresh, WEEK, NOON, undoes=True).of([TITLE]).changes
    assert change.traces["title"].cause is Cause.UNSETTLED
    [change] = Attribution(Known(), WEEK, NOON, undoes=True).of([TITLE]).changes
    assert change.traces["title"].cause is Cause.UNWRITTEN
