"""What earlier runs began and left in doubt: what shows in the target was made, nothing else."""

import pytest
from msgspec.structs import replace

from syncd.core.correlate import Correlated, Ours
from syncd.core.doubt import Doubt
from syncd.core.members import Listed, Who
from syncd.core.memory import Link, OpenLine
from syncd.core.model import Group, Key, Kind, Member, Op, Ref, Stored, User

LINE = OpenLine(1, Op.UPDATE, Kind.USER, Key("p:1"), Ref("u1"), {"title": "Dr"}, {"title": "Mr"})
ADA = Stored(Ref("u1"), User(user_name="ada", title="Dr", email="A@x"))


def of(*stored, foreign=()):
    """What a correlation found: ours and foreign."""
    ours = tuple(
        Ours(Link(Kind.USER, Key(f"p:{one.ref}"), one.ref, "called"), one) for one in stored
    )
    return Correlated(ours, tuple(foreign), (), (), frozenset())


def made(*lines, stored=(ADA,), foreign=(), whole=True, caseless=("email",)):
    doubt = Doubt(lines)
    doubt.see(Kind.USER, of(*stored, foreign=foreign), frozenset(caseless))
    return doubt.made(whole=whole)


@pytest.mark.parametrize(
    ("after", "shows"),
    [
        ({"title": "Dr"}, True),
        ({"title": "dr"}, False),
        ({"title": "Dr", "email": "a@X"}, True),
        ({"title": "Dr", "phone": "1"}, False),
        ({"phone": None}, True),
        ({"active": True}, True),
        ({"active": False}, False),
    ],
)
def test_a_field_that_is_as_it_was_to_be_written_shows_that_it_was(after, shows):
    """All of them; without case where the target has none."""
    assert made(replace(LINE, after=after, before={})) == ({1} if shows else set())


def test_of_several_the_last_one_shows_and_leads_to_those_before():
    """What was made before it is what it began at, in whatever order the lines come."""
    first = replace(LINE, line=1, before={"title": "Mr"}, after={"title": "Prof"})
    second = replace(LINE, line=2, before={"title": "Prof"}, after={"title": "Dr"})
    other = replace(LINE, line=3, before={"title": "Dr"}, after={"title": "Queen"})
    assert made(first, second, other) == made(other, second, first) == {1, 2}
    broken = replace(first, after={"title": "Lord"})
    assert made(broken, second) == {2}


def test_an_account_that_is_gone_was_deleted_if_all_of_the_target_was_seen():
    """Whoever has it now; a creation is not looked for, and each kind is for itself."""
    gone = replace(LINE, op=Op.DELETE, ref=Ref("u9"), after={}, before={"title": "x"})
    assert made(gone) == {1}
    assert made(gone, whole=False) == set()
    there = replace(ADA, ref=Ref("u9"))
    assert made(gone, stored=(there,)) == set()
    assert made(gone, stored=(), foreign=(there,)) == set()
    assert made(replace(gone, kind=Kind.GROUP), stored=(there,)) == {1}
    assert made(replace(gone, op=Op.UPDATE, after={"title": "y"})) == set()
    assert made(replace(LINE, op=Op.CREATE), replace(LINE, line=2, ref=None)) == set()
    both = replace(gone, line=2, op=Op.UPDATE, after={"title": "y"})
    assert made(gone, both) == {1}


MEMBER = OpenLine(4, Op.ADD, Kind.MEMBER, Key("p:g"), Ref("g1"), {}, member=Key("p:1"))
GUESTS = Ours(
    Link(Kind.GROUP, Key("p:g"), Ref("g1"), "G"), Stored(Ref("g1"), Group(display_name="G"))
)


def of_members(*lines, there=(), groups=(GUESTS,)):
    listed = Listed({}, [Member(Ref(group), Ref(user)) for group, user in there])
    listed.enrol([Who(Key("p:1"), Ref("u1"), "ada"), Who(Key("p:2"), None, "new")])
    doubt = Doubt(lines)
    doubt.see_members(Correlated(tuple(groups), (), (), (), frozenset()), listed, listed)
    return doubt.made(whole=True)


def test_a_member_who_is_there_was_added_and_one_who_is_not_was_removed():
    """Of the groups that are ours, and of users who have an account."""
    removed = replace(MEMBER, line=5, op=Op.REMOVE)
    inside = (("g1", "u1"),)
    assert of_members(MEMBER, removed, there=inside) == {4}
    assert of_members(MEMBER, removed) == {5}
    assert of_members(MEMBER, removed, there=(("g2", "u1"), ("g1", "u2"))) == {5}
    assert of_members(MEMBER, there=inside, groups=()) == set()
    for unknown in (Key("p:2"), Key("p:9"), None):
        assert of_members(replace(removed, member=unknown)) == set()
        some = of_members(replace(removed, member=unknown), MEMBER, there=inside)
        assert some == {4}


def test_who_was_seen_stays_seen_whatever_is_seen_after():
    """Users come before groups, and both in parts."""
    gone = replace(LINE, op=Op.DELETE, ref=Ref("u9"), after={}, before={"title": "x"})
    there = replace(ADA, ref=Ref("u9"))
    doubt = Doubt([gone])
    for some in (of(there), of(foreign=(there,)), of(ADA), of(foreign=(ADA,))):
        doubt.see(Kind.USER, some, frozenset())
    assert doubt.made(whole=True) == set()
