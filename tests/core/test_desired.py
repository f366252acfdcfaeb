"""Records become what should be: who is taken, who is absent and why, and what is not certain."""

from msgspec.structs import replace

from syncd.core.desired import Desired, HalfKnown, Rules, Wanted, desire
from syncd.core.mapping import GroupMapping, Mapper, Scope, UserMapping
from syncd.core.merge import Precedence
from syncd.core.model import Group, GroupRecord, Key, Kind, Reference, State, User
from syncd.core.plan import Problem
from syncd.core.records import Records
from tests.world import group, person

MAPPING = UserMapping(always={"phone": "{{ phone }}"}, on_create={"locale": "locale"})
MAPPER = Mapper(
    MAPPING,
    frozenset({"user_name", "title"}),
    frozenset({"user_name", "title", "phone", "locale", "active"}),
)
RULES = Rules(Precedence(by="number"), Scope(), MAPPER, GroupMapping())


def desired(rules=RULES, lost_before=(), **sources):
    return desire(sources, rules, None, lost_before)


def problem(kind, key, name, why, origin):
    return Problem(kind, Key(key), name, why, origin)


ADA = person("1", "ada", phone="7", number="42")
ALSO = person("9", "al", phone="8", number="42")
BOB = person("2", "bob", phone="9")


def test_what_should_be_is_all_that_the_sources_state():
    """People merged and mapped, groups, who is in them, and all that is to be said of it."""
    found = desired(
        p=Records(
            (BOB, ADA),
            (group("h", "Heroes", "1", "2"), group("g", "Guests", "1")),
            notes=("old", "source p: known"),
        ),
        q=Records((ALSO,), (group("g", "Others", "9"),), notes=("new",)),
    )
    assert found == Desired(
        users=(
            Wanted(
                Key("p:1"),
                User(user_name="ada", phone="7"),
                "people.yaml:1, people.yaml:9",
                (Key("q:9"),),
            ),
            Wanted(Key("p:2"), User(user_name="bob", phone="9"), "people.yaml:2"),
        ),
        groups=(
            Wanted(Key("p:g"), Group(display_name="Guests"), "groups.yaml:g"),
            Wanted(Key("p:h"), Group(display_name="Heroes"), "groups.yaml:h"),
            Wanted(Key("q:g"), Group(display_name="Others"), "groups.yaml:g"),
        ),
        members={
            Key("p:h"): frozenset({Key("p:1"), Key("p:2")}),
            Key("p:g"): frozenset({Key("p:1")}),
            Key("q:g"): frozenset({Key("p:1")}),
        },
        managed=frozenset({"user_name", "title", "phone"}),
        once=frozenset({"locale"}),
        people=found.people,
        absent={},
        undecided={Kind.USER: frozenset(), Kind.GROUP: frozenset()},
        uncertain=frozenset(),
        conflicts=(),
        failures=(),
        gaps=(),
        notes=("source p: old", "source p: known", "source q: new"),
        doubts=found.doubts,
    )
    assert list(found.people) == ["p:1", "p:2"]
    assert found.people[Key("p:1")].aliases == ("q:9",)
    assert found.doubts.persons == 2


def test_who_is_not_wanted_is_absent_with_the_reason():
    """Under all keys: gone, for a reason or none, or out of scope."""
    gone = person("3", "cy", State.LEFT, phone="1")
    ended = person("4", "dan", State.LEFT, "the contract ended", phone="1", number="4")
    too = person("4", "dan", phone="1", number="4")
    rules = replace(RULES, scope=Scope(where={"title": ("Dr",)}, member_of=("Heroes",)))
    doctor = person("5", "eve", title="Dr", phone="1")
    plain = person("6", "fay", title="Mr", phone="1")
    found = desired(
        rules,
        p=Records((gone, ended, doctor, plain), (group("h", "Heroes", "5", "6"),)),
        q=Records((too, person("7", "gus", title="Dr", phone="1")), ()),
    )
    assert found.absent == {
        "p:3": "has left",
        "p:4": "the contract ended",
        "q:4": "the contract ended",
        "p:6": "title is not Dr",
        "q:7": "not a member of Heroes",
    }
    assert [one.key for one in found.users] == ["p:5"]
    assert found.groups_of == {"p:5": {"Heroes"}, "p:6": {"Heroes"}}
    assert found.doubts.persons == 1


def test_who_or_what_cannot_be_mapped_is_named_and_nothing_is_done_to_it():
    """A user by the login, or by the key where there is none; under all keys."""
    nameless = replace(BOB, attributes={"phone": "1", "number": "5"})
    known = person("8", "hal", number="6")
    also = person("8", "hal", number="6")
    rules = replace(RULES, groups=GroupMapping(rename="{{ title }}"))
    titled = GroupRecord(Key("t"), {"display_name": "T", "title": "Team"}, (), "groups.yaml:t")
    found = desired(
        rules, p=Records((nameless, known), (group("g", "Guests"), titled)), q=Records((also,), ())
    )
    empty = "user_name is empty: the source has no such attribute for them"
    absent = "phone: the template needs 'phone', and there is none"
    assert found.failures == (
        problem(
            Kind.GROUP,
            "p:g",
            "Guests",
            "display_name: the template needs 'title', and there is none",
            "groups.yaml:g",
        ),
        problem(Kind.USER, "p:2", "p:2", empty, "people.yaml:2"),
        problem(Kind.USER, "p:8", "hal", absent, "people.yaml:8, people.yaml:8"),
    )
    assert found.undecided == {
        Kind.USER: {"p:2", "p:8", "q:8"},
        Kind.GROUP: {"p:g"},
    }
    assert [one.entity.display_name for one in found.groups] == ["Team"]
    assert (found.users, found.absent) == ((), {})


def test_groups_are_taken_and_left_by_their_names_in_the_source():
    """What is skipped is skipped though it would be taken."""
    mapping = GroupMapping(take=("H*", "G*"), skip=("*s",), rename="Team {{ display_name }}")
    groups = tuple(group(name, name) for name in ("Hall", "Heroes", "Other", "Gate"))
    found = desired(replace(RULES, groups=mapping), p=Records((), groups))
    assert [one.entity.display_name for one in found.groups] == ["Team Gate", "Team Hall"]


def test_who_may_be_meant_by_a_reference_that_leads_nowhere_is_left_alone():
    """Whom only such a group would take: neither gone, nor out of scope for another reason."""
    rules = replace(RULES, scope=Scope(member_of=("Heroes",), where={"title": ("Dr",)}))
    lost = Reference("p", "user_name", "nemo", "g.yaml:1")
    doctor = {"title": "Dr", "phone": "1"}
    people = (
        person("1", "ada", **doctor, number="1"),
        person("2", "bob", **doctor),
        person("3", "cy", title="Mr", phone="1"),
        person("4", "dan", State.LEFT, **doctor),
    )
    also = person("9", "al", number="1")
    for elsewhere, before, name in (
        ((lost,), (), "Heroes"),
        ((), (problem(Kind.GROUP, "p:x", "heroes", "", ""),), "Heroes"),
    ):
        found = desired(
            rules,
            before,
            p=Records(people, (group("h", name, "2", elsewhere=elsewhere),)),
            q=Records((also,), ()),
        )
        assert found.undecided[Kind.USER] == {"p:1", "q:9"}
        assert found.absent == {"p:3": "not a member of Heroes", "p:4": "has left"}
        assert [one.key for one in found.users] == ["p:2"]
        assert found.uncertain == ({"p:h"} if elsewhere else frozenset())
    other = desired(
        rules,
        (problem(Kind.GROUP, "p:x", "Others", "", ""),),
        p=Records(people[:1], (group("h", "Heroes"),)),
    )
    assert other.undecided[Kind.USER] == frozenset()
    assert other.absent == {"p:1": "not a member of Heroes"}


def test_of_whom_a_broken_source_may_say_more_is_counted_with_one_of_them():
    """Under all keys; whom no value joins, or whom every broken source has, is known."""
    found = desired(
        p=Records((ADA, person("3", "cy", phone="1", number="3"), BOB), ()),
        q=Records((ALSO,), ()),
        r=Records((person("5", "cy", phone="1", number="3"),), (), gaps=("cut", "source r: short")),
    )
    assert found.gaps == ("source r: cut", "source r: short")
    assert found.undecided[Kind.USER] == {"p:1", "q:9"}
    assert found.half_known == HalfKnown(1, "number", Key("p:1"), "ada")
    (note,) = found.half_known.notes()
    assert note == (
        "nothing is done to 1 with number, such as ada: "
        "a source that was not read whole may say more of them"
    )
    assert [one.key for one in found.users] == ["p:2", "p:3"]
    assert HalfKnown().notes() == ()
    nobody = replace(RULES, merge=Precedence())
    assert desired(nobody, p=Records((ADA,), ()), q=Records((), (), gaps=("cut",))).users != ()


def test_those_of_several_parts_are_counted_together():
    """With the first of them by key."""
    one = HalfKnown(1, "number", Key("p:2"), "bob")
    other = HalfKnown(2, "number", Key("p:1"), "ada")
    assert one + other == other + one == HalfKnown(3, "number", Key("p:1"), "ada")
    assert one + HalfKnown() == HalfKnown() + one == one
    assert HalfKnown() + HalfKnown() == HalfKnown()
