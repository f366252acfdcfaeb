"""One group against what it should be: who comes, who goes, what they wait for, and why."""

import pytest
from msgspec.structs import replace

from syncd.core.correlate import Correlated, Ours
from syncd.core.desired import Wanted
from syncd.core.drift import Attributed
from syncd.core.found import Found
from syncd.core.judge import Sifted
from syncd.core.members import Compared, Kept, Listed, Who, compare_members, kept_groups
from syncd.core.memory import Link
from syncd.core.model import Group, Key, Kind, Member, Op, Ref, Rung, Stored
from syncd.core.parts import Findings
from syncd.core.plan import Change

GUESTS = Kept(Key("p:g"), Ref("g1"), "Guests", wanted=True, certain=True)
ADA = Who(Key("p:1"), Ref("u1"), "ada")
BOB = Who(Key("p:2"), Ref("u2"), "bob")
CY = Who(Key("p:3"), None, "cy")
GONE = Who(Key("p:4"), Ref("u4"), "dan", named=False)
STRIPPED = Who(Key("p:5"), Ref("u5"), "eve", named=False, strip="stripped of groups")


def compared(group=GUESTS, wanted=(), there=(), people=(ADA, BOB, CY, GONE, STRIPPED)):
    """What comes of one group that these are in, by ref."""
    listed = Listed(
        {group.key: frozenset(wanted)},
        [Member(group.ref or Ref("g1"), Ref(ref)) for ref in there],
    )
    listed.enrol(people)
    *others, found = compare_members([group], listed, listed)
    assert others == []
    return found


def added(who, *needs, ref="g1"):
    return Change(
        Op.ADD,
        Kind.MEMBER,
        Key("p:g"),
        f"{who.name} in Guests",
        Ref(ref) if ref else None,
        reason="a member in the source",
        member=who.key,
        member_ref=who.ref,
        needs=needs,
    )


def removed(who, reason="no member in the source", rung=None):
    return replace(added(who), op=Op.REMOVE, reason=reason, rung=rung)


def test_who_is_in_stays_who_is_missing_comes_and_who_is_too_many_goes():
    """In the order of their keys, those who come first; strangers are counted and left."""
    found = compared(wanted=("p:3", "p:2"), there=("u1", "u2", "x9"))
    assert found == Compared(
        [added(CY, "user/create/p:3"), removed(ADA)],
        {ADA.key: ADA, BOB.key: BOB, CY.key: CY},
        2,
        name="Guests",
        size=3,
    )


def test_members_of_a_group_that_is_yet_to_be_made_wait_for_it():
    """And for their own creation."""
    new = replace(GUESTS, ref=None)
    found = compared(new, wanted=("p:1", "p:3"))
    creation = "group/create/p:g"
    assert found.changes == [
        added(ADA, creation, ref=None),
        added(CY, creation, "user/create/p:3", ref=None),
    ]
    assert (found.population, found.size) == (0, 0)


def test_a_leaver_is_neither_added_nor_removed_until_they_are_stripped():
    """Then they are taken out wherever they are, also where they are wanted."""
    assert compared(wanted=("p:4",)).changes == []
    assert compared(there=("u4",)).changes == []
    for wanted in ((), ("p:5",)):
        found = compared(wanted=wanted, there=("u5",))
        assert found.changes == [removed(STRIPPED, "stripped of groups", Rung.STRIP)]
        assert found.stripping == {"p:5"}


def test_from_a_group_that_is_not_certain_nobody_is_removed():
    """Some are added all the same."""
    unsure = replace(GUESTS, certain=False)
    found = compared(unsure, wanted=("p:2",), there=("u1", "u5"))
    assert found.changes == [added(BOB)]
    assert found.stripping == {"p:5"}


def test_a_group_that_is_not_wanted_any_more_is_emptied():
    """Whatever the source says of its members."""
    assert compared(
        replace(GUESTS, wanted=False), wanted=("p:1", "p:2"), there=("u1",)
    ).changes == [removed(ADA)]


def test_each_group_is_compared_once_and_members_of_foreign_ones_are_counted():
    """Those of the target first, then those that have nobody yet."""
    other = Kept(Key("p:h"), Ref("g2"), "Heroes", wanted=True, certain=True)
    new = Kept(Key("p:n"), None, "New", wanted=True, certain=True)
    listed = Listed(
        {Key("p:h"): frozenset({Key("p:1")})},
        [Member(Ref("f1"), Ref("u1")), Member(Ref("f1"), Ref("x")), Member(Ref("g1"), Ref("u1"))],
    )
    listed.enrol([ADA])
    found = list(compare_members([GUESTS, other, new], listed, listed))
    assert found[0] == Compared([], {}, 1)
    assert [(one.name, len(one.changes), one.population, one.size) for one in found[1:]] == [
        ("Guests", 1, 1, 1),
        ("Heroes", 1, 0, 0),
        ("New", 0, 0, 0),
    ]


@pytest.mark.parametrize("asked", [(), ("p:1",), ("p:9", "p:3")])
def test_a_list_finds_those_whom_it_has(asked):
    """By key and by ref; who has no account has no ref."""
    listed = Listed({}, [])
    listed.enrol([ADA, CY])
    known = {who.key: who for who in (ADA, CY)}
    assert listed.by_key(asked) == [known[key] for key in asked if key in known]
    assert listed.by_ref(["u1", "u9"]) == [ADA]
    assert listed.wanted(Key("p:g")) == ()


def test_which_groups_are_kept_true():
    """Those that will be made and ours; those that vanished where they are emptied; nothing is
    done to one of which nothing is decided."""
    new = [Change(Op.CREATE, Kind.GROUP, Key(f"p:{key}"), key) for key in "no"]
    ours = tuple(
        Ours(
            Link(Kind.GROUP, Key(f"p:{key}"), Ref(key), "old"),
            Stored(Ref(key), Group(display_name=key.upper())),
        )
        for key in "abcd"
    )
    wanted = tuple(
        Wanted(Key(f"p:{key}"), Group(display_name=key), "") for key in ("a", "b", "d", "n", "o")
    )
    findings = Findings(
        wanted=wanted,
        correlated=Correlated(ours, (), (), (), frozenset()),
        undecided=frozenset({Key("p:d")}),
        found=Found([*new, replace(new[0], op=Op.UPDATE, key=Key("p:a"))], [], []),
        sifted=Sifted([], [], []),
        protected={},
        attributed=Attributed(),
    )
    kept = [
        Kept(Key("p:n"), None, "n", wanted=True, certain=True),
        Kept(Key("p:o"), None, "o", wanted=True, certain=False),
        Kept(Key("p:a"), Ref("a"), "A", wanted=True, certain=True),
        Kept(Key("p:b"), Ref("b"), "B", wanted=True, certain=False),
    ]
    unsure = {Key("p:o"), Key("p:b")}
    assert kept_groups(findings, unsure, empty_vanished=False) == kept
    vanished = Kept(Key("p:c"), Ref("c"), "C", wanted=False, certain=True)
    assert kept_groups(findings, unsure, empty_vanished=True) == [*kept, vanished]
