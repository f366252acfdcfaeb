"""Fields that somebody changed in the target, and that the policy yields to them."""

from msgspec.structs import replace

from syncd.backends.memory import USERS
from syncd.core.desired import Wanted
from syncd.core.memory import Link
from syncd.core.model import Key, Kind, Ref, Stored, User
from syncd.core.past import Cause, Known, Trace, Written
from syncd.core.policy import Drift, Policy
from syncd.core.yielding import yielded
from syncd.engine import ask
from tests.world import NOON, office

LINK = Link(Kind.USER, Key("p:1"), Ref("u1"), "ada")
STORED = Stored(Ref("u1"), User(user_name="ada", title="Queen", email="A@x"))
WANTED = Wanted(Key("p:1"), User(user_name="ada", title="Dr", email="a@x"), "people.yaml:1")


def asked(how=Drift.YIELD, written="Dr"):
    here = office(policy=Policy(drift={"title": how, "email": how}))
    question = ask(here.sync, here.ledger, NOON)
    values = {"title": Written(written, 1, NOON), "email": Written("A@X", 1, NOON)}
    return replace(
        question,
        desired=replace(question.desired, managed=frozenset({"title", "email"})),
        memory=replace(question.memory, past=Known({(Kind.USER, Ref("u1")): values})),
    )


def test_what_was_changed_outside_is_yielded_and_nothing_else():
    """Only where the policy says so; and letters that are the same to the target are."""
    (one,) = yielded(asked(), WANTED, LINK, STORED)
    assert (dict(one.change.before), dict(one.change.after)) == (
        {"title": "Queen"},
        {"title": "Dr"},
    )
    assert one.change.traces == {"title": Trace(Cause.OUTSIDE, "Dr", 1, NOON)}
    assert one.rule == "changed outside, and left so by `policy.drift`"
    assert yielded(asked(Drift.REPORT), WANTED, LINK, STORED) == ()
    assert yielded(asked(written="Mr"), WANTED, LINK, STORED) == ()
    same = replace(STORED, entity=replace(STORED.entity, title="Dr"))
    assert yielded(asked(), WANTED, LINK, same) == ()
    assert "email" in USERS.caseless
    other = replace(STORED, entity=replace(STORED.entity, title="Dr", email="b@x"))
    (one,) = yielded(asked(), WANTED, LINK, other)
    assert dict(one.change.after) == {"email": "a@x"}


def test_of_who_is_not_on_both_sides_nothing_is_yielded():
    """Or is not linked."""
    assert yielded(asked(), None, LINK, STORED) == ()
    assert yielded(asked(), WANTED, None, STORED) == ()
    assert yielded(asked(), WANTED, LINK, None) == ()
