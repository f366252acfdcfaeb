"""Whatever runs, somebody who can log in stays administrator."""

from syncd.backends.memory import GROUPS, MEMBERS, USERS
from syncd.core.judge import Abilities
from syncd.core.mapping import UserMapping
from syncd.core.model import Key, Kind, Op, State, Stored, User
from syncd.core.policy import Policy, Protect
from tests.world import ids, office, person

ADMIN = UserMapping(always={"admin": "admin"})
ABILITIES = {
    kind: Abilities(of.fields, of.immutable, of.required, of.ops)
    for kind, of in ((Kind.USER, USERS), (Kind.GROUP, GROUPS), (Kind.MEMBER, MEMBERS))
}


def with_admin(here):
    here.source.supplies |= {"admin"}
    return here


def governed(*people, **rest):
    here = with_admin(office(*people, users=ADMIN, **rest))
    here.apply()
    return here


def test_the_last_administrator_is_not_suspended():
    """Somebody must be able to log in and mend things."""
    here = governed(person("1", "ada", admin="true"), person("2", "bob"))
    here.source.has(person("2", "bob"))
    plan = here.plan()
    assert plan.changes == ()
    assert [(r.change.id, r.rule) for r in plan.refused] == [
        ("user/suspend/p:1", "protected: the last administrator")
    ]


def test_of_several_administrators_who_all_lose_it_one_stays():
    """The first by key; for the others nothing speaks against it."""
    here = governed(*[person(key, f"user{key}", admin="true") for key in "123"])
    here.source.has(person("2", "user2"))
    plan = here.plan()
    assert ids(plan.changes) == ["user/suspend/p:3", "user/update/p:2"]
    assert ids(r.change for r in plan.refused) == ["user/suspend/p:1"]


def test_the_old_administrator_goes_once_the_new_one_is_there():
    """In one run, and in that order; who gains something else is not waited for."""
    here = governed(person("1", "ada", admin="true"), person("2", "bob"), person("3", "cy"))
    here.source.has(person("2", "bob", admin="true"), person("3", "cy", title="Engineer"))
    (suspension,) = [one for one in here.plan().changes if one.op is Op.SUSPEND]
    assert suspension.needs == ("user/update/p:2",)
    here.apply()
    assert here.plan().changes == ()


def test_who_cannot_log_in_is_no_administrator_that_counts():
    """Rights given to one whom a person disabled make nobody able to mend things."""
    here = governed(person("1", "ada", admin="true"), person("2", "bob"))
    here.backend.users._rows[here.ref("bob")] = Stored(
        here.ref("bob"), User(user_name="bob", active=False, admin=False), Key("p:2")
    )
    here.source.has(person("2", "bob", admin="true"))
    plan = here.plan()
    assert ids(plan.changes) == ["user/update/p:2"]
    assert ids(r.change for r in plan.refused) == ["user/suspend/p:1"]


def test_who_gains_and_is_suspended_at_once_is_no_administrator_that_counts():
    """The source gives rights to somebody and suspends them in the same breath."""
    here = governed(person("1", "ada", admin="true"), person("2", "bob"))
    here.source.has(person("2", "bob", State.SUSPENDED, admin="true"))
    plan = here.plan()
    assert ids(r.change for r in plan.refused) == ["user/suspend/p:1"]
    here.apply()
    assert here.accounts()["ada"]["active"] is True


def test_an_administrator_who_is_restored_counts():
    """One of them comes back while the other leaves."""
    here = governed(person("1", "ada", admin="true"), person("2", "bob", admin="true"))
    here.source.has(person("1", "ada", admin="true"))
    here.apply()
    here.source.has(person("2", "bob", admin="true"))
    assert ids(here.apply().execution.done) == ["user/restore/p:2", "user/suspend/p:1"]
    assert here.plan().changes == ()


def test_rights_that_are_taken_away_wait_and_the_rest_of_the_update_does_not():
    """A protected person's title follows the source; their rights stay."""
    here = governed(
        person("1", "ada", admin="true", title="Engineer"),
        person("2", "bob", admin="true"),
        policy=Policy(budgets={}, protect=Protect(users=("ADA",))),
    )
    here.source.has(person("1", "ada", title="Doctor"), person("2", "bob", admin="true"))
    plan = here.plan()
    assert [(c.id, dict(c.after)) for c in plan.changes] == [
        ("user/update/p:1", {"title": "Doctor"})
    ]
    assert [(dict(r.change.after), r.rule) for r in plan.refused] == [
        ({"admin": False}, "protected: user ada")
    ]
