"""Fields on SCIM's wire: what is written is what is read, and nothing else is touched."""

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from syncd.backends.scim.places import ENTERPRISE, USER, USER_PLACES, admin_place
from syncd.backends.scim.schema import Shape
from syncd.backends.scim.wire import from_wire, needs_current, operations, replaced, to_wire
from syncd.core.model import Key
from syncd.ports import Holds
from tests.servers.scim_patch import patch

SHAPE = Shape(
    endpoint="/Users",
    schema=USER,
    places={**USER_PLACES, "admin": admin_place("admin")},
    holds=Holds(keeps_keys=True),
    read_only=frozenset({"meta", "groups"}),
)
NAMED = replace(SHAPE, formatted=True)
FOREIGN = {
    "ims": [{"value": "x"}],
    "addresses": [{"locality": "Ürümqi"}],
    "urn:example:ours": {"desk": "7"},
}
OTHERS = {
    "emails": [{"value": "ada@home.test", "type": "home", "display": "at home"}],
    "phoneNumbers": [{"value": "7", "type": "mobile", "primary": True}],
    "roles": [{"value": "editor"}],
}
TEXT = st.text(min_size=1, max_size=8)
FLAGS = ("active", "admin")
TEXTS = sorted(SHAPE.places.keys() - set(FLAGS) - {"user_name"})


@st.composite
def people(draw):
    texts = draw(st.dictionaries(st.sampled_from(TEXTS), TEXT))
    return {
        "user_name": draw(TEXT),
        "active": draw(st.booleans()),
        "admin": draw(st.booleans()),
    } | texts


@st.composite
def changes(draw):
    texts = draw(st.dictionaries(st.sampled_from(TEXTS), st.none() | TEXT))
    flags = draw(st.dictionaries(st.sampled_from(FLAGS), st.booleans()))
    return {**texts, **flags}


def stored(person, shape=SHAPE):
    """As a server keeps it, with what others keep there."""
    resource = to_wire(Key("p:1"), person, shape)
    for name, values in OTHERS.items():
        resource[name] = [*values, *resource.get(name, [])]
    return {**resource, **deepcopy(FOREIGN), "id": "u1", "meta": {"version": "1"}, "groups": []}


def left(resource):
    """What is nobody's affair."""
    own = {place.attribute for place in SHAPE.places.values() if not place.many}
    own |= {"schemas", "meta", "groups", ENTERPRISE, "name"}
    rest = {name: value for name, value in resource.items() if name not in own}
    for name, values in OTHERS.items():
        rest[name] = [one for one in resource.get(name) or [] if one in values]
    return rest


@given(people())
def test_what_is_written_is_what_is_read(person):
    """All fields, each in its place."""
    assert from_wire(to_wire(Key("p:1"), person, SHAPE), SHAPE) == person
    assert from_wire(stored(person), SHAPE) == person


@given(people(), changes(), st.booleans())
def test_a_change_sets_exactly_its_fields_by_patch_and_by_put(person, after, formatted):
    """Both come to the same; and what others keep there stays, octet for octet."""
    shape = NAMED if formatted else SHAPE
    before = stored(person, shape)
    wanted = {name: value for name, value in {**person, **after}.items() if value is not None}
    current = before if needs_current(after, shape) else None
    for done in (patch(before, operations(after, shape, current)), replaced(before, after, shape)):
        assert from_wire(done, shape) == wanted
        assert left(done) == left(before)


@given(people(), changes())
def test_what_is_read_is_not_changed_by_who_writes(person, after):
    """Values in, values out."""
    before = stored(person)
    kept = deepcopy(before)
    operations(after, SHAPE, before)
    replaced(before, after, SHAPE)
    assert before == kept


@pytest.mark.parametrize(
    ("resource", "fields"),
    [
        ({}, {"admin": False}),
        ({"userName": "", "title": None, "locale": 7, "active": None}, {"admin": False}),
        ({"emails": None, "name": None, ENTERPRISE: None, "roles": {}}, {"admin": False}),
        ({"emails": ["x", {"value": 7}], "name": "Ada"}, {"admin": False}),
        (
            {
                "USERNAME": "ada",
                "Name": {"GIVENNAME": "Ada"},
                ENTERPRISE.upper(): {"Department": "x"},
            },
            {"user_name": "ada", "given_name": "Ada", "attributes.department": "x", "admin": False},
        ),
        ({"emails": [{"VALUE": "a", "TYPE": "Work"}]}, {"email": "a", "admin": False}),
        ({"roles": [{"value": "Admin"}]}, {"admin": False}),
    ],
)
def test_what_is_odd_is_not_there_and_names_have_no_case(resource, fields):
    """RFC 7643, sections 2.1 and 2.5."""
    assert from_wire(resource, SHAPE) == fields


def test_a_name_is_written_where_it_stands_already():
    """Not a second time, in another case."""
    assert replaced({"USERNAME": "ada", "Title": "Dr"}, {"title": "x"}, SHAPE) == {
        "USERNAME": "ada",
        "Title": "x",
    }


def test_an_extension_is_named_when_something_is_put_into_it():
    """RFC 7643, section 3: `schemas` names all that a resource is of."""
    after = {"attributes.department": "x"}
    assert replaced({"schemas": [USER]}, after, SHAPE)["schemas"] == [USER, ENTERPRISE]
    assert replaced({"schemas": [ENTERPRISE.upper()]}, after, SHAPE)["schemas"] == [
        ENTERPRISE.upper()
    ]
    told = to_wire(Key("1"), {"user_name": "ada", **after}, SHAPE)
    assert told["schemas"] == [USER, ENTERPRISE]


def test_a_server_without_types_is_told_none():
    """Nor what is primary, where its schema has no such thing."""
    place = replace(SHAPE.places["email"], typed=False, primary=False)
    shape = replace(SHAPE, places={"email": place})
    assert to_wire(Key("1"), {"email": "a"}, shape)["emails"] == [{"value": "a"}]


@pytest.mark.parametrize(
    ("fields", "whole"),
    [
        ({"display_name": "Ada Lovelace", "given_name": "A"}, "Ada Lovelace"),
        ({"given_name": "Ada", "family_name": "King"}, "Ada King"),
        ({"family_name": "King"}, "King"),
        ({}, "ada"),
    ],
)
def test_a_whole_name_that_must_be_given_is_made_of_what_is_known(fields, whole):
    """By the display name, the parts, or the login; and made anew when one of them changes."""
    told = to_wire(Key("1"), {"user_name": "ada", **fields}, NAMED)
    assert told["name"]["formatted"] == whole
    renamed = operations({"family_name": "Byron", "display_name": None}, NAMED, told)
    assert renamed[-1]["path"] == "name.formatted"
    assert renamed[-1]["value"].endswith("Byron")


def test_a_server_that_keeps_no_keys_is_told_none():
    """It would drop it, or refuse."""
    shape = replace(SHAPE, holds=Holds())
    assert to_wire(Key("1"), {"user_name": "ada"}, shape) == {"schemas": [USER], "userName": "ada"}
