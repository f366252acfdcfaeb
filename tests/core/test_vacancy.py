"""A group is not deleted before those are out of it whom something keeps, or who are to go."""

import pytest
from msgspec.structs import replace

from syncd.core.members import Listed, Who
from syncd.core.model import Key, Kind, Member, Op, Ref
from syncd.core.plan import Change, Refusal
from syncd.core.vacancy import refuse_occupied, without

GONE = Change(Op.DELETE, Kind.GROUP, Key("p:g"), "G", Ref("g1"))
ADA = Who(Key("p:1"), Ref("u1"), "ada", named=False)


def refused(*members, changes=(GONE,), removes=True):
    """By which rule, where these are in it."""
    listed = Listed({}, [Member(Ref("g1"), who.ref) for who in members])
    listed.enrol(members)
    return [one.rule for one in refuse_occupied(changes, listed, listed, removes=removes)]


def more(who, number):
    return replace(who, key=Key(f"p:{number}"), ref=Ref(f"u{number}"), name=f"user{number}")


@pytest.mark.parametrize(
    ("members", "rule"),
    [
        ([], None),
        ([ADA], None),
        ([replace(ADA, guarded="protected")], "waits for ada in it: protected"),
        ([replace(ADA, named=True)], "waits for ada to be out of it"),
        ([replace(ADA, strip="stripped")], "waits for ada to be out of it"),
        (
            [more(ADA, 3), replace(more(ADA, 2), named=True), replace(ADA, guarded="a hold")],
            "waits for ada in it: a hold",
        ),
        (
            [replace(more(ADA, n), guarded=f"rule {n}") for n in (3, 2)],
            "waits for 2 members, such as user2, in it: rule 2",
        ),
        (
            [replace(more(ADA, n), named=True) for n in (2, 3, 4)],
            "waits for 3 members, such as user2, to be out of it",
        ),
    ],
)
def test_a_group_waits_for_whom_a_guard_keeps_or_who_is_to_be_out_of_it(members, rule):
    """Told by the first of them, in order of their keys; a leaver whom nothing keeps goes with it."""
    assert refused(*members) == ([] if rule is None else [rule])


def test_where_nobody_can_be_removed_only_who_is_kept_keeps_a_group():
    """Else it would never be deleted."""
    assert refused(replace(ADA, named=True), removes=False) == []
    assert refused(replace(ADA, guarded="protected"), removes=False) == [
        "waits for ada in it: protected"
    ]


def test_only_a_deletion_of_that_group_waits():
    """And it says so as a change that is refused."""
    there = replace(ADA, named=True)
    for other in (
        replace(GONE, op=Op.UPDATE),
        replace(GONE, kind=Kind.USER),
        replace(GONE, ref=Ref("g2")),
    ):
        assert refused(there, changes=(other,)) == []
    listed = Listed({}, [Member(Ref("g1"), Ref("u1"))])
    listed.enrol([there])
    other = replace(GONE, ref=Ref("g2"), key=Key("p:h"))
    assert refuse_occupied([GONE, other], listed, listed, removes=True) == [
        Refusal(GONE, "waits for ada to be out of it")
    ]


def test_what_is_refused_is_left_out_and_nothing_else():
    """By its id."""
    other = replace(GONE, key=Key("p:h"))
    assert without([GONE, other], [Refusal(GONE, "waits")]) == [other]
    assert without([GONE, other], []) == [GONE, other]
