"""What a plan comes to for each thing, and the words under which a difference is counted."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from syncd.core.memory import Mark, Remark
from syncd.core.model import Key, Kind, Op, Ref
from syncd.core.outcome import (
    Fate,
    Outcome,
    Thing,
    Turn,
    compare,
    newly_held,
    outcomes,
    what_counts,
)
from syncd.core.plan import Change, Plan, Problem, Refusal

ADA = Thing(Kind.USER, Key("p:1"))
UPDATE = Change(
    Op.UPDATE, Kind.USER, Key("p:1"), "ada", Ref("7"), {"title": "a"}, {"title": "b"}, "changed"
)
ADDED = Change(Op.ADD, Kind.MEMBER, Key("p:g"), "ada in G", Ref("g"), member=Key("p:1"))
PLAN = Plan(sync="main", target="wiki", created=datetime(2026, 4, 1, tzinfo=UTC), config="c0ffee")
RUNS = Outcome(Fate.RUNS, "ada", "update")
HELD = Outcome(Fate.HELD, "ada", "update", why="over budget")
CONFLICT = Outcome(Fate.CONFLICT, "ada", why="two want it")


def test_all_that_a_plan_says_is_an_outcome_with_its_words():
    """A change with its reason, what does not run with the rule, a problem, and who is adopted."""
    aside = replace(UPDATE, temporary=True)
    plan = replace(
        PLAN,
        changes=(UPDATE, ADDED),
        held=(Refusal(aside, "too many"),),
        refused=(Refusal(UPDATE, "cannot"),),
        unsettled=(Refusal(UPDATE, "never settles"),),
        drifted=(Refusal(UPDATE, "left so"),),
        conflicts=(Problem(Kind.USER, Key("p:2"), "bob", "two want it"),),
        failures=(Problem(Kind.GROUP, Key("p:g"), "", "no name"),),
        marks=(
            Mark(Remark.ADOPT, Kind.USER, Key("p:3"), Ref("9"), "cy", "by user_name"),
            Mark(Remark.LEFT, Kind.USER, Key("p:4"), Ref("10"), "dan", "is gone"),
            Mark(Remark.LEFT, Kind.GROUP, Key("p:h"), Ref("11"), "H", "is gone"),
            Mark(Remark.RETURNED, Kind.USER, Key("p:5"), Ref("12"), "eve"),
        ),
    )
    fields = "ada", "update", Ref("7"), {"title": "a"}, {"title": "b"}
    assert list(outcomes(plan)) == [
        (ADA, Outcome(Fate.RUNS, *fields, why="changed")),
        (Thing(Kind.MEMBER, "p:g", "p:1"), Outcome(Fate.RUNS, "ada in G", "add", Ref("g"))),
        (ADA, Outcome(Fate.HELD, *fields, temporary=True, why="too many")),
        (ADA, Outcome(Fate.REFUSED, *fields, why="cannot")),
        (ADA, Outcome(Fate.UNSETTLED, *fields, why="never settles")),
        (ADA, Outcome(Fate.DRIFTED, *fields, why="left so")),
        (Thing(Kind.USER, "p:2"), Outcome(Fate.CONFLICT, "bob", why="two want it")),
        (Thing(Kind.GROUP, "p:g"), Outcome(Fate.FAILURE, "p:g", why="no name")),
        (Thing(Kind.USER, "p:3"), Outcome(Fate.RUNS, "cy", "adopt", Ref("9"), why="by user_name")),
        (Thing(Kind.USER, "p:4"), Outcome(Fate.RUNS, "dan", "left", Ref("10"), why="is gone")),
        (Thing(Kind.GROUP, "p:h"), Outcome(Fate.RUNS, "H", "left", Ref("11"), why="is gone")),
    ]


def test_that_somebody_leaves_is_told_by_what_becomes_of_them():
    """Where that comes later, it is all that is told."""
    left = Outcome(Fate.RUNS, "ada", "left", why="is gone")
    assert compare(ADA, [RUNS], [left, RUNS]) is None
    assert compare(ADA, [], [left, HELD]).after == (HELD,)
    alone = compare(ADA, [], [left])
    assert (alone.turn, alone.after, what_counts(alone)) == (Turn.NEWLY, (left,), "user.left")


def test_a_difference_is_what_one_side_says_and_the_other_does_not():
    """In whatever order; reasons and names are words, but of a problem they are all there is."""
    assert compare(ADA, [RUNS, HELD], [HELD, replace(RUNS, why="another", name="a")]) is None
    assert compare(ADA, [], []) is None
    affected = compare(ADA, [], [replace(RUNS, name="zoe"), HELD])
    assert affected.turn is Turn.NEWLY
    assert (affected.kind, affected.key, affected.member) == ADA
    assert (affected.name, affected.before) == ("ada", ())
    assert affected.after == (HELD, replace(RUNS, name="zoe"))
    member = Thing(Kind.MEMBER, Key("p:g"), Key("p:1"))
    gone = compare(member, [replace(RUNS, name="ada in G")], [])
    assert (gone.turn, gone.name, gone.member) == (Turn.NO_LONGER, "ada in G", "p:1")
    other = compare(ADA, [replace(CONFLICT, name="x")], [replace(CONFLICT, why="it is taken")])
    assert (other.turn, other.name) == (Turn.OTHERWISE, "ada")


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [
        ((), (RUNS,), "user.update"),
        ((RUNS,), (HELD, RUNS), "user.update held"),
        ((RUNS,), (), "user.update"),
        ((), (CONFLICT,), "user conflict"),
    ],
)
def test_a_difference_is_counted_by_what_becomes_of_the_thing_now(before, after, word):
    """Of what is said no longer, by what was said."""
    assert what_counts(compare(ADA, before, after)) == word


def test_who_is_newly_held_was_not_held_so_before():
    """The same change, whatever the rule says of how many there are."""
    title = replace(HELD, after={"title": "b"})
    assert newly_held(compare(ADA, [], [HELD]))
    assert newly_held(compare(ADA, [HELD], [title]))
    assert newly_held(compare(ADA, [HELD], [HELD, title]))
    assert not newly_held(compare(ADA, [HELD], []))
    assert not newly_held(compare(ADA, [RUNS, HELD], [replace(HELD, why="over another")]))
    assert not newly_held(compare(ADA, [HELD], [RUNS]))
