"""Names settled for a few: every field of what is cleared, taken, dropped or in conflict."""

from msgspec.structs import replace

from syncd.core.model import Group, Key, Kind, Op, Ref, Stored, User
from syncd.core.names import Named, Naming, settle_names
from syncd.core.plan import Change, Problem
from syncd.core.seen import seen_of

UNIQUE = frozenset({"user_name", "email"})
NAMING = Naming(Kind.USER, UNIQUE, frozenset({"email"}), frozenset({"user_name"}), {})


def stored(ref, name, email=None):
    return Stored(Ref(ref), User(user_name=name, email=email))


def update(key, before, after, **how):
    """Of the account that has the key for its ref."""
    return Change(
        Op.UPDATE, Kind.USER, Key(key), f"user{key}", Ref(key), before, after, "changed", **how
    )


def creation(key, **after):
    return Change(Op.CREATE, Kind.USER, Key(key), f"user{key}", after=after, reason="new")


def settled(changes, there, naming=NAMING):
    return settle_names(changes, there, naming)


def problem(change, why):
    return Problem(Kind.USER, change.key, change.name, why, change.reason)


def test_a_name_that_nobody_has_is_taken():
    """Or that one has already, in other letters where case is none."""
    some = [
        creation("1", user_name="ada", email="a@x"),
        update("2", {"email": "B@x"}, {"email": "b@x"}),
        creation("3", user_name="Ada", email=""),
        creation("4", user_name="ddd", email=None),
    ]
    assert settled(some, [stored("2", "bob", "B@X")]) == Named(some, [])


def test_who_claims_what_is_taken_goes_without_it():
    """A creation altogether, an update without the field; by whom is said, in order of refs."""
    new = creation("1", user_name="ada", email="B@X")
    other = update("2", {"user_name": "b", "title": "x"}, {"user_name": "ada", "title": "y"})
    whole = update("3", {"email": "c@x"}, {"email": "b@x"})
    there = [stored("9", "zed", "b@x"), stored("8", "ada"), stored("2", "b"), stored("3", "c")]
    found = settled([new, whole], there)
    assert found == Named(
        [],
        [
            problem(new, "email 'B@X' is claimed by 3 too"),
            problem(whole, "email 'b@x' is claimed by 1 too"),
        ],
    )
    taken = settled([new], there)
    assert taken.changes == []
    assert taken.conflicts[0] == problem(new, "email 'B@X' is taken by zed (9)")
    part = settled([other], there)
    assert part == Named(
        [replace(other, before={"title": "x"}, after={"title": "y"})],
        [problem(other, "user_name 'ada' is taken by ada (8)")],
    )


def test_of_several_who_claim_one_name_each_is_told_of_the_others():
    """In order; what they want besides is left to them."""
    one, two, three = (
        update(key, {"email": None, "title": None}, {"email": "e@x", "title": "y"}) for key in "312"
    )
    there = [stored(key, f"user{key}") for key in "123"]
    found = settled([one, two, three], there)
    assert [(one.key, one.why) for one in found.conflicts] == [
        ("3", "email 'e@x' is claimed by 1, 2 too"),
        ("1", "email 'e@x' is claimed by 2, 3 too"),
        ("2", "email 'e@x' is claimed by 1, 3 too"),
    ]
    assert [dict(one.after) for one in found.changes] == [{"title": "y"}] * 3


def test_who_takes_a_name_waits_for_whoever_gives_it_up():
    """By an update or a deletion; what is blocked gives nothing up."""
    one = update("1", {"user_name": "a"}, {"user_name": "b"})
    two = update("2", {"user_name": "b"}, {"user_name": "c"})
    gone = Change(Op.DELETE, Kind.USER, Key("3"), "c", Ref("3"), {"user_name": "c"})
    there = [stored("1", "a"), stored("2", "b"), stored("3", "c")]
    assert settled([one, two, gone], there) == Named(
        [replace(one, needs=(two.id,)), replace(two, needs=(gone.id,)), gone], []
    )
    assert settled([one, two], there) == Named(
        [],
        [
            problem(two, "user_name 'c' is taken by c (3)"),
            problem(one, "user_name 'b' is taken by b (2)"),
        ],
    )
    asleep = replace(gone, op=Op.SUSPEND, before={"active": True}, after={"active": False})
    assert settled([two, asleep], there).changes == [asleep]


LEAVERS = replace(NAMING, leavers={Ref("9"): Key("p:9")})
GONE = stored("9", "zed", "z@x")
TAKES = update("1", {"email": "a@x"}, {"email": "Z@x"})


def cleared(**how):
    return Change(
        Op.UPDATE,
        Kind.USER,
        Key("p:9"),
        "zed",
        Ref("9"),
        {"email": "Z@x"},
        {"email": None},
        "has left; email goes to user1 (1)",
        seen=seen_of(GONE),
        **how,
    )


def test_a_leavers_address_is_cleared_for_one_who_has_an_account():
    """With the reason; the taker waits for it, and it for the leaver's suspension."""
    there = [stored("1", "a", "a@x"), GONE]
    assert settled([TAKES], there, LEAVERS) == Named(
        [replace(TAKES, needs=("user/update/p:9",)), cleared()], []
    )
    leaving = Change(
        Op.SUSPEND, Kind.USER, Key("p:9"), "zed", Ref("9"), {"active": True}, {"active": False}
    )
    assert settled([TAKES, leaving], there, LEAVERS) == Named(
        [
            replace(TAKES, needs=("user/update/p:9",)),
            leaving,
            cleared(needs=(leaving.id,)),
        ],
        [],
    )


def test_a_leavers_login_is_never_cleared_nor_is_anything_for_a_new_account():
    """The one must be there; the other may be another person's."""
    there = [stored("1", "a", "a@x"), GONE]
    named = update("1", {"user_name": "a"}, {"user_name": "zed"})
    assert settled([named], there, LEAVERS) == Named(
        [], [problem(named, "user_name 'zed' is taken by zed (9)")]
    )
    new = creation("2", user_name="new", email="z@x")
    assert settled([new], there, LEAVERS) == Named(
        [], [problem(new, "email 'z@x' is taken by zed (9)")]
    )


def test_a_leaver_of_whom_two_fields_are_taken_is_touched_once():
    """With both fields, and the last reason."""
    unique = replace(LEAVERS, unique=UNIQUE | {"phone"})
    there = [
        stored("1", "a", "a@x"),
        stored("2", "b"),
        Stored(Ref("9"), User(user_name="zed", email="z@x", phone="7")),
    ]
    phone = update("2", {"phone": None}, {"phone": "7"})
    found = settled([TAKES, phone], there, unique)
    assert found.conflicts == []
    (one,) = [change for change in found.changes if change.key == "p:9"]
    assert (dict(one.before), dict(one.after)) == (
        {"email": "Z@x", "phone": "7"},
        {"email": None, "phone": None},
    )
    assert {change.id: change.needs for change in found.changes} == {
        TAKES.id: (one.id,),
        phone.id: (one.id,),
        one.id: (),
    }


def test_groups_are_named_by_their_own_field():
    """In conflict too."""
    naming = Naming(
        Kind.GROUP, frozenset({"display_name"}), frozenset({"display_name"}), frozenset(), {}
    )
    new = Change(Op.CREATE, Kind.GROUP, Key("g"), "STAFF", after={"display_name": "STAFF"})
    there = [Stored(Ref("7"), Group(display_name="Staff"))]
    assert settle_names([new], there, naming) == Named(
        [], [Problem(Kind.GROUP, Key("g"), "STAFF", "display_name 'STAFF' is taken by Staff (7)")]
    )


def test_who_changes_something_else_gives_no_name_up():
    """Nor does who is suspended: whoever wants it goes without."""
    wants = update("1", {"user_name": "a"}, {"user_name": "bob"})
    other = update("2", {"title": "x"}, {"title": "y"})
    there = [stored("1", "a"), stored("2", "bob")]
    for change in (other, replace(other, op=Op.SUSPEND, before={}, after={"active": False})):
        assert settled([wants, change], there) == Named(
            [change], [problem(wants, "user_name 'bob' is taken by bob (2)")]
        )
