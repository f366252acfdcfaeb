"""Whom the references of a group mean, and what is said of those that lead to nobody."""

import pytest

from syncd.core.merge import People, Person
from syncd.core.model import Key, Kind, Reference
from syncd.core.plan import Problem
from syncd.core.records import NamedAmong, Records, follow, group_names, members_of
from tests.world import group, person

USERS = {
    "p": [
        person("A1", "Zoë", email="zoe@x", title="Dr"),
        person("b2", "bob", title="Dr"),
    ],
    "q": [],
}


def reference(attribute, value, source="p"):
    return Reference(source, attribute, value, "groups.yaml:9")


@pytest.mark.parametrize(
    ("attribute", "value", "found"),
    [
        ("user_name", "ZOË", ["A1"]),
        ("user_name", "Zoe\u0308", ["A1"]),
        ("key", "a1", ["A1"]),
        ("key", "B2", ["b2"]),
        ("title", "dr", ["A1", "b2"]),
        ("email", "bob@x", ()),
        ("phone", "1", ()),
    ],
)
def test_a_user_is_meant_without_case_by_any_attribute(attribute, value, found):
    """Or by the key; asked twice, the answer is the same."""
    named = NamedAmong(USERS)
    for _ in range(2):
        assert named.keys(reference(attribute, value)) == found
    assert named.keys(reference(attribute, value, "q")) == ()
    assert named.keys(reference(attribute, value, "r")) is None


def test_what_leads_to_nobody_or_to_several_is_named_with_its_place():
    """And what leads to one is that user, whatever the others do."""
    mend = "nobody is removed from the group until that is mended"
    given = group(
        "g",
        "Guests",
        elsewhere=(
            reference("user_name", "nemo"),
            reference("title", "DR"),
            reference("key", "b2"),
            reference("key", "1", "r"),
        ),
    )
    keys, lost = follow("q", given, NamedAmong(USERS))
    assert keys == ["p:b2"]
    assert lost == [
        Problem(Kind.GROUP, Key("q:g"), "Guests", why, "groups.yaml:9")
        for why in (
            f"user_name 'nemo' in source p is nobody; {mend}",
            f"title 'DR' in source p is 2 people; {mend}",
            "key '1' in source r: this sync does not have that source; add it to its `sources`",
        )
    ]


def test_members_are_people_by_the_key_that_they_have_as_one_person():
    """Over all sources, with those that references mean; who is nobody's record is left out."""
    ada = Person(Key("p:A1"), {}, None, "", {}, {}, (Key("q:7"),))
    bob = Person(Key("p:b2"), {}, None, "", {}, {})
    sources = {
        "p": Records((), (group("g", "Guests", "b2", "gone"),)),
        "q": Records((), (group("g", "Heroes", "7", elsewhere=(reference("key", "b2"),)),)),
    }
    members, lost = members_of(sources, People((ada, bob)), NamedAmong(USERS))
    assert members == {"p:g": {"p:b2"}, "q:g": {"p:A1", "p:b2"}}
    assert lost == []
    assert group_names(sources, members) == {"p:A1": {"Heroes"}, "p:b2": {"Guests", "Heroes"}}


def test_what_leads_to_nobody_is_told_of_each_group():
    """In each source."""
    nobody = (reference("user_name", "nemo"),)
    sources = {
        source: Records((), tuple(group(key, key, elsewhere=nobody) for key in "gh"))
        for source in "pq"
    }
    _, lost = members_of(sources, People(()), NamedAmong(USERS))
    assert [one.key for one in lost] == ["p:g", "p:h", "q:g", "q:h"]
