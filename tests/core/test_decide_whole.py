"""One question in which all happens at once, and every word of its plan."""

from msgspec.structs import replace

from syncd.backends.memory import USERS, MemoryBackend
from syncd.core.decide import Decision, decide
from syncd.core.doubt import NOTHING
from syncd.core.left import Growth
from syncd.core.memory import Remark
from syncd.core.model import Group, Kind, Op, Ref, User
from syncd.core.policy import EACH, Budget, Drift, Leavers, Policy, Protect, VanishedGroups
from syncd.core.question import Beyond
from syncd.engine import ask
from tests.world import Office, by_hand, group, ids, opened, person

USER, GROUP = Kind.USER, Kind.GROUP
PEOPLE = [person(str(n), f"user{n}", email=f"u{n}@x", title="Engineer") for n in range(1, 8)]
GROUPS = [
    group("g", "Guests", "1", "2", "3"),
    group("b", "Board", "4"),
    group("v", "Vanishing", "1", "5"),
]
POLICY = Policy(
    budgets={(USER, Op.SUSPEND): Budget(count=1), (Kind.MEMBER, Op.REMOVE): Budget(count=1)},
    protect=Protect(groups=("Board",)),
    drift={"title": Drift.REPORT},
)
GONE = "leaver: is in no source any more"
MENDS = (
    "admin is stated in the sources and not mapped: left alone; "
    "map `admin` in `users.always` to keep it true"
)


def scene() -> Office:
    """Three have left, two claim one address, one wants a stranger's login, one is protected, two
    were edited by hand, one group is new, one renamed, one gone."""
    emulating = MemoryBackend(holds={USER: replace(USERS, emulated="a lock")})
    here = opened(*PEOPLE, groups=GROUPS, backend=emulating)
    here.backend.users.plant(User(user_name="robot"))
    here.backend.groups.plant(Group(display_name="Admins"))
    by_hand(here.backend, USER, here.ref("user1"), title="Queen")
    by_hand(here.backend, USER, here.ref("user7"), active=False)
    here.pass_days(2)
    here.policy = POLICY
    here.source.has(
        PEOPLE[0],
        person("5", "robot", email="u5@x", title="Doctor"),
        person("6", "user6", email="u6@x", title="Doctor"),
        PEOPLE[6],
        person("8", "new8", email="u8@x", admin="true"),
        person("9", "new9", email="u8@x"),
    )
    here.source.groups = [
        group("g", "Visitors", "1", "6", "8"),
        group("b", "Board"),
        group("n", "News", "8", "9", "1"),
    ]
    return here


def asked(here: Office):
    return ask(here.sync, here.ledger, here.now)


def lines(changes):
    return [(one.id, one.reason, dict(one.before), dict(one.after)) for one in changes]


def test_each_change_comes_out_once_with_its_reason_or_its_rule():
    """In the order in which they run, or of what they are."""
    plan = decide(asked(scene()))
    asleep = {"active": True}, {"active": False}
    title = {"title": "Engineer"}, {"title": "Doctor"}
    no_member, member = "no member in the source", "a member in the source"
    assert lines(plan.changes) == [
        ("user/suspend/p:2", GONE, *asleep),
        ("member/remove/p:v/p:1", no_member, {}, {}),
        (
            "group/update/p:g",
            "changed: groups.yaml:g",
            {"display_name": "Guests"},
            {"display_name": "Visitors"},
        ),
        ("group/create/p:n", "new: groups.yaml:n", {}, {"display_name": "News"}),
        ("user/update/p:5", "changed: people.yaml:5", *title),
        ("user/update/p:6", "changed: people.yaml:6", *title),
        ("member/add/p:g/p:6", member, {}, {}),
        ("member/add/p:n/p:1", member, {}, {}),
    ]
    assert plan.changes[-1].needs == ("group/create/p:n",)
    assert [(one.change.id, one.rule) for one in plan.held] == [
        (
            "member/remove/p:v/p:5",
            "over budget member.remove: 2 planned, 1 allowed of 6; 1 of these held",
        ),
        (
            "user/suspend/p:3",
            "over budget user.suspend: 2 planned, 1 allowed of 6; 1 of these held",
        ),
    ]
    assert [(one.change.id, one.rule) for one in plan.refused] == [
        ("member/add/p:g/p:8", "waits for user/create/p:8, which does not run"),
        ("member/add/p:n/p:8", "waits for user/create/p:8, which does not run"),
        ("member/add/p:n/p:9", "waits for user/create/p:9, which does not run"),
        ("user/suspend/p:4", "protected: member of Board"),
    ]
    assert [(lines([one.change])[0], one.rule) for one in plan.drifted] == [
        (
            (
                "user/update/p:1",
                "changed: people.yaml:1",
                {"title": "Queen"},
                {"title": "Engineer"},
            ),
            "changed outside, and left so by `policy.drift`",
        )
    ]
    assert plan.unsettled == ()


def test_all_else_that_there_is_to_be_said_is_in_the_plan():
    """Problems, remarks, notes and numbers."""
    plan = decide(asked(scene()))
    assert [(one.kind, one.key, one.name, one.why, one.origin) for one in plan.conflicts] == [
        (
            USER,
            "p:5",
            "user5",
            "user_name 'robot' is taken by robot (u8)",
            "changed: people.yaml:5",
        ),
        (USER, "p:8", "new8", "email 'u8@x' is claimed by p:9 too", "new: people.yaml:8"),
        (USER, "p:9", "new9", "email 'u8@x' is claimed by p:8 too", "new: people.yaml:9"),
    ]
    assert [(one.remark, one.kind, one.key, one.rule) for one in plan.marks] == [
        (Remark.LEFT, GROUP, "p:v", "is in no source any more"),
        *((Remark.LEFT, USER, f"p:{n}", "is in no source any more") for n in (2, 3, 4)),
    ]
    assert plan.notes == (
        "user7 stays suspended: disabled by hand",
        "suspension is emulated: a lock",
        MENDS,
    )
    assert (plan.withheld, dict(plan.withheld_changes), plan.failures) == ((), {}, ())
    assert (plan.foreign, plan.causes) == ({"user": 1, "group": 1}, {"source": 4})
    assert (plan.sync, plan.target, plan.config) == ("main", "wiki", "c0ffee")


def test_what_is_left_by_a_plan_is_whoever_it_tells_of_and_the_numbers_of_all():
    """With those whom the question was not about."""
    question = asked(scene())
    left = Decision(question).left()
    users = {(USER, f"p:{n}") for n in (1, 2, 3, 4, 5, 6, 7, 8, 9)}
    assert left.open == users | {(GROUP, f"p:{key}") for key in "gnv"}
    assert left.told == frozenset()
    assert left.administrators == frozenset()
    assert left.undecided == {(USER, f"p:{n}") for n in (5, 8, 9)}
    numbers = {USER: 6, GROUP: 3, Kind.MEMBER: 6}
    assert left.totals == Beyond(population=numbers, foreign={USER: 1, GROUP: 1}, notes=(MENDS,))
    beyond = Beyond(population={USER: 10, Kind.MEMBER: 20}, foreign={GROUP: 5}, notes=("known",))
    some = Decision(replace(question, beyond=beyond))
    assert some.left().totals == Beyond(
        population={USER: 16, GROUP: 3, Kind.MEMBER: 26},
        foreign={USER: 1, GROUP: 6},
        notes=("known", MENDS),
    )
    plan = some.plan()
    assert plan.foreign == {"user": 1, "group": 6}
    assert plan.held[1].rule.endswith("2 planned, 1 allowed of 16; 1 of these held")
    assert plan.held[0].rule.endswith("2 planned, 1 allowed of 26; 1 of these held")
    assert some.plan() is plan
    assert (some.saw_all, some.settled, some.renamed) == (True, NOTHING, {})


def test_where_not_all_was_read_nothing_is_taken_away():
    """It is counted, and all else runs; of the gaps each side's are told."""
    here = scene()
    here.source.gaps = ("size limit exceeded",)
    question = asked(here)
    decision = Decision(replace(question, seen=replace(question.seen, gaps=("cut",))))
    plan = decision.plan()
    assert plan.withheld == ("source p: size limit exceeded", "target wiki: cut")
    assert plan.withheld_changes == {"member.remove": 2, "user.suspend": 2}
    assert ids(plan.changes) == [
        "group/update/p:g",
        "group/create/p:n",
        "user/update/p:5",
        "user/update/p:6",
        "member/add/p:g/p:6",
        "member/add/p:n/p:1",
    ]
    assert ids(one.change for one in plan.refused)[-1] == "user/suspend/p:4"
    assert (plan.held, plan.marks) == ((), ())
    assert not decision.saw_all


def test_what_happens_to_groups_that_vanished_is_the_policys():
    """Emptied, left as they are, or in time deleted."""
    here = scene()
    here.policy = replace(POLICY, budgets={}, vanished_groups=VanishedGroups.IGNORE)
    plan = decide(asked(here))
    assert not [one for one in ids(plan.changes) if "p:v" in one]
    assert [one.key for one in plan.marks] == ["p:2", "p:3", "p:4"]
    here.policy = replace(POLICY, budgets={}, vanished_groups=VanishedGroups.DELETE)
    assert "member/remove/p:v/p:5" in ids(decide(asked(here)).changes)


def test_a_leavers_address_goes_to_one_who_stays_only_where_leavers_are_suspended():
    """Else they may be there still."""
    here = opened(*PEOPLE[:2])
    here.source.has(person("2", "user2", email="u1@x", title="Engineer"))
    assert ids(decide(asked(here)).changes) == [
        "user/suspend/p:1",
        "user/update/p:1",
        "user/update/p:2",
    ]
    here.policy = replace(here.policy, leavers=Leavers.IGNORE)
    plan = decide(asked(here))
    assert plan.changes == ()
    assert [one.why for one in plan.conflicts] == ["email 'u1@x' is taken by user1 (u1)"]


def test_a_groups_own_budget_is_of_all_its_members():
    """With those whom the question is not about; of a group that is made now there are none."""
    each = {(Kind.MEMBER, Op.REMOVE, EACH): Budget(percent=50, minimum=0)}
    here = opened(*PEOPLE, groups=GROUPS)
    here.pass_days(2)
    here.policy = Policy(budgets=each)
    here.source.groups = [group("g", "Guests"), *GROUPS[1:]]
    question = asked(here)

    def rule(**members):
        decision = Decision(replace(question, beyond=Beyond(members=members)))
        (first, *_) = [one.rule for one in decision.plan().held] or [""]
        return first

    held = "over budget member.remove of group Guests: 3 planned, 1 allowed of 3; 2 of these held"
    assert rule() == held
    ref = next(link.ref for link in here.links() if link.key == "p:g")
    assert rule(**{ref: 2}) == held.replace("1 allowed of 3; 2", "2 allowed of 5; 1")
    assert rule(**{ref: 3}) == ""
    assert rule(other=9) == held


def test_whose_turn_it_is_may_be_given():
    """Then it goes by no print of a key."""
    question = asked(scene())
    (first,) = [one for one in ids(decide(question).changes) if "suspend" in one]
    for key in ("p:2", "p:3"):
        turns = {other: 1 for other in ("p:2", "p:3") if other != key}
        plan = decide(replace(question, turns={**turns, key: 0}))
        assert [one for one in ids(plan.changes) if "suspend" in one] == [f"user/suspend/{key}"]
    assert first in {"user/suspend/p:2", "user/suspend/p:3"}
    decision = Decision(question)
    decision.plan()
    assert decision.parted


def test_what_is_left_where_all_was_made_is_counted_with_what_came_of_it():
    """And those of whom nothing else is told are as they should be."""
    here = opened(PEOPLE[0], groups=[group("g", "Guests", "1")])
    by_hand(here.backend, USER, here.ref("user1"), admin=True)
    here.source.has(*PEOPLE[:3])
    decision = Decision(asked(here))
    assert ids(decision.plan().changes) == ["user/create/p:2", "user/create/p:3"]
    growth = Growth({USER: 2, Kind.MEMBER: 5}, frozenset({Ref("u9")}))
    left = decision.left(growth)
    assert left.totals.population == {USER: 3, GROUP: 1, Kind.MEMBER: 6}
    assert left.administrators == {here.ref("user1"), "u9"}
    assert left.open == frozenset()
    plain = decision.left()
    assert plain.totals.population == {USER: 1, GROUP: 1, Kind.MEMBER: 1}
    assert plain.administrators == {here.ref("user1")}
    assert plain.open == {(USER, "p:2"), (USER, "p:3")}
