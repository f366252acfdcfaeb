"""Users meet in names, keys and as administrators; a knot is where more than one does."""

from syncd.core.knots import Knots, Ties, of_key
from syncd.core.memory import OpenLine
from syncd.core.model import Key, Kind, Op, Ref, Stored, User
from syncd.core.policy import Adopt, Policy
from syncd.ports import Holds

HOLDS = Holds(unique=frozenset({"email", "attributes.badge"}), caseless=frozenset({"email"}))
TIES = Ties(HOLDS, Policy())
ADA = User(user_name="ada", email="Ada@example.org", attributes={"badge": "7"})


def test_a_user_has_a_point_for_each_unique_name():
    """Its free attributes too, and by the target's rules for upper and lower case."""
    assert len(TIES.of_user(ADA)) == 3
    assert TIES.of_user(ADA) == TIES.of_fields(
        {"user_name": "ada", "email": "ada@example.org", "attributes.badge": "7"}
    )
    assert TIES.of_user(ADA) & TIES.of_user(User(user_name="other", email="ADA@example.org"))
    assert not TIES.of_user(ADA) & TIES.of_user(User(user_name="Ada", email="a@example.org"))


def test_an_empty_name_ties_to_nobody():
    assert len(TIES.of_user(User(user_name="ada", email=""))) == 1


def test_an_address_ties_where_accounts_are_adopted_by_it():
    plain = Holds(unique=frozenset({"user_name"}))
    assert Ties(HOLDS, Policy()).fields == {"user_name", "email", "attributes.badge", "admin"}
    assert "email" not in Ties(plain, Policy()).fields
    assert "email" in Ties(plain, Policy(adopt=Adopt.BY_EMAIL)).fields


def test_an_account_is_tied_by_its_key_too():
    """Somebody may have made it without saying so."""
    assert of_key(Key("s:1")) in TIES.of_stored(Stored(Ref("7"), ADA, Key("s:1")))
    assert TIES.of_stored(Stored(Ref("7"), ADA)) == TIES.of_user(ADA)


def test_a_change_in_doubt_is_tied_by_its_key_and_by_what_it_writes():
    line = OpenLine(1, Op.CREATE, Kind.USER, Key("s:1"), None, {"user_name": "ada"})
    assert TIES.of_line(line) == {of_key(Key("s:1"))} | TIES.of_user(User(user_name="ada"))


def test_administrators_are_tied_though_there_be_only_one():
    """They may be the last."""
    knots, admin = Knots(), TIES.of_user(User(user_name="root", admin=True))
    knots.add(admin)
    knots.add(TIES.of_user(ADA))
    assert knots.any()
    assert knots.tied(admin)
    assert admin & TIES.of_fields({"user_name": "x", "admin": True})
    assert not knots.tied(TIES.of_user(ADA))


def test_where_two_meet_is_a_knot():
    knots = Knots()
    knots.add({1, 2})
    knots.add({2, 3})
    assert knots.tied({2})
    assert not knots.tied({1, 3})


def test_where_nobody_meets_nobody_is_tied():
    knots = Knots()
    knots.add({1, 2})
    assert not knots.any()
    assert not knots.tied({1, 2})
