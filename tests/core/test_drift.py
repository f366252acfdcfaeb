"""Who changed a field since syncd wrote it, and what the policy makes of that."""

import os
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from syncd.core.decide import Decision, decide
from syncd.core.drift import ATTEMPTS, missed, wheres
from syncd.core.mapping import UserMapping
from syncd.core.memory import OpenLine
from syncd.core.merge import Precedence
from syncd.core.model import Kind, Op, User
from syncd.core.past import Cause, Known, Stuck, Trace
from syncd.core.policy import ANY_FIELD, Adopt, Budget, Drift
from syncd.core.spool import Trays
from syncd.cycle import Mode
from syncd.cycle.spool import DiskSpool
from syncd.engine import ask
from tests.core.test_laws import ANY, live
from tests.core.test_parts import parted
from tests.core.worlds import worlds
from tests.telling import TellingSource
from tests.world import ADA, FREE, KIM, NOON, ZOE, Office, by_hand, group, ids, opened, person

FEW = settings(max_examples=int(os.environ.get("SYNCD_DRIFT_EXAMPLES", "8")))
"""More of them each night."""

DOCTOR = person("1", "ada", email="ada@example.org", title="Doctor")


def edited(policy=FREE, **fields):
    """Ada's account as somebody has changed it, after a run that wrote it."""
    here = opened(ADA, ZOE, policy=policy)
    here.pass_days(1)
    by_hand(here.backend, Kind.USER, here.ref("ada"), **fields)
    return here


def drifting(**how):
    return replace(FREE, drift={name: Drift(word) for name, word in how.items()})


def traces(plan):
    return {change.id: dict(change.traces) for change in plan.changes}


def test_a_field_that_was_changed_outside_is_put_back_and_says_so():
    """With what was written, by which run and when."""
    here = edited(title="Queen")
    plan = here.apply().plan
    was = Trace(Cause.OUTSIDE, "Engineer", 1, NOON)
    assert traces(plan) == {"user/update/p:1": {"title": was}}
    assert plan.causes == {"outside": 1}
    assert here.accounts()["ada"]["title"] == "Engineer"
    assert here.plan().changes == ()


def test_each_field_of_an_update_has_a_cause_of_its_own():
    """One changed in the source, one outside, one in both, and one was never written."""
    here = edited(title="Queen", display_name="Ada!", phone="1")
    changed = {"email": "new@example.org", "title": "Doctor"}
    here.source.has(person("1", "ada", display_name="Ada", **changed), ZOE)
    (change,) = [one for one in here.plan().changes if one.key == "p:1"]
    assert {name: trace.cause for name, trace in change.traces.items()} == {
        "email": Cause.SOURCE,
        "title": Cause.BOTH,
        "display_name": Cause.BOTH,
        "phone": Cause.OUTSIDE,
    }
    assert change.traces["email"] == Trace(Cause.SOURCE, "ada@example.org", 1, NOON)


def test_what_an_adopted_account_held_was_never_written():
    """It is written at first, whatever the policy; after that, it is known."""
    policy = replace(drifting(default="yield"), adopt=Adopt.BY_USER_NAME)
    here = Office(policy=policy)
    here.source.has(DOCTOR)
    here.backend.users.create("", User(user_name="ada", active=True, title="Queen"))
    report = here.apply()
    assert traces(report.plan)["user/update/p:1"]["title"] == Trace(Cause.UNWRITTEN)
    by_hand(here.backend, Kind.USER, here.ref("ada"), title="King")
    assert here.apply().plan.changes == ()


@pytest.mark.parametrize("mode", list(Mode))
def test_what_the_policy_yields_survives_any_number_of_runs(mode):
    """Until the source itself says something else."""
    here = edited(drifting(title="yield"), title="Queen", email="q@example.org")
    assert ids(here.apply().execution.done) == ["user/update/p:1"]
    for _ in range(4):
        here.pass_days(1)
        report = here.apply(mode=mode)
        assert (report.plan.changes, report.plan.drifted, report.exit_code) == ((), (), 0)
        assert here.ledger.snapshot("main").unsettled() == set()
    assert here.accounts()["ada"]["title"] == "Queen"
    assert here.accounts()["ada"]["email"] == "ada@example.org"
    here.source.has(DOCTOR, ZOE)
    report = here.apply(mode=mode)
    assert traces(report.plan)["user/update/p:1"]["title"].cause is Cause.BOTH
    assert here.accounts()["ada"]["title"] == "Doctor"
    by_hand(here.backend, Kind.USER, here.ref("ada"), title="Queen")
    assert here.apply(mode=mode).plan.changes == ()


@pytest.mark.parametrize("mode", list(Mode))
def test_what_the_policy_reports_is_in_every_plan_and_stays(mode):
    """With what it was and what it is; it is no failure, and nothing is written."""
    here = edited(drifting(title="report"), title="Queen")
    here.apply()
    for _ in range(3):
        here.pass_days(1)
        report = here.apply(mode=mode)
        (one,) = report.plan.drifted
        assert (one.change.before, one.change.after) == ({"title": "Queen"}, {"title": "Engineer"})
        assert one.change.traces["title"] == Trace(Cause.OUTSIDE, "Engineer", 1, NOON)
        assert one.rule == "changed outside, and left so by `policy.drift`"
        assert (report.plan.changes, report.exit_code) == ((), 0)
        assert here.ledger.runs()[0].outcome == "done"
    assert here.accounts()["ada"]["title"] == "Queen"
    here.source.has(DOCTOR, ZOE)
    assert ids(here.apply(mode=mode).execution.done) == ["user/update/p:1"]
    assert here.plan().drifted == ()


def test_the_default_holds_for_all_fields_but_admin():
    """Nobody makes themselves administrator because titles may be edited by hand."""
    mapping = UserMapping(always={"admin": "admin"})
    admin, other = person("1", "ada", admin="false"), person("2", "zoe", admin="true")
    for how, after in (({"default": "yield"}, False), ({"admin": "yield"}, True)):
        here = opened(admin, other, policy=drifting(**how), users=mapping)
        by_hand(here.backend, Kind.USER, here.ref("ada"), admin=True)
        here.apply()
        assert here.accounts()["ada"]["admin"] is after


def test_a_groups_name_is_put_back_whatever_is_left_of_people():
    """The policy is of users' fields."""
    here = opened(ADA, groups=[group("e", "Eng", "1")], policy=drifting(display_name="yield"))
    ref = next(one.ref for one in here.backend.groups.read())
    by_hand(here.backend, Kind.GROUP, ref, display_name="Mine")
    plan = here.apply().plan
    assert traces(plan) == {
        "group/update/p:e": {"display_name": Trace(Cause.OUTSIDE, "Eng", 1, NOON)}
    }


def test_what_was_written_under_another_key_is_known():
    """A person who moved to another source keeps what was done by hand."""
    sources = {"p": TellingSource([ADA]), "q": TellingSource([ZOE])}
    merge = Precedence(by="email")
    here = Office(sources=sources, policy=drifting(default="yield"), merge=merge)
    here.apply()
    here.sources["q"].has(ZOE, replace(ADA, key="9"))
    here.apply()
    by_hand(here.backend, Kind.USER, here.ref("ada"), title="Queen")
    here.sources["p"].has(KIM)
    report = here.apply()
    assert [mark.key for mark in report.plan.marks] == ["q:9"]
    assert "user/update/q:9" not in ids(report.plan.changes)
    here.pass_days(1)
    assert here.apply(mode=Mode.FULL).plan.changes == ()
    assert here.accounts()["ada"]["title"] == "Queen"


def test_an_account_that_was_made_anew_has_no_older_past():
    """What was written of the one before says nothing of this one."""
    here = opened(DOCTOR, ZOE, policy=drifting(default="yield"))
    here.backend.users.delete(here.ref("ada"))
    here.source.has(person("1", "ada"), ZOE)
    here.pass_days(1)
    here.apply()
    by_hand(here.backend, Kind.USER, here.ref("ada"), title="Queen")
    plan = here.plan()
    assert plan.changes == ()
    here.source.has(DOCTOR, ZOE)
    (change,) = here.plan().changes
    assert change.traces["title"] == Trace(Cause.BOTH, None, 2, here.now)


WORDS = st.sampled_from(["Engineer", "Doctor", "Queen"])
STEPS = st.one_of(
    st.tuples(st.just("source"), WORDS),
    st.tuples(st.just("by hand"), WORDS),
    st.tuples(st.just("run"), st.sampled_from(list(Mode))),
)


@FEW
@given(st.sampled_from(list(Drift)), st.lists(STEPS, max_size=12))
def test_a_field_is_what_the_table_says_whatever_happens_to_it(how, steps):
    """The source's value is written where it is not the last one, or where drift is put back."""
    here = opened(ADA, policy=drifting(title=how))
    source = target = written = "Engineer"
    for step, what in steps:
        if step == "source":
            source = what
            here.source.has(person("1", "ada", email="ada@example.org", title=what))
        elif step == "by hand":
            target = what
            by_hand(here.backend, Kind.USER, here.ref("ada"), title=what)
        else:
            # A quick cycle sees nothing of the target but whom the source tells of.
            mode = Mode.FULL if how is Drift.ENFORCE else what
            report = here.apply(mode=mode)
            if target != source and (source != written or how is Drift.ENFORCE):
                target = written = source
            assert here.accounts()["ada"]["title"] == target
            assert report.unsettled == ()
            if mode is Mode.FULL:
                assert bool(report.plan.drifted) == (how is Drift.REPORT and target != source)
            after = here.plan(mode=Mode.FULL)
            assert (after.changes, after.unsettled) == ((), ())


POLICIES = st.sampled_from(
    [{}, {"title": Drift.YIELD}, {"title": Drift.REPORT, ANY_FIELD: Drift.YIELD}]
)


@FEW
@given(worlds(), ANY, POLICIES)
def test_what_is_known_of_the_past_is_the_same_in_slices_and_in_passing_over(world, history, drift):
    """Whatever is looked at: the plan about a few, in slices, and about everybody at once."""
    world.policy = replace(world.policy, drift=drift)
    for lived in live(world, history):
        asked = decide(lived.question)
        assert lived.plan.changes == asked.changes
        assert lived.plan.drifted == asked.drifted
        assert lived.plan.unsettled == asked.unsettled == ()
        assert lived.plan.causes == asked.causes


@FEW
@given(
    worlds(),
    ANY,
    st.sampled_from([Drift.REPORT, Drift.ENFORCE]),
    st.integers(1, 4),
    st.sampled_from([Trays, DiskSpool]),
)
def test_what_is_left_alone_is_the_same_in_parts_of_any_size(world, history, how, size, spool):
    """With a past in which all of it was written before and came back so, and was tried enough."""
    for lived in live(world, history):
        question = lived.question
        misses = {
            one.where: Stuck(one.written, one.returned, ATTEMPTS, 1, NOON, 3, NOON)
            for change in decide(question).changes
            for one in missed(change)
        }
        past = Known(question.memory.past.values, misses)
        policy = replace(question.policy, drift={ANY_FIELD: how}, retry_unsettled=None)
        asked = replace(question, memory=replace(question.memory, past=past), policy=policy)
        whole = Decision(asked)
        decision = Decision(*parted(asked, size, spool()))
        assert decision.plan() == whole.plan()
        assert decision.left() == whole.left()
        harmless = [one for one in whole.plan().changes if not one.removes]
        assert misses.keys().isdisjoint(wheres(harmless))


def test_a_person_of_whom_a_plan_only_tells_costs_no_look_at_their_groups():
    """What is left open of them can turn nobody into a member."""
    here = edited(drifting(title="report"), title="Queen")
    here.apply()
    assert here.ledger.snapshot("main").unsettled() == {(Kind.USER, "p:1")}
    assert here.ledger.snapshot("main").undecided() == set()


def test_what_the_target_made_of_a_value_is_nobodys_change():
    """When the source says something else after that, the change is the source's."""
    here = opened(ADA)
    known = Stuck("Engineer", "engineer", 1, 1, NOON, 1, NOON)
    by_hand(here.backend, Kind.USER, here.ref("ada"), title="engineer")
    here.source.has(DOCTOR)
    question = ask(here.sync, here.ledger, here.now)
    for misses, cause in (
        ({(Kind.USER, "p:1", "", "title"): known}, Cause.SOURCE),
        ({}, Cause.BOTH),
    ):
        past = Known(question.memory.past.values, misses)
        plan = decide(replace(question, memory=replace(question.memory, past=past)))
        assert plan.changes[0].traces["title"].cause is cause


def test_a_question_has_its_past_as_a_value():
    """What is asked now is answered so later, whatever was written since."""
    here = edited(title="Queen")
    question = ask(here.sync, here.ledger, here.now)
    before = decide(question)
    here.apply()
    assert decide(question) == before
    assert timedelta(days=1) == here.now - before.changes[0].traces["title"].at


def test_a_plan_tells_of_what_never_settles():
    """With how often it was tried; the rest of the person follows the source."""
    here = opened(ADA)
    here.source.has(person("1", "ada", email="ada@example.org", title="Dr", phone="1"))
    question = replace(
        ask(here.sync, here.ledger, here.now), policy=replace(FREE, retry_unsettled=None)
    )
    (change,) = decide(question).changes
    title = next(one for one in missed(change) if one.where[-1] == "title")
    stuck = {title.where: Stuck(title.written, title.returned, ATTEMPTS, 1, NOON, 3, NOON)}
    past = Known(question.memory.past.values, stuck)
    plan = decide(replace(question, memory=replace(question.memory, past=past)))
    assert [dict(one.after) for one in plan.changes] == [{"phone": "1"}]
    assert [(dict(one.change.after), one.rule) for one in plan.unsettled] == [
        (
            {"title": "Dr"},
            "never settles: written 3 times since run 1, and this came back each time",
        )
    ]


def test_what_was_begun_and_never_settles_counts_as_done():
    """It is not due again, so it draws on the window's budget."""
    here = opened(ADA, ZOE)
    here.source.has(
        person("1", "ada", email="ada@example.org", title="Dr"),
        replace(ZOE, attributes={**ZOE.attributes, "phone": "1"}),
    )
    policy = replace(FREE, retry_unsettled=None, budgets={(Kind.USER, Op.UPDATE): Budget(count=1)})
    question = replace(ask(here.sync, here.ledger, here.now), policy=policy)
    assert len(decide(question).held) == 1
    ada = next(one for one in decide(replace(question, policy=FREE)).changes if one.key == "p:1")
    title = next(one for one in missed(ada) if one.where[-1] == "title")
    stuck = {title.where: Stuck(title.written, title.returned, ATTEMPTS, 1, NOON, 3, NOON)}
    begun = OpenLine(7, Op.UPDATE, Kind.USER, ada.key, ada.ref, ada.after, ada.before)
    for lines, held in (((), []), ((begun,), ["user/update/p:2"])):
        memory = replace(
            question.memory, open_lines=lines, past=Known(question.memory.past.values, stuck)
        )
        plan = decide(replace(question, memory=memory))
        assert ids(one.change for one in plan.held) == held
