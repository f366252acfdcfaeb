"""Whose key is whose, by itself: links made complete, and who may be whose successor."""

import pytest
from msgspec.structs import replace

from syncd.core.aliases import Keys, Succession
from syncd.core.desired import Wanted
from syncd.core.memory import Link
from syncd.core.model import Key, Kind, Ref, User

ADA = Wanted(Key("q:9"), User(user_name="ada"), "people.yaml:9", (Key("r:5"),))
BOB = Wanted(Key("q:8"), User(user_name="bob"), "people.yaml:8")
LINK = Link(Kind.USER, Key("p:1"), Ref("u1"), "ada", aliases=(Key("q:9"),))


def found(*links, wanted=(ADA, BOB), undecided=(), certain=True):
    keys = Keys([*wanted], frozenset(Key(key) for key in undecided))
    return list(keys.successions(wanted, links, certain=certain))


def test_a_link_knows_all_keys_that_its_person_was_met_under():
    """But those that are another's by now; in order."""
    keys = Keys([ADA, BOB], frozenset())
    link = replace(LINK, key=Key("q:9"), aliases=(Key("z:1"), Key("q:8"), Key("q:9"), Key("a:1")))
    assert keys.complete(link).aliases == ("a:1", "r:5", "z:1")
    assert keys.complete(LINK) is LINK


def test_a_successor_was_met_as_one_with_whom_no_source_has():
    """By the key, or by one of the others."""
    assert found(LINK) == [Succession(ADA, (LINK,), "")]
    other = replace(LINK, aliases=(Key("r:5"),))
    assert found(other) == [Succession(ADA, (other,), "")]
    assert found(replace(LINK, key=Key("q:8"))) == []
    assert found(LINK, undecided=("p:1",)) == []
    assert found(replace(LINK, aliases=())) == []
    assert found() == []


@pytest.mark.parametrize("certain", [True, False])
def test_several_who_may_be_the_one_are_named_in_order(certain):
    """And that nothing was read of some."""
    two = replace(LINK, key=Key("p:0"), ref=Ref("u0"), aliases=(Key("r:5"),))
    (one,) = found(LINK, two, certain=certain)
    may = "may be who had account u0 under p:0, account u1 under p:1"
    end = "; decide which one stays"
    unread = ", and not all was read; nothing is done to them until it is"
    assert one == Succession(ADA, (two, LINK), may + (end if certain else unread))


def test_one_that_two_may_succeed_is_nobodys():
    """Until somebody decides."""
    both = replace(LINK, aliases=(Key("q:9"), Key("q:8")))
    may = "may be who had account u1 under p:1, and so may others; decide whose it is"
    assert found(both) == [Succession(ADA, (both,), may), Succession(BOB, (both,), may)]
