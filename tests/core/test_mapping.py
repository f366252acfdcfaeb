"""Target fields are made of a person's attributes, by name or by a template."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from syncd.backends.memory import USERS, MemoryBackend
from syncd.core.mapping import (
    Doubts,
    GroupMapping,
    Mapper,
    Scope,
    Unmappable,
    UserMapping,
    group_name,
    is_template,
    matches,
    template,
)
from syncd.core.merge import Person
from syncd.core.model import Key, Kind, State, User
from syncd.core.scope import in_scope
from tests.world import ADA, group, ids, office, opened, person

HELD = USERS.fields
SUPPLIED = frozenset({"user_name", "email", "title", "phone"})


def somebody(state=None, **attributes):
    return Person(Key("p:1"), attributes, state, "", {}, {})


def mapped(mapping, state=None, held=HELD, **attributes):
    return Mapper(mapping, SUPPLIED, held).user(somebody(state, **attributes))


def test_a_field_comes_from_the_attribute_of_its_name():
    """What no rule says is as SCIM's names say."""
    assert mapped(UserMapping(), user_name="ada", title="Engineer", badge="7") == User(
        user_name="ada", title="Engineer"
    )


def test_a_rule_takes_an_attribute_or_fills_a_template():
    """Templates see every attribute, by its name or through `attributes`."""
    mapping = UserMapping(
        always={
            "user_name": "uid",
            "display_name": "{{ givenName }} {{ attributes['sn-official'] }}",
            "email": None,
            "attributes.room": "roomNumber",
        },
        on_create={"locale": "{% if title %}de{% endif %}"},
    )
    assert mapped(
        mapping,
        uid="ada",
        givenName="Ada",
        **{"sn-official": "Lovelace"},
        email="a@x",
        roomNumber=("12", "11"),
        title="",
    ) == User(user_name="ada", display_name="Ada Lovelace", attributes={"room": "11"})


def test_what_the_target_has_no_place_for_is_not_mapped():
    """Neither kept true nor given once."""
    mapping = UserMapping(
        always={"attributes.room": "room", "admin": "admin"},
        on_create={"attributes.badge": "badge"},
    )
    mapper = Mapper(mapping, SUPPLIED, frozenset({"user_name", "email"}))
    assert (mapper.managed, mapper.once) == ({"user_name", "email"}, frozenset())
    assert Mapper(mapping, SUPPLIED, HELD).once == {"attributes.badge"}


def test_what_is_given_once_is_not_kept_true():
    """A first title from the source; what becomes of it is the target's affair."""
    here = office(ADA, users=UserMapping(on_create={"title": "title"}))
    here.apply()
    here.source.has(person("1", "ada", email="ada@example.org", title="Countess"))
    assert here.accounts()["ada"]["title"] == "Engineer"
    assert here.plan().changes == ()


def test_once_given_fields_that_the_target_lacks_stop_no_creation():
    """The account is made without them."""
    holds = {Kind.USER: replace(USERS, fields=USERS.fields - {"attributes.*"})}
    mapping = UserMapping(on_create={"attributes.badge": "user_name"})
    here = office(ADA, users=mapping, backend=MemoryBackend(holds=holds))
    assert ids(here.apply().execution.done) == ["user/create/p:1"]


@pytest.mark.parametrize(
    ("always", "attributes", "why"),
    [
        ({}, {}, "user_name is empty: the source has no such attribute for them"),
        (
            {"title": "{{ rank }}"},
            {"user_name": "a"},
            "title: the template needs 'rank', and there is none",
        ),
        (
            {"title": "{{ 1 // 0 }}"},
            {"user_name": "a"},
            "title: ZeroDivisionError: integer division or modulo by zero",
        ),
        (
            {"title": "{{ ''.__class__ }}"},
            {"user_name": "a"},
            "title: access to attribute '__class__' of 'str' object is unsafe.",
        ),
        (
            {"admin": "role"},
            {"user_name": "a", "role": "boss"},
            "admin: 'boss' is neither true nor false",
        ),
    ],
)
def test_who_cannot_be_mapped_is_told_of_with_the_field_and_the_reason(always, attributes, why):
    """Undefined names, errors, what the sandbox forbids, and what is no truth value."""
    with pytest.raises(Unmappable) as caught:
        mapped(UserMapping(always=always), **attributes)
    assert str(caught.value) == why


@pytest.mark.parametrize(
    ("text", "truth"), [("TRUE", True), ("yes", True), ("1", True), ("", False), ("No", False)]
)
def test_rights_are_given_by_a_truth_value(text, truth):
    """And taken where there is none."""
    assert mapped(UserMapping(always={"admin": "admin"}), user_name="a", admin=text).admin is truth


@pytest.mark.parametrize(
    ("state", "active"), [(None, True), (State.ACTIVE, True), (State.SUSPENDED, False)]
)
def test_standing_follows_the_source(state, active):
    """Where the source says nothing, they are active."""
    assert mapped(UserMapping(), state, user_name="a").active is active


def test_a_failed_mapping_is_that_persons_failure_alone():
    """They are no leaver: their account stays as it is, and everybody else is mapped."""
    here = opened(person("1", "ada", title="Engineer"), person("2", "bob", title="Doctor"))
    here.users = UserMapping(always={"display_name": "{{ title }} {{ user_name }}"})
    here.source.has(person("1", "ada"), person("2", "bob", title="Doctor"))
    plan = here.plan()
    assert [(f.key, f.why) for f in plan.failures] == [
        ("p:1", "display_name: the template needs 'title', and there is none")
    ]
    assert ids(plan.changes) == ["user/update/p:2"]
    assert plan.marks == ()


def test_scope_is_by_group_and_by_attributes():
    """Every condition must hold; any of its patterns will do; any of an attribute's values too."""
    scope = Scope(
        member_of=("staff", "ops-*"),
        where={"kind": ("person", "guest")},
        unless={"flag": ("secret",)},
    )
    everything = {"kind": ("robot", "PERSON"), "flag": ("a", "b")}
    assert in_scope(somebody(**everything), frozenset({"Ops-Berlin"}), scope) == ""
    assert in_scope(somebody(**everything), frozenset(), scope) == "not a member of staff, ops-*"
    assert in_scope(somebody(), frozenset({"staff"}), scope) == "kind is not person or guest"
    secret = somebody(kind="guest", flag=("a", "Secret"))
    assert in_scope(secret, frozenset({"staff"}), scope) == "flag is secret"
    assert in_scope(somebody(), frozenset(), Scope()) == ""
    anything = Scope(where={"kind": ("*",)})
    assert in_scope(somebody(kind="guest"), frozenset(), anything) == ""
    assert in_scope(somebody(), frozenset(), anything) == "kind is not *"


def test_groups_are_taken_skipped_and_renamed():
    """By globs over the source's name; a template makes the target's."""
    here = office(groups=[group("1", "app-wiki"), group("2", "app-old"), group("3", "hr")])
    here.groups = GroupMapping(
        take=("APP-*",), skip=("*-old",), rename="{{ display_name.removeprefix('app-') }}"
    )
    here.apply()
    assert [g.display_name for g in here.backend.snapshot()[1]] == ["wiki"]


@pytest.mark.parametrize(
    ("rename", "why"),
    [
        ("{{ '' }}", "the template in `rename` gives an empty name"),
        ("{{ x }}", "display_name: the template needs 'x', and there is none"),
    ],
)
def test_a_group_that_cannot_be_named_is_left_as_it_is(rename, why):
    """Its failure alone: not vanished, not emptied."""
    here = opened(ADA, groups=[group("e", "Engineering", "1")])
    here.groups = GroupMapping(rename=rename)
    plan = here.plan()
    assert (plan.changes, plan.marks) == ((), ())
    assert [(f.key, f.why) for f in plan.failures] == [("p:e", why)]


def test_a_groups_name_is_its_first():
    """A directory may give it several."""
    assert group_name({"display_name": ("b", "a")}, GroupMapping()) == "a"


@given(st.text(max_size=8))
def test_a_value_matches_itself_and_the_star(value):
    """In any case and either normal form; what globs mean by brackets is not at issue here."""
    plain = "".join(c for c in value if c not in "*?[]")
    assert matches(plain, (plain.upper().lower(), plain))
    assert matches(value, ("*",))
    assert not matches(value, ())


def test_a_template_is_told_by_its_braces():
    """Anything else is an attribute's name."""
    assert [is_template(text) for text in ("{{ a }}", "{% if a %}", "mail")] == [True, True, False]
    assert template("{{ a }}") is template("{{ a }}")


def test_a_template_sees_all_values_and_text_where_it_wants_text():
    """In sorted order, whatever order they were read in."""
    rules = {"title": "{{ roles }}", "phone": "{{ roles | first }}"}
    mapper = Mapper(UserMapping(always=rules), SUPPLIED, HELD)
    user = mapper.user(somebody(user_name="ada", roles=("zeta", "beta")))
    assert (user.title, user.phone) == ("beta, zeta", "beta")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{{ lipsum }}", "title: the template needs 'lipsum', and there is none"),
        (
            "a\n{{ user_name }}",
            "title: the template gives a line break or another control character",
        ),
    ],
)
def test_a_template_gives_nothing_but_one_line_of_the_persons_own(text, why):
    """Jinja's own functions are no attributes."""
    mapper = Mapper(UserMapping(always={"title": text}), SUPPLIED, HELD)
    with pytest.raises(Unmappable) as caught:
        mapper.user(somebody(user_name="ada"))
    assert str(caught.value) == why


def test_a_mapping_by_a_name_that_nobody_has_is_told():
    """A slip would empty the field for everybody; what a source can state may be missing."""
    rules = {"title": "jobtitel", "attributes.team": "team", "phone": "{{ email }}"}
    mapper = Mapper(UserMapping(always=rules), SUPPLIED, HELD)
    people = [somebody(user_name="ada", team="x"), somebody(user_name="bob")]
    assert list(mapper.doubts(people)) == [
        "title is empty for everybody: nobody has jobtitel; is that name right?"
    ]
    assert list(mapper.doubts([])) == []


def test_of_several_values_the_first_is_taken_and_told():
    """Nothing is left out without a word."""
    mapper = Mapper(UserMapping(), SUPPLIED, HELD)
    people = [somebody(user_name="ada", email=("a@x", "b@x")), somebody(user_name="bob")]
    assert list(mapper.doubts(people)) == [
        "email is the first in order of several values of email for 1"
    ]


def test_a_plan_tells_of_a_mapping_that_may_not_be_meant():
    """Before it empties a field."""
    here = office(ADA, users=UserMapping(always={"title": "jobtitel"}))
    assert here.plan().notes == (
        "title is empty for everybody: nobody has jobtitel; is that name right?",
    )


def test_some_fields_can_be_mapped_by_themselves():
    """What cannot be mapped is left out."""
    mapping = UserMapping(always={"user_name": "uid", "email": "{{ mail.nothing }}"})
    some = Mapper(mapping, SUPPLIED, HELD).part({"user_name", "email", "title"})
    assert some({"uid": "ada", "title": "Engineer"}) == {"user_name": "ada", "title": "Engineer"}


def test_doubts_of_many_are_of_all_together():
    """Missed is what all miss, several counts who has several; of nobody there is no doubt."""
    one = Doubts(2, frozenset({("a", "x"), ("b", "y")}), {("c", "z"): 1, ("a", "x"): 2})
    other = Doubts(3, frozenset({("b", "y")}), {("c", "z"): 4})
    both = Doubts(5, frozenset({("b", "y")}), {("c", "z"): 5, ("a", "x"): 2})
    assert one + other == other + one == both
    assert one + Doubts() == Doubts() + one == one
    assert Doubts(0, frozenset({("q", "q")})) + other == other
    assert list(both) == [
        "a is the first in order of several values of x for 2",
        "b is empty for everybody: nobody has y; is that name right?",
        "c is the first in order of several values of z for 5",
    ]


def test_doubts_are_of_what_is_mapped_by_name():
    """Kept true or given once, of all who are asked about; one value in a list is not several."""
    mapping = UserMapping(
        always={"title": "jobtitel", "phone": "mobile", "email": "{{ mails }}"},
        on_create={"attributes.room": "rooms", "attributes.desk": "desks"},
    )
    mapper = Mapper(mapping, SUPPLIED, HELD)
    ada = somebody(user_name="ada", mobile=("1", "2"), rooms=("a", "b"), desks=("one",))
    bob = somebody(user_name="bob", mobile=("3", "4"), rooms="c", mails=("a", "b"))
    assert mapper.doubts([ada, bob]) == Doubts(
        2,
        frozenset({("title", "jobtitel")}),
        {("phone", "mobile"): 2, ("attributes.room", "rooms"): 1},
    )
    assert mapper.doubts([]) == Doubts()


def test_a_standing_that_could_not_be_read_is_told_with_the_reason():
    """Whatever else is known of them."""
    unread = replace(somebody(user_name="ada"), reason="no right to read it")
    mapper = Mapper(UserMapping(), SUPPLIED, HELD)
    with pytest.raises(Unmappable) as caught:
        mapper.user(unread)
    assert str(caught.value) == (
        "it is not known whether they are suspended: no right to read it; "
        "nothing is done to them until that can be read"
    )
    left = replace(unread, state=State.SUSPENDED)
    assert mapper.user(left) == User(user_name="ada", active=False)


def test_what_is_given_once_is_not_managed_and_what_is_not_mapped_is_left_alone():
    """Free attributes by the name of each, or of all of them."""
    mapping = UserMapping(
        always={"title": "t", "email": None, "attributes.a": "a", "attributes.b": "b"},
        on_create={"title": "first", "attributes.c": "c"},
    )
    held = frozenset({"user_name", "title", "phone", "attributes.a", "attributes.c"})
    mapper = Mapper(mapping, SUPPLIED, held)
    assert mapper.managed == {"user_name", "phone", "attributes.a"}
    assert mapper.once == {"title", "attributes.c"}
    wide = Mapper(mapping, SUPPLIED, held | {"attributes.*"})
    assert wide.managed == {"user_name", "phone", "attributes.a", "attributes.b"}


@pytest.mark.parametrize(
    ("value", "mapped_to"),
    [("", None), ("  ", "  "), ("Zoe\u0308", "Zo\u00eb"), (("b", "a"), "a"), ((), None)],
)
def test_a_value_is_in_normal_form_and_nothing_is_none(value, mapped_to):
    """By name or by a template, with its case."""
    for rule in ("given", "{{ given if given is string else given | first | default('') }}"):
        mapping = UserMapping(always={"title": rule})
        given = {"user_name": "ada", "given": value}
        assert Mapper(mapping, SUPPLIED, HELD).user(somebody(**given)).title == mapped_to


@pytest.mark.parametrize("text", ["TRUE ", "yes", "1", "false", "no", "0", "", "  "])
def test_truth_is_told_by_a_few_words(text):
    """Without case and spaces; nothing is false."""
    mapping = UserMapping(always={"admin": "is_admin"})
    user = mapped(mapping, user_name="a", is_admin=text)
    assert user.admin is (text.strip().lower() in {"true", "yes", "1"})
