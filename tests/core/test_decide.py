"""What a plan says beside its changes, and what it leaves alone where a target has no place."""

from msgspec.structs import replace

from syncd.backends.memory import GROUPS, MEMBERS, USERS, MemoryBackend
from syncd.core.mapping import UserMapping
from syncd.core.model import Group, Kind, Op, User
from syncd.core.policy import Policy, Protect
from tests.world import ADA, ENGINEERING, KIM, ZOE, ids, office, opened, person

NO_GROUPS = {
    Kind.GROUP: replace(GROUPS, ops=frozenset()),
    Kind.MEMBER: replace(MEMBERS, ops=frozenset()),
}


def test_what_is_foreign_is_counted_and_left_alone():
    """By kind."""
    here = office(ADA, groups=[ENGINEERING])
    here.backend.users.plant(User(user_name="robot"))
    here.backend.users.plant(User(user_name="root"))
    here.backend.groups.plant(Group(display_name="Admins"))
    assert here.plan().foreign == {"user": 2, "group": 1}


def test_a_target_without_groups_gets_none_and_the_plan_says_so():
    """People all the same."""
    here = office(ADA, KIM, groups=[ENGINEERING], backend=MemoryBackend(holds=NO_GROUPS))
    plan = here.plan()
    assert ids(plan.changes) == ["user/create/p:1", "user/create/p:3"]
    assert plan.notes == ("the target has no groups: 1 left out",)


def test_a_target_whose_members_cannot_be_changed_keeps_them():
    """Groups are made, and nobody is put into them."""
    holds = {Kind.MEMBER: replace(MEMBERS, ops=frozenset())}
    here = office(ADA, KIM, groups=[ENGINEERING], backend=MemoryBackend(holds=holds))
    assert ids(here.plan().changes) == ["group/create/p:e", "user/create/p:1", "user/create/p:3"]


def test_rights_that_the_sources_state_and_nobody_maps_are_left_alone_and_told_of():
    """A privilege is given only where told."""
    here = office(person("1", "ada", admin="true"))
    assert here.plan().notes == (
        (
            "admin is stated in the sources and not mapped: left alone; "
            "map `admin` in `users.always` to keep it true"
        ),
    )
    assert "admin" not in here.plan().changes[0].after


def test_rights_that_the_target_takes_once_are_told_of_with_the_rule_that_gives_them():
    """Kept true they would be refused for ever; and who maps them so is not told again."""
    holds = {Kind.USER: replace(USERS, immutable=frozenset({"admin"}))}
    ada, backend = person("1", "ada", admin="true"), MemoryBackend(holds=holds)
    once = UserMapping(on_create={"admin": "admin"})
    assert office(ada, backend=backend).plan().notes == (
        (
            "admin is stated in the sources and not mapped: left alone; "
            "map `admin` in `users.on_create` to give it to new accounts"
        ),
    )
    assert office(ada, users=once, backend=backend).plan().notes == ()


def test_rights_that_the_target_does_not_know_are_not_asked_for():
    """Nobody is told to map what could not be mapped."""
    holds = {Kind.USER: replace(USERS, fields=USERS.fields - {"admin"})}
    here = office(person("1", "ada", admin="true"), backend=MemoryBackend(holds=holds))
    assert here.plan().notes == ()


def test_rights_are_not_compared_where_the_target_has_none():
    """A mapped `admin` is dropped with the fields that the target cannot hold."""
    holds = {Kind.USER: replace(USERS, fields=USERS.fields - {"admin"})}
    here = office(
        person("1", "ada", admin="true"),
        users=UserMapping(always={"admin": "admin"}),
        backend=MemoryBackend(holds=holds),
    )
    here.apply()
    assert here.plan().changes == ()


def test_a_leaver_who_is_protected_keeps_their_address():
    """Nobody else gets it, and it is a conflict."""
    policy = Policy(budgets={}, protect=Protect(users=("ada",)))
    here = opened(ADA, ZOE, policy=policy)
    here.source.has(person("2", "Zoë", email="ada@example.org"))
    plan = here.plan()
    assert plan.changes == ()
    assert [p.why for p in plan.conflicts] == ["email 'ada@example.org' is taken by ada (u1)"]


def test_a_leaver_of_a_cut_reading_keeps_their_address():
    """It is not certain that they have left."""
    here = opened(ADA, ZOE)
    here.source.has(person("2", "Zoë", email="ada@example.org"))
    here.source.gaps = ("size limit exceeded",)
    plan = here.plan()
    assert plan.changes == ()
    assert plan.withheld == ("source p: size limit exceeded",)
    assert len(plan.conflicts) == 1


def test_a_field_that_cannot_be_changed_stops_no_other():
    """It is refused in words, again and again, and the rest follows the source."""
    holds = {Kind.USER: replace(USERS, immutable=frozenset({"user_name"}))}
    here = opened(ADA, backend=MemoryBackend(holds=holds))
    here.source.has(person("1", "countess", email="ada@example.org", title="Countess"))
    report = here.apply()
    assert [dict(c.after) for c in report.execution.done] == [{"title": "Countess"}]
    assert [(dict(r.change.after), r.rule) for r in report.plan.refused] == [
        ({"user_name": "countess"}, "the target cannot change user_name after creation")
    ]
    assert report.unsettled == ()
    (again,), (refused,) = here.plan().refused, report.plan.refused
    assert again == replace(refused, change=replace(refused.change, seen=again.change.seen))
    assert Op.CREATE not in {c.op for c in here.plan().changes}


def test_a_suspension_that_the_target_has_no_state_for_is_told_of():
    """Nobody takes for a lock what is not one."""
    holds = {Kind.USER: replace(USERS, emulated="a random password; who is logged in stays so")}
    here = opened(ADA, ZOE, backend=MemoryBackend(holds=holds))
    assert here.plan().notes == ()
    here.source.has(ADA)
    (note,) = here.plan().notes
    assert note == "suspension is emulated: a random password; who is logged in stays so"
