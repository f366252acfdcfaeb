"""Several sources, one person: by a rule, attribute by attribute, and never by a guess."""

from hypothesis import given
from hypothesis import strategies as st

from syncd.core.merge import People, Person, Precedence, full_key, merge
from syncd.core.model import Key, Kind, State
from syncd.core.plan import Problem
from tests.world import MemorySource, Office, ids, opened, person

BY_EMAIL = Precedence(by="email")


def test_without_a_rule_nobody_is_anybody_else():
    """The same e-mail in two sources proves nothing."""
    people = merge(
        {"p": [person("1", "ada", email="a@x")], "q": [person("1", "al", email="a@x")]},
        Precedence(),
    )
    assert [(one.key, one.aliases) for one in people.persons] == [("p:1", ()), ("q:1", ())]


def test_each_attribute_comes_from_the_first_source_that_has_it():
    """The sync's order of sources, unless an attribute has its own; empty is as good as absent."""
    records = {
        "hr": [person("1", "ada", email="A@x", title="Engineer", phone="", locale="")],
        "ldap": [
            person(
                "9", "alovelace", State.SUSPENDED, "locked", email="a@x", phone="1815", title="?"
            )
        ],
    }
    precedence = Precedence(by="email", attributes={"user_name": ("ldap", "hr"), "room": ("ldap",)})
    assert merge(records, precedence) == People(
        (
            Person(
                key=Key("hr:1"),
                attributes={
                    "email": "A@x",
                    "phone": "1815",
                    "title": "Engineer",
                    "user_name": "alovelace",
                },
                state=State.SUSPENDED,
                reason="locked",
                origins={"hr": "people.yaml:1", "ldap": "people.yaml:9"},
                given_by={
                    "email": "hr",
                    "phone": "ldap",
                    "title": "hr",
                    "user_name": "ldap",
                    "state": "ldap",
                },
                aliases=(Key("ldap:9"),),
            ),
        )
    )


def test_a_persons_standing_has_a_precedence_of_its_own():
    """Who says first whether they are active is a matter of configuration."""
    records = {
        "hr": [person("1", "ada", State.ACTIVE, email="a@x")],
        "ldap": [person("9", "ada", State.LEFT, "expired", email="a@x")],
    }
    (one,) = merge(records, BY_EMAIL).persons
    (other,) = merge(records, Precedence("email", {"state": ("ldap",)})).persons
    assert [(p.state, p.reason) for p in (one, other)] == [
        (State.ACTIVE, ""),
        (State.LEFT, "expired"),
    ]


def test_two_in_one_source_who_could_be_meant_are_a_conflict():
    """Neither of them, nor whoever they could be in another source, is touched."""
    records = {
        "hr": [person("1", "ada", email="a@x"), person("2", "bob", email="A@x")],
        "ldap": [person("9", "ada", email="a@x")],
    }
    why = (
        "source hr has more than one person with this email; nothing is done to any of "
        "them until the source tells them apart"
    )
    assert merge(records, BY_EMAIL) == People(
        (),
        (
            Problem(Kind.USER, Key("hr:1"), "ada", why, "people.yaml:1"),
            Problem(Kind.USER, Key("hr:2"), "bob", why, "people.yaml:2"),
        ),
        frozenset({Key("hr:1"), Key("hr:2"), Key("ldap:9")}),
    )


def test_a_key_that_two_people_of_a_source_share_is_a_conflict():
    """It cannot be what tells them apart; nobody gets a second account by it, or another's."""
    why = (
        "source p has more than one person under this key; nothing is done to any of "
        "them until the source tells them apart"
    )
    for precedence in (Precedence(), BY_EMAIL):
        records = {
            "p": [
                person("1", "ada", email="a@x"),
                person("1", "bob", email="b@x"),
                person("2", "cy"),
            ]
        }
        people = merge(records, precedence)
        assert [one.key for one in people.persons] == ["p:2"]
        assert people.conflicts == (
            Problem(Kind.USER, Key("p:1"), "ada", why, "people.yaml:1"),
            Problem(Kind.USER, Key("p:1"), "bob", why, "people.yaml:1"),
        )
        assert people.undecided == {"p:1"}
    here = opened(person("1", "ada"))
    here.source.has(person("1", "ada"), person("1", "bob"))
    assert here.plan().changes == ()


def test_who_lacks_the_attribute_is_nobody_else():
    """No value equals no value of another's."""
    records = {"p": [person("1", "ada"), person("2", "bob")], "q": [person("1", "al")]}
    people = merge(records, BY_EMAIL)
    assert ([one.key for one in people.persons], people.conflicts) == (["p:1", "p:2", "q:1"], ())


def test_a_full_key_names_its_source():
    """Two sources may use one key."""
    assert full_key("p", Key("1")) != full_key("q", Key("1"))


RECORDS = st.lists(
    st.builds(
        lambda key, email: person(key, f"user{key}", **({"email": email} if email else {})),
        st.sampled_from("123"),
        st.sampled_from(["", "a@x", "A@x", "b@x"]),
    ),
    max_size=4,
)


@given(
    RECORDS, RECORDS, st.randoms(use_true_random=False), st.sampled_from([Precedence(), BY_EMAIL])
)
def test_every_record_is_one_persons_or_undecided_in_whatever_order(one, other, chance, precedence):
    """No record is lost, none is used twice, and the order of reading does not show."""
    records = {"p": one, "q": other}
    people = merge(records, precedence)
    used = [key for p in people.persons for key in (p.key, *p.aliases)]
    given_keys = {full_key(source, r.key) for source, some in records.items() for r in some}
    assert sorted(used) == sorted(set(used))
    assert {*used} | people.undecided == given_keys
    assert people.undecided.isdisjoint(used)
    shuffled = {source: chance.sample(some, len(some)) for source, some in records.items()}
    assert merge(shuffled, precedence) == people


def test_precedence_decides_per_attribute_through_to_the_target():
    """Title from the directory, everything else from the office."""
    here = Office(
        sources={
            "hr": MemorySource([person("1", "ada", email="a@x", title="HR title")]),
            "ldap": MemorySource([person("9", "al", email="a@x", title="LDAP title", phone="1")]),
        },
        merge=Precedence("email", {"title": ("ldap",)}),
    )
    assert ids(here.apply().execution.done) == ["user/create/hr:1"]
    assert here.accounts() == {
        "ada": {
            "user_name": "ada",
            "email": "a@x",
            "title": "LDAP title",
            "phone": "1",
            "active": True,
        }
    }


def test_who_is_in_one_source_is_as_that_source_says():
    """Without what is empty there, in the order of names; and so of who has no value to join by."""
    one = person("1", "ada", State.ACTIVE, title="Dr", phone="", email="a@x")
    plain = person("2", "bob")
    unread = person("3", "cy", None, "it could not be read")
    expected = People(
        (
            Person(
                key=Key("p:1"),
                attributes={"email": "a@x", "title": "Dr", "user_name": "ada"},
                state=State.ACTIVE,
                reason="",
                origins={"p": "people.yaml:1"},
                given_by={"email": "p", "title": "p", "user_name": "p", "state": "p"},
            ),
            Person(
                key=Key("p:2"),
                attributes={"user_name": "bob"},
                state=None,
                reason="",
                origins={"p": "people.yaml:2"},
                given_by={"user_name": "p"},
            ),
            Person(
                key=Key("p:3"),
                attributes={"user_name": "cy"},
                state=None,
                reason="it could not be read",
                origins={"p": "people.yaml:3"},
                given_by={"user_name": "p", "state": "p"},
            ),
        )
    )
    for by in (None, "email", "badge"):
        found = merge({"p": [unread, one, plain]}, Precedence(by=by))
        assert found == expected
        assert list(found.persons[0].attributes) == ["email", "title", "user_name"]


def test_what_nobody_says_of_ones_standing_is_not_said():
    """And a reason without a standing is one."""
    plain = {source: [person("1", "ada", email="a@x")] for source in "pq"}
    (one,) = merge(plain, BY_EMAIL).persons
    assert (one.state, one.reason, "state" in one.given_by) == (None, "", False)
    plain["q"] = [person("1", "ada", None, "unread", email="a@x")]
    (one,) = merge(plain, BY_EMAIL).persons
    assert (one.state, one.reason, one.given_by["state"]) == (None, "unread", "q")
    order = Precedence("email", {"state": ("r", "q")})
    plain["p"] = [person("1", "ada", State.ACTIVE, email="a@x")]
    assert merge(plain, order).persons[0].reason == "unread"


def test_of_several_values_the_first_in_order_joins():
    """Two in one source with it are a conflict under the login that they have, or their key."""
    many = person("1", "ada")
    many = type(many)(many.key, {"email": ("b@x", "A@x")}, None, "dn")
    other = person("9", "al", email="a@X")
    people = merge({"p": [many], "q": [other]}, BY_EMAIL)
    assert [(one.key, one.aliases) for one in people.persons] == [("p:1", ("q:9",))]
    twice = merge({"p": [many, person("2", "bob", email="a@x")]}, BY_EMAIL)
    assert [(one.key, one.name) for one in twice.conflicts] == [("p:1", "1"), ("p:2", "bob")]


def test_problems_of_all_sources_are_told():
    """Not only those of the last: of each value that several have, of each key."""
    several = {
        "p": [person("1", "ada", email="a@x"), person("2", "al", email="a@x")],
        "q": [person("1", "bob", email="b@x"), person("2", "bo", email="b@x")],
    }
    assert [one.key for one in merge(several, BY_EMAIL).conflicts] == ["p:1", "p:2", "q:1", "q:2"]
    shared = {
        "p": [person("1", "ada"), person("1", "al"), person("3", "cy")],
        "q": [person("2", "bob"), person("2", "bo")],
    }
    people = merge(shared, Precedence())
    assert [one.key for one in people.conflicts] == ["p:1", "p:1", "q:2", "q:2"]
    assert [one.key for one in people.persons] == ["p:3"]
