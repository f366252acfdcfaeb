"""Unique names belong to one at a time: swaps, chains, rivals, and who steps aside for whom."""

import time

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from syncd.backends.memory import USERS, MemoryBackend
from syncd.core.mapping import UserMapping
from syncd.core.model import Key, Kind, Op, Ref, Stored, User
from syncd.core.names import Naming, settle_names
from syncd.core.plan import Change, Problem
from syncd.core.policy import Leavers, Policy
from tests.core.test_order import in_order
from tests.world import group, ids, office, opened, person

ADMIN = UserMapping(always={"admin": "admin"})


def numbered(count, login, **more):
    return [person(str(n), login(n), email=f"mail{n}@example.org", **more) for n in range(count)]


def with_admin(here):
    here.source.supplies |= {"admin"}
    return here


def test_two_people_swap_logins_with_one_step_aside():
    """A circle costs one change more than there are people on it, and nobody is made anew."""
    here = opened(person("1", "ada"), person("2", "bob"))
    refs = here.ref("ada"), here.ref("bob")
    here.source.has(person("1", "bob"), person("2", "ada"))
    report = here.apply()
    assert ids(report.execution.done) == [
        "user/update/p:1/temporary",
        "user/update/p:2",
        "user/update/p:1",
    ]
    assert (here.ref("bob"), here.ref("ada")) == refs
    assert here.plan().changes == ()


def test_logins_and_addresses_that_swap_together_cost_one_step_aside():
    """What steps aside gives up all its names at once."""
    here = opened(person("1", "ada", email="a@x"), person("2", "bob", email="b@x"))
    here.source.has(person("1", "bob", email="b@x"), person("2", "ada", email="a@x"))
    plan = here.plan()
    assert dict(plan.changes[0].after) == {
        "email": None,
        "user_name": plan.changes[0].after["user_name"],
    }
    assert ids(here.apply().execution.done) == [
        "user/update/p:1/temporary",
        "user/update/p:2",
        "user/update/p:1",
    ]


def test_an_address_that_must_be_there_steps_aside_into_a_reserved_domain():
    """Where the target cannot be without an e-mail, the detour has one that reaches nobody."""
    holds = {Kind.USER: replace(USERS, required=USERS.required | {"email"})}
    here = opened(
        person("1", "ada", email="a@x"),
        person("2", "bob", email="b@x"),
        backend=MemoryBackend(holds=holds),
    )
    here.source.has(person("1", "ada", email="b@x"), person("2", "bob", email="a@x"))
    aside = here.plan().changes[0]
    assert aside.after["email"].endswith("@syncd.invalid")
    assert here.apply().execution.failed == []
    assert here.plan().changes == ()


def test_a_login_that_is_an_address_steps_aside_into_an_address():
    """There are targets where nothing else is a login; where it is none, it does not become one."""
    here = opened(*(person(login, f"{login}@x") for login in "ab"), person("c", "c"))
    here.source.has(person("a", "b@x"), person("b", "a@x"), person("c", "c"))
    aside = here.plan().changes[0]
    assert aside.after["user_name"].endswith("@syncd.invalid")
    assert here.apply().execution.failed == []
    assert here.plan().changes == ()


def test_groups_swap_names_too():
    """A group is no other than a person here."""
    here = opened(groups=[group("g", "eng"), group("h", "ops")])
    here.source.groups = [group("g", "ops"), group("h", "eng")]
    assert len(here.apply().execution.done) == 3
    assert here.plan().changes == ()


def test_a_leavers_address_goes_down_a_chain():
    """A leaves, B takes A's e-mail, C takes B's: the leaver's is cleared, and the rest follow."""
    here = opened(
        person("a", "ann", email="a@x"),
        person("b", "bob", email="b@x"),
        person("c", "cy", email="c@x"),
    )
    here.source.has(person("b", "bob", email="a@x"), person("c", "cy", email="b@x"))
    report = here.apply()
    assert ids(report.execution.done) == [
        "user/suspend/p:a",
        "user/update/p:a",
        "user/update/p:b",
        "user/update/p:c",
    ]
    assert {name: one.get("email") for name, one in here.accounts().items()} == {
        "ann": None,
        "bob": "a@x",
        "cy": "b@x",
    }
    assert (report.exit_code, here.plan().changes) == (0, ())


def test_nobody_gives_a_name_up_while_not_all_was_read():
    """They may be in the part that is missing, and no leaver."""
    here = opened(person("1", "ada", email="a@x"), person("2", "bob"))
    here.source.has(person("2", "bob"))
    here.apply()
    here.source.has(person("2", "bob", email="a@x"))
    here.source.gaps = ("size limit",)
    plan = here.plan()
    assert plan.changes == ()
    assert [one.why for one in plan.conflicts] == ["email 'a@x' is taken by ada (u1)"]
    here.source.gaps = ()
    assert ids(here.plan().changes) == ["user/update/p:1", "user/update/p:2"]


def test_a_leaver_gives_up_all_that_others_take_in_one_change():
    """Address to one, number to another: the account is touched once."""
    unique = USERS.unique | {"phone"}
    here = opened(
        person("1", "ada", email="a@x", phone="1815"),
        person("2", "bob"),
        person("3", "cy"),
        backend=MemoryBackend(holds={Kind.USER: replace(USERS, unique=unique)}),
    )
    here.source.has(person("2", "bob", email="a@x"), person("3", "cy", phone="1815"))
    report = here.apply()
    assert ids(report.execution.done) == [
        "user/suspend/p:1",
        "user/update/p:1",
        "user/update/p:2",
        "user/update/p:3",
    ]
    assert here.accounts()["ada"] == {"user_name": "ada", "active": False}
    assert here.plan().changes == ()


def test_a_new_account_never_gets_a_leavers_login():
    """A recycled login is a conflict for a person, as long as the leaver's account is there."""
    here = opened(person("1", "ada"), policy=Policy(leavers=Leavers.DELETE, budgets={}))
    here.source.has(person("2", "ada"))
    report = here.apply()
    assert ids(report.execution.done) == ["user/suspend/p:1"]
    assert here.plan().conflicts == (
        Problem(
            Kind.USER, "p:2", "ada", "user_name 'ada' is taken by ada (u1)", "new: people.yaml:2"
        ),
    )
    here.live_days(31)
    assert ids(here.apply().execution.done) == ["user/delete/p:1", "user/create/p:2"]


def test_two_who_claim_one_login_both_go_without():
    """Nobody guesses who is meant."""
    here = office(person("1", "ada"), person("2", "ADA"), person("3", "bob"))
    plan = here.plan()
    assert ids(plan.changes) == ["user/create/p:3"]
    assert [(p.key, p.why) for p in plan.conflicts] == [
        ("p:1", "user_name 'ada' is claimed by p:2 too"),
        ("p:2", "user_name 'ADA' is claimed by p:1 too"),
    ]


def test_a_name_in_conflict_does_not_stop_the_other_fields():
    """Only the field that nobody may have is left out."""
    here = opened(person("1", "ada"), person("2", "bob"))
    here.source.has(person("1", "bob", title="Engineer"), person("2", "bob"))
    plan = here.plan()
    assert [(c.id, dict(c.after)) for c in plan.changes] == [
        ("user/update/p:1", {"title": "Engineer"})
    ]
    assert [p.why for p in plan.conflicts] == ["user_name 'bob' is taken by bob (u2)"]


def test_what_a_conflict_leaves_undone_gives_nothing_up():
    """A chain whose head is blocked is blocked to its end."""
    here = opened(*numbered(4, lambda n: f"user{n}"))
    here.backend.users.plant(User(user_name="user4"))
    here.source.has(*numbered(4, lambda n: f"user{n + 1}"))
    plan = here.plan()
    assert plan.changes == ()
    assert [p.key for p in plan.conflicts] == ["p:0", "p:1", "p:2", "p:3"]


def test_an_administrator_who_gives_a_name_away_loses_nothing_before_the_other_has_gained():
    """Two swap logins and the one administrator's rights: at no time is there none."""
    for first, second in (("1", "2"), ("2", "1")):
        here = with_admin(office(users=ADMIN))
        here.source.has(person(first, "ada", admin="true"), person(second, "bob"))
        here.apply()
        here.source.has(person(first, "bob"), person(second, "ada", admin="true"))
        done = ids(here.apply().execution.done)
        assert done.index(f"user/update/p:{second}") < done.index(f"user/update/p:{first}")
        assert here.plan().changes == ()


def test_a_new_administrator_with_the_old_ones_login_is_made_once():
    """The new account waits for the login, and the demotion for the account: the old steps aside."""
    for old, new in (("1", "2"), ("2", "1")):
        here = with_admin(office(person(old, "ada", admin="true"), users=ADMIN))
        here.apply()
        here.source.has(person(old, "ada2"), person(new, "ada", admin="true"))
        report = here.apply()
        assert ids(report.execution.done) == [
            f"user/update/p:{old}/temporary",
            f"user/create/p:{new}",
            f"user/update/p:{old}",
        ]
        assert {name: one.get("admin") for name, one in here.accounts().items()} == {
            "ada": True,
            "ada2": False,
        }


@given(st.permutations(range(7)), st.sets(st.integers(0, 6), max_size=2), st.booleans())
def test_any_exchange_of_names_comes_out_right(order, leaving, with_mail):
    """Each circle costs one change more, no write is refused, and everybody has their names."""

    def mail(n):
        return {"email": f"mail{n}@x"} if with_mail else {}

    here = opened(*[person(str(n), f"user{n}", **mail(n)) for n in range(7)])
    staying = [n for n in range(7) if n not in leaving]
    here.source.has(
        *[
            person(str(n), f"user{order[n] if order[n] in staying else 100 + n}", **mail(order[n]))
            for n in staying
        ]
    )
    report = here.apply()
    assert report.execution.failed == []
    assert (report.plan.conflicts, report.plan.refused) == ((), ())
    temporary = [c for c in report.execution.done if c.temporary]
    assert len(temporary) <= 3
    assert here.plan().changes == ()


def test_many_swaps_and_long_chains_are_planned_in_seconds():
    """The work follows the number of changes, not its square."""
    count = 2000
    here = opened(*numbered(count, lambda n: f"user{n}"))
    here.backend.users.plant(User(user_name=f"user{count}"))
    for login in (
        lambda n: f"user{n ^ 1}",
        lambda n: f"user{(n + 1) % count}",
        lambda n: f"user{n + 1}",
    ):
        here.source.has(*numbered(count, login))
        begun = time.process_time()
        here.plan()
        assert time.process_time() - begun < 2


def test_who_is_to_be_deleted_steps_aside_without_being_deleted_early():
    """The deletion waits for a promotion, which takes the login of the deleted."""
    stored = [Stored(Ref("r1"), User(user_name="boss")), Stored(Ref("r2"), User(user_name="two"))]
    promoted = Change(
        Op.UPDATE,
        Kind.USER,
        Key("s:2"),
        "two",
        Ref("r2"),
        {"user_name": "two", "admin": False},
        {"user_name": "boss", "admin": True},
    )
    deleted = Change(Op.DELETE, Kind.USER, Key("s:1"), "boss", Ref("r1"), needs=(promoted.id,))
    login = frozenset({"user_name"})
    named = settle_names(
        [promoted, deleted], stored, Naming(Kind.USER, login, frozenset(), login, {})
    )
    assert ids(in_order(named.changes)) == [
        "user/update/s:1/temporary",
        "user/update/s:2",
        "user/delete/s:1",
    ]
