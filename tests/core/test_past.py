"""What is known of the past is found by kind and thing."""

from syncd.core.model import Key, Kind, Ref
from syncd.core.past import Known, Stuck, Written
from tests.world import NOON

STUCK = Stuck("a", "b", 3, 1, NOON, 3, NOON)
WHERE = Kind.USER, Key("p:1"), "", "title"
OTHER = Kind.GROUP, Key("p:1"), "", "display_name"
MEMBER = Kind.MEMBER, Key("p:1"), "p:7", ""


def test_what_does_not_settle_is_found_by_kind_and_key():
    """Of members, by that of the group."""
    known = Known({}, dict.fromkeys((WHERE, OTHER, MEMBER), STUCK))
    assert known.stuck(Kind.USER, ["p:1", "p:2"]) == {WHERE: STUCK}
    assert known.stuck(Kind.MEMBER, ["p:1"]) == {MEMBER: STUCK}
    assert known.stuck(Kind.USER, ["p:7"]) == {}


def test_what_was_written_is_found_by_kind_and_ref():
    """Of those who are asked about."""
    values = {"title": Written("a", 1, NOON)}
    known = Known({(Kind.USER, Ref("u1")): values, (Kind.GROUP, Ref("g1")): {}})
    assert known.written(Kind.USER, {Ref("u1"): None, Ref("g1"): None}) == {"u1": values}
