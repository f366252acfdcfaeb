"""Quick cycles: only what the sources tell to have changed, and only whom that concerns."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from syncd.core.decide import decide
from syncd.core.mapping import Scope, UserMapping
from syncd.core.merge import Precedence
from syncd.core.model import Kind, Reference
from syncd.core.policy import Leavers
from syncd.cycle import Mode
from syncd.engine import ask
from syncd.errors import LedgerError
from syncd.ledger import Ledger
from tests.core.worlds import ELSEWHERE, MERGES, group_records, records
from tests.telling import TellingSource
from tests.wired import Wired
from tests.world import ADA, FREE, KIM, ZOE, MemorySource, Office, group, ids, person


def telling(*people, groups=(), others=(), **rest):
    """An office whose sources tell their changes, with everything read and done."""
    sources = {"p": TellingSource(list(people), list(groups)), "q": TellingSource(list(others))}
    here = Office(sources=sources if others else {"p": sources["p"]}, **rest)
    here.apply()
    return here


STATES = st.tuples(
    st.lists(records(), max_size=4, unique_by=lambda one: one.key),
    st.lists(group_records(), max_size=2, unique_by=lambda one: one.key),
    st.lists(records(ELSEWHERE), min_size=1, max_size=2, unique_by=lambda one: one.key),
)


def known(people, groups):
    """Groups with those members only that are people: as every source promises."""
    keys = {one.key for one in people}
    return [replace(g, members=tuple(m for m in g.members if m in keys)) for g in groups]


@given(
    st.lists(st.tuples(STATES, st.booleans(), st.sampled_from([0, 2, 40])), min_size=1, max_size=6),
    st.sampled_from(list(Leavers)),
    st.sampled_from([Scope(), Scope(member_of=("eng",)), Scope(where={"title": ("Engineer",)})]),
    MERGES,
    st.sampled_from([timedelta(), timedelta(), timedelta(days=1)]),
    st.sampled_from([None, timedelta(days=1)]),
)
def test_a_quick_cycle_comes_to_what_a_full_one_would(history, leavers, take, merge, late, strip):
    """Whatever the sources go through; what quick cycles leave is nothing."""
    day = timedelta(days=1)
    policy = replace(FREE, leavers=leavers, grace=day, suspend_after=late, strip_after=strip)
    here = telling(
        others=[person("8", "hal")], policy=policy, users=UserMapping(take=take), merge=merge
    )
    for (people, groups, others), is_quick, days in history:
        here.source.people, here.source.groups = people, known(people, groups)
        here.sources["q"].people = others
        here.pass_days(days)
        asked = decide(ask(here.sync, here.ledger, here.now))
        # Who holds a name may be nobody's concern in a quick cycle: the target will refuse.
        taken = any("is taken by" in one.why for one in asked.conflicts)
        taken |= any(" goes to " in one.reason for one in asked.changes)
        plan = here.apply(mode=Mode.QUICK if is_quick and not taken else Mode.FULL).plan
        assert ids(plan.changes) == ids(asked.changes)
        assert (plan.held, plan.refused, plan.conflicts) == (
            asked.held,
            asked.refused,
            asked.conflicts,
        )


def test_only_the_touched_are_read_from_the_target():
    """Not one collection is read; of accounts only that of the person who changed."""
    calls = []
    here = telling(ADA, ZOE, KIM)
    here.backend = Wired(here.backend, lambda _when, verb: calls.append(verb))
    here.source.has(ADA, ZOE, person("3", "kim", title="Doctor"))
    assert ids(here.apply(mode=Mode.QUICK).plan.changes) == ["user/update/p:3"]
    assert {verb for verb in calls if verb.endswith("read")} == set()
    assert here.source.asked == {"all": 1, "changes": 1}


def test_what_no_quick_cycle_was_told_of_is_repaired_and_counted():
    """The source forgot to tell; the full reading finds it, repairs it and says so."""
    here = telling(ADA, ZOE)
    here.source.silent_about = {"2"}
    here.source.has(ADA, person("2", "zoe", title="Doctor"))
    assert here.apply(mode=Mode.QUICK).plan.changes == ()
    report = here.apply(mode=Mode.FULL)
    assert ids(report.execution.done) == ["user/update/p:2"]
    assert "source p: 1 change that no quick cycle was told of, found now by reading all" in (
        report.plan.notes
    )
    assert here.ledger.snapshot("main").head().untold == 1
    assert here.apply(mode=Mode.FULL).plan.notes == ()


def test_changes_with_a_gap_are_not_relied_on():
    """Everything is read instead, in the same cycle."""
    here = telling(ADA, ZOE)
    here.source.broken = ("the connection was cut",)
    here.source.has(ADA)
    assert ids(here.apply(mode=Mode.QUICK).execution.done) == ["user/suspend/p:2"]
    assert here.source.asked == {"all": 2, "changes": 1}


def test_full_readings_have_a_schedule_of_their_own():
    """Quick until it is time; then everything, whatever the source has told."""
    here = telling(ADA, full_every=timedelta(hours=12))
    here.apply()
    assert here.source.asked == {"all": 1, "changes": 1}
    here.pass_days(1)
    here.apply()
    assert here.source.asked == {"all": 2, "changes": 2}


def test_a_source_that_cannot_tell_is_read_whole_in_a_quick_cycle_too():
    """The target is left alone all the same."""
    here = Office(sources={"p": MemorySource([ADA, ZOE])})
    here.apply()
    here.source.has(ADA)
    assert ids(here.plan(mode=Mode.QUICK).changes) == ["user/suspend/p:2"]


def test_a_change_that_no_reference_is_about_is_looked_at_by_itself():
    """Groups that name people of another source are looked at anew where such a name moves."""
    hers = Reference("q", "user_name", "zoe", "groups")
    here = telling(
        ADA, groups=[group("g", "Guests", elsewhere=(hers,))], others=[person("2", "zoe"), KIM]
    )
    here.sources["q"].has(person("2", "zoe", title="Doctor"), KIM)
    assert ids(here.apply(mode=Mode.QUICK).execution.done) == ["user/update/q:2"]
    assert here.ledger.snapshot("main").head().quick == 1
    here.sources["q"].has(
        person("2", "zoe", title="Doctor"), person("3", "kim"), person("9", "eve")
    )
    here.apply(mode=Mode.QUICK)
    assert here.ledger.snapshot("main").head().quick == 2
    here.sources["q"].has(person("2", "zoe.m"), person("4", "zoe"))
    report = here.apply(mode=Mode.QUICK)
    assert here.ledger.snapshot("main").head().quick == 0
    assert {id_ for id_ in ids(report.plan.changes) if id_.startswith("member")} == {
        "member/add/p:g/q:4",
        "member/remove/p:g/q:2",
    }


def test_of_merged_records_all_are_looked_at_in_a_quick_cycle():
    """One source tells of a change; what the other has of the person counts as before."""
    title = Precedence(by="email", attributes={"title": ("q",)})
    ada = person("1", "ada", email="ada@x", title="Doctor")
    hers = person("9", "countess", email="ADA@x", title="Countess")
    here = telling(ada, others=[hers], merge=title)
    here.source.has(replace(ada, attributes={**ada.attributes, "given_name": "Ada"}))
    assert ids(here.apply(mode=Mode.QUICK).execution.done) == ["user/update/p:1"]
    here.sources["q"].has(replace(hers, attributes={**hers.attributes, "title": "Lady"}))
    report = here.apply(mode=Mode.QUICK)
    assert [change.after for change in report.plan.changes] == [{"title": "Lady"}]
    assert here.source.asked == {"all": 1, "changes": 2}


def test_what_a_run_made_that_was_killed_at_its_end_is_not_forgotten(monkeypatch):
    """All that it did is booked, and no record of the target has it: the next cycle is a full one."""
    here = telling(ADA, groups=[group("g", "Guests", "1")])
    here.source.groups += [group("h", "Heroes", "1")]
    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "keep", _no_room)
        with pytest.raises(LedgerError):
            here.apply(mode=Mode.FULL)
    assert [link.key for link in here.links() if link.kind is Kind.GROUP] == ["p:g", "p:h"]
    here.source.groups.pop()
    here.source.groups += [group("n", "New", "1", "2")]
    here.source.has(ADA, ZOE)
    assert here.apply(mode=Mode.QUICK).exit_code == 0
    assert [link.key for link in here.links() if link.kind is Kind.GROUP] == ["p:g", "p:h", "p:n"]
    assert here.plan(mode=Mode.FULL).changes == ()


def _no_room(*_args, **_how):
    raise LedgerError("no room left on the disk")
