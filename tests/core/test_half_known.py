"""People whom two sources state, while one of the sources cannot be read whole."""

from syncd.core.desired import HalfKnown, Rules, desire
from syncd.core.mapping import GroupMapping, Mapper, Scope, UserMapping
from syncd.core.merge import Precedence
from syncd.core.model import USER_FIELDS, Key, Kind, State, UserRecord
from syncd.core.records import Records

FIELDS = frozenset({"user_name", "active"}) & USER_FIELDS
MAPPER = Mapper(UserMapping(), frozenset({"user_name"}), FIELDS)
RULES = Rules(Precedence(by="number"), Scope(), MAPPER, GroupMapping())


def record(key: str, number: str = "", state: State | None = None) -> UserRecord:
    attributes = {"user_name": key, **({"number": number} if number else {})}
    return UserRecord(Key(key), attributes, state, f"people.yaml:{key}")


EXTRA = Records([record("grace", "42", State.ACTIVE), record("kim")], ())


def test_who_may_be_somebody_in_a_broken_source_waits():
    """Else an outage would make second accounts, or lift suspensions that the lost source states."""
    corp = Records([record("zoe")], (), gaps=("the size limit was exceeded",))
    found = desire({"corp": corp, "extra": EXTRA}, RULES)
    assert [one.key for one in found.users] == ["corp:zoe", "extra:kim"]
    assert found.undecided[Kind.USER] == {"extra:grace"}
    assert found.absent == {}
    (note,) = found.half_known.notes()
    assert note.startswith("nothing is done to 1 with number, such as grace: a source that was")


def test_who_was_read_from_every_broken_source_does_not_wait():
    """All that the sources can say of them is known."""
    corp = Records([record("g", "42", State.SUSPENDED)], (), gaps=("the size limit was exceeded",))
    found = desire({"corp": corp, "extra": EXTRA}, RULES)
    active = {one.key: one.entity.active for one in found.users}
    assert active == {"corp:g": False, "extra:kim": True}
    assert found.undecided[Kind.USER] == frozenset()
    assert found.half_known.notes() == ()


def test_with_whole_sources_nobody_waits():
    """A source that has nobody with that number has nothing more to say."""
    found = desire({"corp": Records([record("zoe")], ()), "extra": EXTRA}, RULES)
    assert [one.key for one in found.users] == ["corp:zoe", "extra:grace", "extra:kim"]
    assert found.undecided[Kind.USER] == frozenset()


def test_whose_standing_could_not_be_read_is_left_alone():
    """Else who loses the right to read `userAccountControl` would lift every suspension."""
    unread = UserRecord(Key("g"), {"user_name": "g"}, None, "cn=g", "userAccountControl is missing")
    says_more = record("grace", "42", State.ACTIVE)
    both = UserRecord(Key("h"), {"number": "42"}, None, "cn=h", "userAccountControl is missing")
    sources = {"corp": Records([unread, both], ()), "extra": Records([says_more], ())}
    found = desire(sources, RULES)
    assert found.users == ()
    assert found.undecided[Kind.USER] == {"corp:g", "corp:h", "extra:grace"}
    why = "it is not known whether they are suspended: userAccountControl is missing; nothing is"
    assert [one.key for one in found.failures] == ["corp:g", "corp:h"]
    assert all(one.why.startswith(why) for one in found.failures)


def test_who_waits_in_several_parts_is_counted_once_and_the_first_is_named():
    """In whatever order the parts come."""
    one, two = HalfKnown(2, "number", Key("p:1"), "ada"), HalfKnown(3, "number", Key("q:1"), "zoe")
    assert one + two == two + one == HalfKnown(5, "number", Key("p:1"), "ada")
    assert one + HalfKnown() == HalfKnown() + one == one
