"""An undo is a plan like any other: what the run changed goes back, and what it cannot is said."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from syncd.backends.memory import USERS, MemoryBackend
from syncd.core.deed import Undo
from syncd.core.desired import Wanted
from syncd.core.mapping import UserMapping
from syncd.core.members import Who
from syncd.core.memory import Link
from syncd.core.model import Key, Kind, Op, Ref, Stored, User, flat
from syncd.core.past import Cause, Trace
from syncd.core.plan import Change, Plan, Problem
from syncd.core.policy import Adopt, Budget, Drift, Leavers, Policy, Protect, VanishedGroups
from syncd.core.undo import turn
from syncd.cycle import Mode, subjects
from syncd.engine import ask
from syncd.errors import ConfigError, SourceError
from tests.core.events import approve
from tests.core.worlds import steps, worlds
from tests.wired import Wired
from tests.world import FREE, NOON, Office, by_hand, group, ids, office, opened, person

STAYS = "suspended, and kept with what was given to them; nothing is deleted at once"
AGAIN = (
    "not as the sources say (as they were last read): the next run makes again what this one "
    "undoes, unless it is changed there first, or the sync is disabled"
)
SUSPENDED = {"user_name": "ada", "active": False}
GONE = "it was suspended when it was deleted, and is not made again"
EXAMPLES = int(os.environ.get("SYNCD_UNDO_EXAMPLES", "10"))
PEOPLE = [person(str(n), f"user{n}", email=f"u{n}@x", title="Engineer") for n in range(1, 6)]
GROUPS = [group("g", "Guests", "1", "2")]


def titled(title: str, *people):
    return [replace(one, attributes={**one.attributes, "title": title}) for one in people]


def undone(here: Office, run: int | None = None, **how):
    """The report of an undo of that run; of the last one, where none is said."""
    return here.apply(undo=run or here.ledger.runs("main")[0].run, **how)


def state(here: Office):
    return here.accounts(), here.members()


def a_run_of_all_sorts() -> tuple[Office, object]:
    """One that makes, changes, suspends, restores, adds and removes; and how all was before it."""
    here = opened(*PEOPLE, groups=GROUPS)
    here.source.has(*PEOPLE[:4])
    here.apply()
    before = state(here)
    one, two, three, _four, five = PEOPLE
    here.source.has(*titled("Doctor", one), two, three, five, person("7", "user7"))
    here.source.groups = [group("g", "Visitors", "1", "3", "7"), group("h", "Heroes", "1")]
    report = here.apply()
    assert {*ids(report.execution.done)} == {
        "group/create/p:h",
        "group/update/p:g",
        "member/add/p:g/p:3",
        "member/add/p:g/p:7",
        "member/add/p:h/p:1",
        "member/remove/p:g/p:2",
        "user/create/p:7",
        "user/restore/p:5",
        "user/suspend/p:4",
        "user/update/p:1",
    }
    return here, before


def test_what_a_run_did_goes_back():
    """But for what it made, which is suspended, or stays empty."""
    here, (accounts, members) = a_run_of_all_sorts()
    report = undone(here)
    assert {*ids(report.execution.done)} == {
        "group/update/p:g",
        "member/add/p:g/p:2",
        "member/remove/p:g/p:3",
        "member/remove/p:g/p:7",
        "member/remove/p:h/p:1",
        "user/restore/p:4",
        "user/suspend/p:5",
        "user/suspend/p:7",
        "user/update/p:1",
    }
    made = here.accounts().pop("user7")
    assert made == {"user_name": "user7", "active": False}
    assert state(here) == ({**accounts, "user7": made}, members)
    assert report.unsettled == ()


def test_an_undo_is_a_run_of_its_own():
    """Noted as what it is, with the reason at each change, and undone in its turn."""
    here, _ = a_run_of_all_sorts()
    after = state(here)
    run = here.ledger.runs("main")[0].run
    report = undone(here)
    assert [(one.run, one.undoes) for one in here.ledger.runs("main", limit=2)] == [
        (run + 1, run),
        (run, None),
    ]
    reasons = {line.reason for line in here.ledger.lines(run=run + 1)}
    assert reasons == {f"undo of run {run}; the next run makes it again"}
    assert report.plan.undoes == run
    assert report.plan.marks == ()

    undone(here)

    assert state(here) == after
    assert here.plan().changes == ()


def test_each_field_says_that_it_is_an_undo_of_what_was_written():
    """Whatever the policy says of drift: nobody has changed it in the source, and nobody outside."""
    here = opened(*PEOPLE)
    here.source.has(*titled("Doctor", PEOPLE[0]), *PEOPLE[1:])
    for run in (2, 3):
        by_hand(here.backend, Kind.USER, here.ref("user1"), title="Queen")
        here.policy = FREE
        here.apply()
        here.policy = replace(FREE, drift={"default": Drift.REPORT})
        plan = here.plan(undo=run)
        assert {one.id: dict(one.traces) for one in plan.changes} == {
            "user/update/p:1": {"title": Trace(Cause.UNDO, "Doctor", run, here.now)}
        }
        assert (plan.causes, plan.drifted) == ({"undo": 1}, ())
    assert ids(here.plan(undo=2).changes) == ["user/update/p:1"]


def test_the_run_after_an_undo_says_that_it_was_undone():
    """And not that the source has changed; where somebody else has changed it, that both have."""
    here = opened(*PEOPLE)
    here.source.has(*titled("Doctor", PEOPLE[0]), *PEOPLE[1:])
    here.apply()
    undone(here, 2)
    plan = here.plan()
    assert [dict(one.traces) for one in plan.changes] == [
        {"title": Trace(Cause.UNDONE, "Engineer", 3, here.now)}
    ]
    assert plan.causes == {"undone": 1}
    by_hand(here.backend, Kind.USER, here.ref("user1"), title="Queen")
    assert here.plan().causes == {"both": 1}


def test_what_does_not_run_of_an_undo_says_that_it_is_one_too():
    """What is held, what is refused, and what never settles."""
    here = opened(*PEOPLE, groups=GROUPS)
    here.source.has(*titled("Doctor", *PEOPLE[:2]), *PEOPLE[2:4], person("9", "user9"))
    here.source.groups = [group("g", "Guests", "1", "3")]
    here.apply()
    budgets = {(Kind.USER, Op.UPDATE): Budget(count=0), (Kind.MEMBER, Op.ADD): Budget(count=0)}
    here.policy = Policy(budgets=budgets, protect=Protect(users=("user3", "user9")))
    plan = here.plan(undo=2)
    again = "undo of run 2; the next run makes it again"
    assert {one.change.id: one.change.reason for one in plan.held} == {
        "user/update/p:1": again,
        "user/update/p:2": again,
        "member/add/p:g/p:2": again,
    }
    assert {one.change.id: one.change.reason for one in plan.refused} == {
        "user/suspend/p:9": "undo of run 2",
        "member/remove/p:g/p:3": "undo of run 2",
    }


def test_what_cannot_be_undone_is_said_with_the_reason():
    """Accounts and groups that it made, and those that it adopted."""
    here = office(*PEOPLE[:3], groups=GROUPS, policy=Policy(budgets={}, adopt=Adopt.BY_USER_NAME))
    here.backend.users.plant(User(user_name="user1"))
    here.apply()
    assert undone(here).plan.notes[:4] == (
        "undo of run 1",
        "1 account or group that run 1 adopted, such as user1: they stay syncd's own",
        "1 group that run 1 made: kept, for no group is deleted at once",
        f"2 accounts that run 1 made: {STAYS}",
    )


def test_what_the_next_run_makes_again_is_counted_and_marked():
    """For the sources say so still; what they do not say any more stays undone."""
    here = opened(*PEOPLE, policy=Policy(budgets={(Kind.USER, Op.UPDATE): Budget(count=3)}))
    here.source.has(*titled("Doctor", *PEOPLE[:3]), *PEOPLE[3:])
    here.apply()
    here.source.has(PEOPLE[0], *titled("Doctor", *PEOPLE[1:3]), *PEOPLE[3:])
    assert ids(r.change for r in here.apply().plan.held) == ["user/update/p:1"]
    here.pass_days(2)
    plan = here.plan(undo=2)
    assert {one.id: one.reason for one in plan.changes} == {
        "user/update/p:1": "undo of run 2",
        "user/update/p:2": "undo of run 2; the next run makes it again",
        "user/update/p:3": "undo of run 2; the next run makes it again",
    }
    assert plan.notes == ("undo of run 2", f"2 of these changes are {AGAIN}")
    undone(here, 2)
    here.pass_days(2)
    assert ids(here.plan().changes) == ["user/update/p:2", "user/update/p:3"]


def test_after_a_change_of_the_settings_the_sources_are_asked_what_they_say():
    """What was read under others is not known any more."""
    here = opened(*PEOPLE)
    here.source.has(*titled("Doctor", *PEOPLE[:2]), *PEOPLE[2:])
    here.apply()
    here.policy = Policy(budgets={}, adopt_groups=True)
    here.source.has(PEOPLE[0], *titled("Doctor", PEOPLE[1]), *PEOPLE[2:])
    reasons = [one.reason for one in here.plan(undo=2).changes]
    assert reasons == ["undo of run 2", "undo of run 2; the next run makes it again"]


def test_what_was_changed_since_is_left_and_named():
    """By a later run, or by hand; each field by itself."""
    here = opened(*PEOPLE)
    people = titled("Doctor", *PEOPLE[:4])
    people[0] = replace(people[0], attributes={**people[0].attributes, "phone": "1"})
    here.source.has(*people, PEOPLE[4])
    here.apply()
    by_hand(here.backend, Kind.USER, here.ref("user1"), title="Countess")
    by_hand(here.backend, Kind.USER, here.ref("user2"), title="Engineer")
    here.backend.users.delete(here.ref("user3"))
    report = undone(here, 2)
    assert [(c.id, dict(c.after)) for c in report.execution.done] == [
        ("user/update/p:1", {"phone": None}),
        ("user/update/p:4", {"title": "Engineer"}),
    ]
    assert [(one.key, one.why) for one in report.plan.conflicts] == [
        ("p:1", "run 2 is not undone: title was made 'Doctor' by it, and is 'Countess' by now"),
        ("p:3", "run 2 is not undone: it is not there any more"),
    ]


def test_what_a_later_run_made_otherwise_and_so_again_is_not_undone():
    """A leaver who was back for a while is that other run's, and so is who is in a group again."""
    here = opened(*PEOPLE, groups=GROUPS)
    there, gone = ([*titled(title, PEOPLE[0]), *PEOPLE[1:n]] for title, n in (("", 5), ("Dr", 4)))
    for people, members in ((gone, "13"), (there, "12"), (gone, "13")):
        here.source.has(*people)
        here.source.groups = [group("g", "Guests", *members)]
        assert here.apply().exit_code == 0
    plan = here.plan(undo=2)
    assert (plan.changes, plan.held) == ((), ())
    words = "run 2 is not undone: {} was made {} by it, otherwise later, and so again"
    assert [(one.key, one.why) for one in plan.conflicts] == [
        ("p:1", words.format("title", "'Dr'")),
        ("p:5", words.format("active", "False")),
    ]
    counted = "2 members that run 2 changed: left as they are, for a later run made it otherwise"
    assert f"{counted}, and so again" in plan.notes
    assert len(here.plan(undo=4).changes) == 4


def test_who_was_made_anew_since_is_somebody_elses_account_to_an_undo():
    """It undoes what it did to the account that it did it to."""
    here = opened(*PEOPLE)
    here.backend.users.delete(here.ref("user3"))
    here.apply()
    plan = here.plan(undo=1)
    assert "user/suspend/p:3" not in ids(plan.changes)
    assert [(one.key, one.why) for one in plan.conflicts] == [
        ("p:3", "run 1 is not undone: they have another account by now")
    ]


DELETING = Policy(budgets={}, leavers=Leavers.DELETE, vanished_groups=VanishedGroups.DELETE)


def over_the_grace(here: Office):
    """The report of the run that deletes, after one that still missed them."""
    here.pass_days(16)
    here.apply()
    here.pass_days(16)
    return here.apply()


def test_a_deletion_is_made_good_as_far_as_the_journal_goes():
    """A group is made anew; an account that was suspended is not."""
    here = opened(*PEOPLE, groups=GROUPS, policy=DELETING)
    here.source.has(*PEOPLE[1:])
    here.source.groups = []
    here.apply()
    report = over_the_grace(here)
    assert {*ids(report.execution.done)} == {"group/delete/p:g", "user/delete/p:1"}
    assert dict(report.execution.done[-1].before)["user_name"] == "user1"
    plan = here.plan(undo=4)
    assert ids(plan.changes) == ["group/create/p:g"]
    assert [(one.key, one.why) for one in plan.conflicts] == [
        (
            "p:1",
            f"run 4 is not undone: {GONE}; `syncd show 4` has what it held",
        )
    ]
    assert (
        "1 group that run 4 deleted: made anew, with another ref and without the members that it had"
        in plan.notes
    )


def test_an_active_account_that_was_deleted_is_made_anew():
    """Where a target cannot suspend, leavers are deleted as they are."""
    holds = {Kind.USER: replace(USERS, ops=USERS.ops - {Op.SUSPEND, Op.RESTORE})}
    here = opened(*PEOPLE, policy=DELETING, backend=MemoryBackend(holds=holds))
    here.source.has(*PEOPLE[1:])
    here.apply()
    over_the_grace(here)
    assert "user1" not in here.accounts()
    report = undone(here)
    assert ids(report.execution.done) == ["user/create/p:1"]
    assert here.accounts()["user1"]["title"] == "Engineer"


def test_who_was_taken_out_of_a_group_and_is_gone_does_not_come_back():
    """It is named."""
    here = opened(*PEOPLE, groups=GROUPS, policy=DELETING)
    here.source.groups = [group("g", "Guests", "1")]
    here.apply()
    here.source.has(PEOPLE[0], *PEOPLE[2:])
    here.apply()
    over_the_grace(here)
    plan = here.plan(undo=2)
    assert plan.changes == ()
    assert [(one.kind, one.name, one.why) for one in plan.conflicts] == [
        (
            Kind.MEMBER,
            "user2 in Guests",
            "run 2 is not undone: the account, or the group, is syncd's no more",
        )
    ]


def test_who_stepped_aside_for_a_moment_goes_back_from_the_end_of_the_way():
    """Two people swapped logins: what was temporary is not looked at."""
    here = opened(*PEOPLE[:2])
    swapped = [
        replace(one, attributes={**one.attributes, "user_name": other.attributes["user_name"]})
        for one, other in zip(PEOPLE[:2], PEOPLE[1::-1], strict=True)
    ]
    before = state(here)
    here.source.has(*swapped)
    assert any(one.temporary for one in here.apply().execution.done)
    assert state(here) != before
    assert not undone(here).plan.conflicts
    assert state(here) == before


@pytest.mark.parametrize("mode", list(Mode))
def test_what_an_undo_has_read_and_left_alone_is_not_forgotten(mode):
    """Somebody edited an account which that run had made: there is nothing to undo, and the next
    run puts back what they changed."""
    here = opened(*PEOPLE)
    by_hand(here.backend, Kind.USER, here.ref("user1"), title="Boss", active=False)
    assert "user/suspend/p:1" not in ids(undone(here, 1).plan.changes)
    plan = here.apply(mode=mode).plan
    assert "user/update/p:1" in ids(plan.changes)
    assert "user1 stays suspended: disabled by hand" in plan.notes
    assert here.accounts()["user1"]["title"] == "Engineer"


def test_guards_hold_in_an_undo_as_they_do_everywhere():
    """Protection, the own account, the last administrator, budgets, and a target that was not read
    whole."""
    admin = UserMapping(always={"admin": "admin"})
    people = [*PEOPLE, person("9", "boss", admin="true")]
    here = office(*people, groups=GROUPS, users=admin)
    here.source.supplies |= {"admin"}
    here.apply()
    here.backend.own = here.ref("user2")
    budget = {(Kind.USER, Op.SUSPEND): Budget(count=0)}
    here.policy = Policy(budgets=budget, protect=Protect(users=("user1",)))
    plan = here.plan(undo=1)
    assert {r.rule for r in plan.refused} == {
        "protected: user user1",
        "protected: syncd logs in with this account",
    }
    assert ids(r.change for r in plan.held) == [f"user/suspend/p:{n}" for n in "3459"]
    here.policy = Policy(budgets={}, protect=Protect(groups=("Guests",)))
    plan = here.plan(undo=1)
    assert ("user/suspend/p:9", "protected: the last administrator") in {
        (r.change.id, r.rule) for r in plan.refused
    }
    assert "protected: member of Guests" in {r.rule for r in plan.refused}


def test_what_is_held_of_an_undo_runs_once_it_is_approved():
    """By the digest of the run that held it."""
    here = opened(*PEOPLE)
    here.policy = Policy(budgets={(Kind.USER, Op.SUSPEND): Budget(count=2)})
    report = undone(here, 1)
    assert (len(report.execution.done), len(report.plan.held)) == (2, 3)
    approve(here, report.plan)
    done = undone(here, 1).execution.done
    assert len(done) == 3
    assert "; approved by ann (approval 1)" in done[0].reason


def test_an_undo_asks_no_source_and_is_a_plan_that_can_be_kept():
    """It works while the sources are down; and a saved one is bound to what it saw."""
    here, before = a_run_of_all_sorts()
    here.source.down = True
    run = here.ledger.runs("main")[0].run
    saved = here.plan(undo=run)
    by_hand(here.backend, Kind.USER, here.ref("user1"), phone="7")
    report = here.apply(saved=saved)
    assert ids(r.change for r in report.plan.refused) == ["user/update/p:1"]
    assert len(report.execution.done) == 8
    assert here.ledger.runs("main")[0].undoes == run
    assert here.accounts()["user4"]["active"] is before[0]["user4"]["active"]
    with pytest.raises(SourceError):
        here.plan()


def test_how_a_sync_stands_is_not_told_by_an_undo():
    """It is not to do as the sources say, so nothing was found as it should be."""
    here, _ = a_run_of_all_sorts()
    stood = here.ledger.desk.standing("main")
    undone(here)
    assert here.ledger.desk.standing("main") == stood


@pytest.mark.parametrize(
    ("run", "message"),
    [(9, "there is no run 9"), (2, "run 2 is one of the sync other, not main")],
)
def test_what_is_no_run_of_the_sync_cannot_be_undone(run, message):
    """Nothing is read before that is known."""
    here = opened(*PEOPLE)
    now = here.now
    here.ledger.begin_run("other", Plan(sync="other", target="t", created=now, config=""), now)
    with pytest.raises(ConfigError, match=message):
        undone(here, run)


def test_a_run_that_broke_off_is_settled_before_anything_is_undone():
    """What became of its last changes is found out by an apply, and by nothing else."""
    here = office(*PEOPLE)
    kept = here.backend

    def dies(when, verb):
        if (when, verb) == ("after", "users.create"):
            raise KeyboardInterrupt

    here.backend = Wired(kept, dies, batch_size=1)
    with pytest.raises(KeyboardInterrupt):
        here.apply()
    here.backend = kept
    with pytest.raises(ConfigError, match="a run of main broke off"):
        undone(here, 1)
    here.apply()
    assert ids(undone(here, 1).execution.done) == ["user/suspend/p:1"]


def test_what_does_not_take_is_told_of_an_undo_too():
    """The field that comes back otherwise is named."""
    here = opened(*PEOPLE)
    here.source.has(*titled("Doctor", PEOPLE[0]), *PEOPLE[1:])
    here.apply()
    inner = here.backend
    here.backend = Wired(inner, batch_size=1)
    write = inner.users.update
    inner.users.update = lambda ref, change: write(
        ref, replace(change, after={**change.after, "title": "Duke"})
    )
    (left,) = undone(here).unsettled
    assert left.fields == {"title": ("Engineer", "Duke")}


@pytest.mark.parametrize("many", [50_000, 3])
def test_a_run_of_any_size_is_undone(many, monkeypatch):
    """Of many people all are looked at, in slices; it comes to the same."""
    monkeypatch.setattr(subjects, "MANY", many)
    here, (accounts, members) = a_run_of_all_sorts()
    saved = here.plan(undo=here.ledger.runs("main")[0].run)
    report = undone(here)
    assert report.plan.changes == saved.changes
    made = {"user7": {"user_name": "user7", "active": False}}
    assert state(here) == ({**accounts, **made}, members)
    undone(here)
    assert here.plan().changes == ()


@given(worlds(policies=st.just(FREE)), st.lists(steps(), min_size=1, max_size=3))
@settings(max_examples=EXAMPLES)
def test_whatever_a_run_did_an_undo_leaves_all_as_it_was(world, history):
    """Equal in every field that goes back; and after the undo of the undo, as if nothing had been."""
    world.apply()
    for step in history[:-1]:
        step.happen(world)
        world.apply()
    history[-1].happen(world)
    before = kept(world)
    if not world.apply().execution.done:
        return
    after = kept(world)
    report = undone(world)
    assert not report.unsettled
    if report.plan.conflicts or report.execution.failed or report.plan.refused:
        return  # something is said to have stayed
    now = kept(world)
    made = now[0].keys() - before[0].keys()
    assert all(now[0][ref].get("active") is not True for ref in made)
    assert {ref: now[0][ref] for ref in before[0]} == before[0]
    assert now[2] == before[2]
    if now[0].keys() == after[0].keys():
        again = undone(world).plan
        assert again.conflicts or again.refused or kept(world) == after


def kept(world):
    """Accounts and groups by ref, and who is in which."""
    memory = world.memory
    return (
        {one.ref: flat(one.entity) for one in memory.users.read()},
        {one.ref: flat(one.entity) for one in memory.groups.read()},
        {*memory.members.read()},
    )


def test_what_was_made_or_is_empty_by_now_is_told_by_that_word():
    """Rather than as nothing at all."""
    here = opened(*PEOPLE)
    bare = replace(PEOPLE[1], attributes={"user_name": "user2", "email": "u2@x"})
    here.source.has(*titled("Doctor", PEOPLE[0]), bare, *PEOPLE[2:])
    here.apply()
    by_hand(here.backend, Kind.USER, here.ref("user1"), title=None)
    by_hand(here.backend, Kind.USER, here.ref("user2"), title="Countess")
    assert [one.why for one in here.plan(undo=2).conflicts] == [
        "run 2 is not undone: title was made 'Doctor' by it, and is empty by now",
        "run 2 is not undone: title was made empty by it, and is 'Countess' by now",
    ]


@pytest.mark.parametrize(
    ("op", "kind", "before", "why"),
    [
        (Op.UPDATE, Kind.USER, {"title": "x"}, "it is syncd's no more"),
        (Op.DELETE, Kind.USER, SUSPENDED, f"{GONE}; `syncd show 4` has what it held"),
        (Op.DELETE, Kind.USER, {}, GONE),
        (Op.REMOVE, Kind.MEMBER, {}, "the account, or the group, is syncd's no more"),
    ],
)
def test_what_is_syncds_no_more_is_named_with_what_is_left_of_it(op, kind, before, why):
    """What the journal has of a deletion is worth a look; where it has nothing, none is sent there."""
    lost = Change(op, kind, Key("p:1"), "ada", Ref("7"), before, member=Key("p:2"))
    question, _ = turn(
        ask(office().sync, office().ledger, NOON),
        None,
        Undo(4, lambda _kind, _keys: (), lambda _key: (), (lost,)),
    )
    problem = Problem(kind, Key("p:1"), "ada", f"run 4 is not undone: {why}")
    assert question.desired.conflicts == (problem,)


def test_who_goes_back_into_a_group_goes_by_the_account():
    """Under whatever key its person is by now; without an account of ours, by the key of then."""
    here = opened(PEOPLE[0], groups=[group("g", "Guests", "1")])
    deeds = [
        Change(Op.REMOVE, Kind.MEMBER, Key("p:g"), "", member=Key("old"), member_ref=Ref("u9")),
        Change(Op.REMOVE, Kind.MEMBER, Key("p:g"), "", member=Key("p:2"), member_ref=Ref("u8")),
        Change(Op.ADD, Kind.MEMBER, Key("p:g"), "", member=Key("p:3")),
    ]
    undo = Undo(4, lambda _kind, _keys: (), lambda _key: deeds)
    _, apart = turn(ask(here.sync, here.ledger, here.now), None, undo)
    apart.roll.enrol(
        [Who(Key("p:1"), here.ref("user1"), "user1"), Who(Key("q:9"), Ref("u9"), "user9")]
    )
    assert len(list(apart.memberships.current())) == 1
    assert apart.memberships.wanted(Key("p:g")) == {"p:1", "q:9", "p:2"}
    assert apart.memberships.wanted(Key("p:h")) == {"q:9", "p:2"}


def test_what_it_made_is_counted_and_who_is_suspended_already_is_not():
    """Of them there is nothing left to say."""
    groups = [group("g", "Guests", "1"), group("h", "Heroes", "1")]
    here = opened(*PEOPLE[:3], groups=groups)
    by_hand(here.backend, Kind.USER, here.ref("user3"), active=False)
    assert here.plan(undo=1).notes[1:3] == (
        "2 groups that run 1 made: kept, for no group is deleted at once",
        f"2 accounts that run 1 made: {STAYS}",
    )


def going_back(deeds, links, stored, *, insists=None, since=()):
    """What should be of these users, and why something of them does not go back."""
    here = office()
    question = ask(here.sync, here.ledger, NOON)
    asked = replace(
        question,
        memory=replace(question.memory, links=links),
        seen=replace(question.seen, users=stored),
    )
    how = {} if insists is None else {"insists": insists}
    how["since"] = lambda _kind, _keys: since
    turned, _ = turn(asked, None, Undo(4, lambda kind, _: deeds.get(kind, ()), lambda _: (), **how))
    desired = turned.desired
    return desired.users, [(one.key, one.why) for one in desired.conflicts], desired.managed


LINKED = Link(Kind.USER, Key("p:1"), Ref("u1"), "ada", aliases=(Key("q:1"),))
ADA = User(user_name="ada", title="Dr", email="A@x")
DEED = Change(Op.UPDATE, Kind.USER, Key("p:1"), "", Ref("u1"), {"title": None}, {"title": "Dr"})


def test_who_was_not_touched_stays_as_they_are_under_all_their_keys():
    """Also where they are not there any more: that is not this undo's affair."""
    there = (Stored(Ref("u1"), ADA),)
    wanted = Wanted(Key("p:1"), ADA, "undo of run 4", (Key("q:1"),))
    assert going_back({}, (LINKED,), there) == ((wanted,), [], frozenset())
    assert going_back({}, (LINKED,), ()) == ((), [], frozenset())
    gone = [("p:1", "run 4 is not undone: it is not there any more")]
    assert going_back({Kind.USER: [DEED]}, (LINKED,), ()) == ((), gone, frozenset())


def test_several_deeds_to_one_go_back_together():
    """From the last to the first; under any key of theirs, and only of the same account."""
    later = replace(DEED, key=Key("q:1"), before={"title": "Dr"}, after={"title": "Prof"})
    mail = replace(DEED, before={"email": "old@x"}, after={"email": "a@X"})
    there = (Stored(Ref("u1"), replace(ADA, title="Prof")),)
    deeds = {Kind.USER: [DEED, later, mail]}
    users, why, managed = going_back(deeds, (LINKED,), there)
    assert (users[0].entity, why) == (User(user_name="ada", email="old@x"), [])
    assert managed == {"title", "email"}
    other = {Kind.USER: [replace(DEED, ref=Ref("u0")), replace(DEED, ref=Ref("u1"))]}
    users, why, _ = going_back(other, (LINKED,), (Stored(Ref("u1"), ADA),))
    assert users[0].entity == ADA
    assert why == [("p:1", "run 4 is not undone: they have another account by now")]
    made = replace(DEED, op=Op.CREATE, ref=None, before={}, after={"user_name": "ada"})
    users, why, managed = going_back({Kind.USER: [made, DEED]}, (LINKED,), there)
    assert (users[0].entity.active, why, managed) == (False, [], frozenset())


def test_what_was_made_otherwise_since_is_so_without_case_where_the_target_has_none():
    """Another spelling of an address is no other address; of a title it is."""
    there = (Stored(Ref("u1"), ADA),)
    made = {"title": "Dr", "email": "a@x"}
    deeds = {Kind.USER: [replace(DEED, before={"title": "Mr", "email": "old@x"}, after=made)]}
    spelled = replace(DEED, after={"title": "DR", "email": "A@X"})
    users, why, _ = going_back(deeds, (LINKED,), there, since=[spelled])
    assert users[0].entity == replace(ADA, email="old@x")
    assert [one[1].split(": ")[1] for one in why] == [
        "title was made 'Dr' by it, otherwise later, and so again"
    ]


def test_what_is_otherwise_by_now_goes_back_only_where_that_is_insisted_on():
    """What is back already is no matter; case is one where the target has it."""
    there = (Stored(Ref("u1"), replace(ADA, title="Queen", email="NEW@x")),)
    deeds = {
        Kind.USER: [
            replace(
                DEED,
                before={"title": "Mr", "email": "old@x"},
                after={"title": "Dr", "email": "new@x"},
            )
        ]
    }
    words = "run 4 is not undone: title was made 'Dr' by it, and is 'Queen' by now"
    for insists in (None, False):
        users, why, _ = going_back(deeds, (LINKED,), there, insists=insists)
        assert users[0].entity == replace(ADA, title="Queen", email="old@x")
        assert why == [("p:1", words)]
    users, why, _ = going_back(deeds, (LINKED,), there, insists=True)
    assert (users[0].entity, why) == (replace(ADA, title="Mr", email="old@x"), [])
    back = (Stored(Ref("u1"), replace(ADA, title="Mr", email="OLD@x")),)
    users, why, _ = going_back(deeds, (LINKED,), back)
    assert (users[0].entity, why) == (back[0].entity, [])
    spelled = (Stored(Ref("u1"), replace(ADA, title="DR", email="x@x")),)
    _, why, _ = going_back(deeds, (LINKED,), spelled)
    assert [one[1].split(": ")[1] for one in why] == [
        "title was made 'Dr' by it, and is 'DR' by now",
        "email was made 'new@x' by it, and is 'x@x' by now",
    ]


def test_all_that_is_made_anew_is_counted():
    """By kind."""
    lost = [
        Change(Op.DELETE, kind, Key(f"p:{n}"), "x", Ref("r"), fields)
        for kind, fields in (
            (Kind.GROUP, {"display_name": "x"}),
            (Kind.USER, {"user_name": "x", "active": True}),
        )
        for n in range(2)
    ]
    here = office()
    undo = Undo(4, lambda _kind, _keys: (), lambda _key: (), lost)
    turned, _ = turn(ask(here.sync, here.ledger, NOON), None, undo)
    anew = "made anew of what the journal has, with another ref, no password, no group"
    assert undo.notes() == (
        "2 groups that run 4 deleted: made anew, with another ref and without the members that it had",
        f"2 accounts that run 4 deleted: {anew}",
    )
    assert [one.key for one in turned.desired.users] == ["p:0", "p:1"]
    assert turned.desired.managed == {"user_name"}
