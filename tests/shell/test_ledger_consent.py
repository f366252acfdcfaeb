"""Who lets what through: one person or two different ones, by commands and by files."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from syncd.core.approval import Consent, Filed, approval_print, person_of
from syncd.core.model import Op
from syncd.errors import LedgerError
from syncd.ledger import DONE, Ended, Ledger, Signature, open_ledger
from syncd.ledger.desk import SamePerson
from tests.shell.test_ledger_plans import DAY, NOW, by_print, holding, keep, make, suspend

TWO = Consent(people=2)
TODAY = {"staff": Consent(config="c")}
KEYS = ["ada", "bob", "eve", "kim", "max"]


@pytest.fixture
def ledger(place):
    ledger = open_ledger(*place, write=True)
    yield ledger
    ledger.close()


def signed(by: str, at=NOW) -> Signature:
    return Signature(f"{by} on a", at, at + DAY, by)


def events(ledger, what: str) -> list[dict[str, object]]:
    return [dict(one.facts) for one in ledger.trail.events_after(0, 1000) if one.what == what]


def filed(digest: str, *by: str, expires=NOW + DAY, file: str = "approvals/a.yaml") -> Filed:
    return Filed(digest, by, expires, file)


def test_names_of_one_person_are_one_however_they_are_written():
    """By case, width and spaces; letters of another alphabet are another name."""
    for name in ("Ann", " ann", "\uff21\uff2e\uff2e", "aNN "):
        assert person_of(name) == "ann"
    assert person_of("Ann  Lee") == person_of("ann lee") != person_of("annlee")
    assert person_of("\u0430nn") != "ann"


def test_two_different_people_let_through_what_one_does_not(ledger):
    """And only what both approved."""
    ledger.desk.approve(holding("ada", "bob"), signed("ann"), 2)
    assert ledger.desk.approved("staff", NOW, TWO) == {}
    second = ledger.desk.approve(holding("bob", "kim"), signed("bea"), 2)
    words = "ann on a (approval 1) and bea on a (approval 2)"
    assert ledger.desk.approved("staff", NOW, TWO) == by_print("bob", words=words)
    assert ledger.desk.people_of(ledger.desk.approvals("staff", NOW), NOW) == {1: 1, 2: 1}
    ledger.desk.approve(holding("kim", "bob"), signed("ann"), 2)
    assert ledger.desk.people_of([second], NOW)[2] == 2


def test_the_same_person_twice_does_not_count_and_is_told(ledger):
    """However the name is written, and on whatever machine; who approves of more than before
    may."""
    ledger.desk.approve(holding("ada", "bob"), signed("ann"), 2)
    again = Signature("Ann, by the API", NOW, NOW + DAY, " ANN ")
    with pytest.raises(SamePerson, match=r"approved of this already \(approval 1\): somebody else"):
        ledger.desk.approve(holding("bob"), again, 2)
    ledger.desk.approve(holding("bob", "kim"), again, 2)
    assert ledger.desk.approved("staff", NOW, TWO) == {}
    assert len(ledger.desk.approvals("staff", NOW)) == 2


def test_what_two_people_approved_is_made_once(ledger):
    """Both approvals are used up by it, and the audit is told of both."""
    for by in ("ann", "bea"):
        ledger.desk.approve(holding("ada"), signed(by), 2)
    make(ledger, suspend("ada"))
    assert ledger.desk.approved("staff", NOW, TWO) == {}
    assert [one["approval"] for one in events(ledger, "approval used")] == [1, 2]
    assert [one["by"] for one in events(ledger, "approval given")] == ["ann on a", "bea on a"]


def test_who_has_withdrawn_or_waited_too_long_does_not_count(ledger):
    """And that is told to the audit."""
    ledger.desk.approve(holding("ada"), signed("ann"), 2)
    ledger.desk.approve(holding("ada"), signed("bea"), 2)
    assert ledger.desk.approved("staff", NOW + DAY, TWO) == {}
    ledger.desk.withdraw_approval(1, NOW, "ann on b")
    assert ledger.desk.approved("staff", NOW, TWO) == {}
    keep(ledger, holding("ada"), NOW)
    keep(ledger, holding("ada"), NOW + 2 * DAY)
    keep(ledger, holding("ada"), NOW + 3 * DAY)
    assert events(ledger, "approval withdrawn") == [{"approval": 1, "by": "ann on b", "left": 1}]
    assert events(ledger, "approval expired") == [{"approval": 2, "left": 1}]


def test_a_file_lets_through_what_its_plan_held_and_once(ledger):
    """Before it is taken into the ledger and after; not again though the file stays."""
    plan = holding("ada", "bob")
    keep(ledger, plan)
    one = Consent(1, (filed(plan.digest[:12], "ann"),), config="c")
    words = by_print("ada", "bob", words="ann (approvals/a.yaml)")
    assert ledger.desk.approved("staff", NOW, one) == words
    ledger.desk.take_files("staff", one, NOW)
    ledger.desk.take_files("staff", one, NOW)
    assert ledger.desk.approved("staff", NOW, one) == words
    assert ledger.desk.approved("other", NOW, one) == {}
    [given] = ledger.desk.approvals("staff", NOW)
    assert (given.approved_by, given.file, given.changes) == ("ann", "approvals/a.yaml", 2)
    make(ledger, suspend("ada"))
    ledger.desk.take_files("staff", one, NOW)
    assert ledger.desk.approved("staff", NOW, one) == by_print(
        "bob", words="ann (approvals/a.yaml)"
    )
    make(ledger, suspend("bob"))
    renamed = Consent(1, (filed(plan.digest, "Ann", file="approvals/b.yaml"),), config="c")
    for consent in (one, renamed):
        ledger.desk.take_files("staff", consent, NOW)
        assert ledger.desk.approved("staff", NOW, consent) == {}
    [standing] = ledger.desk.file_standings(one.files, NOW, TODAY)
    assert standing.why_not == "used: all of it was made"


def test_a_file_that_is_gone_approves_of_nothing(ledger):
    """At once; and of what was not made since, when it is back."""
    plan = holding("ada", "bob")
    keep(ledger, plan)
    one = Consent(1, (filed(plan.digest, "ann"),), config="c")
    ledger.desk.take_files("staff", one, NOW)
    make(ledger, suspend("ada"))
    assert ledger.desk.approved("staff", NOW, Consent()) == {}
    ledger.desk.take_files("staff", Consent(), NOW)
    assert ledger.desk.approvals("staff", NOW) == []
    assert [one["by"] for one in events(ledger, "approval withdrawn")] == [
        "approvals/a.yaml is gone"
    ]
    ledger.desk.take_files("staff", one, NOW)
    assert list(ledger.desk.approved("staff", NOW, one)) == list(by_print("bob"))
    with pytest.raises(LedgerError, match=r"given by the file approvals/a.yaml: it ends when"):
        ledger.desk.withdraw_approval(1, NOW)


def test_a_file_says_until_when_it_holds(ledger):
    """Longer or shorter, as it is written now."""
    plan = holding("ada")
    keep(ledger, plan)
    consents = [
        Consent(1, (filed(plan.digest, "ann", expires=NOW + hours),), config="c")
        for hours in (DAY, timedelta(hours=1))
    ]
    for consent, at, approved in (
        (consents[0], NOW + timedelta(hours=2), True),
        (consents[1], NOW + timedelta(hours=2), False),
        (consents[0], NOW + timedelta(hours=2), True),
        (consents[0], NOW + DAY, False),
    ):
        assert bool(ledger.desk.approved("staff", at, consent)) is approved
        ledger.desk.take_files("staff", consent, at)
        assert bool(ledger.desk.approved("staff", at, consent)) is approved
    [standing] = ledger.desk.file_standings(consents[0].files, NOW + DAY, TODAY)
    assert standing.why_not == "expired at 2026-03-02 12:30 UTC"


def test_a_person_in_two_files_of_one_plan_approves_once(ledger):
    """For as long as the longer one says; and of what is there, nothing is told again."""
    plan = holding("ada")
    keep(ledger, plan)
    long = filed(plan.digest, "Ann", expires=NOW + 2 * DAY, file="approvals/b.yaml")
    consent = Consent(
        2, (filed(plan.digest[:12], "ann"), long, filed(plan.digest, "bea")), config="c"
    )
    for _ in range(3):
        ledger.desk.take_files("staff", consent, NOW)
    told = [(one["by"], one["file"]) for one in events(ledger, "approval given")]
    assert told == [("Ann", "approvals/b.yaml"), ("bea", "approvals/a.yaml")]
    assert len(ledger.desk.approvals("staff", NOW)) == 2
    alone = Consent(1, consent.files, config="c")
    assert ledger.desk.approved("staff", NOW + timedelta(hours=36), alone)


def test_what_a_run_has_seen_expired_stays_so_though_the_clock_goes_back(ledger):
    """Be it given by a command or in a file, as long as the file says no other time."""
    plan, other = holding("ada"), holding("bob")
    keep(ledger, plan)
    keep(ledger, other)
    by_file = Consent(1, (filed(other.digest, "bea", expires=NOW + DAY),), config="c")
    ledger.desk.approve(ledger.desk.plan(plan.digest), signed("ann"))
    ledger.desk.take_files("staff", by_file, NOW)
    assert len(ledger.desk.approved("staff", NOW, by_file)) == 2
    keep(ledger, holding("kim"), NOW + 3 * DAY)
    for _ in range(2):
        assert ledger.desk.approved("staff", NOW, by_file) == {}
        assert ledger.desk.approvals("staff", NOW) == []
        ledger.desk.take_files("staff", by_file, NOW)
    assert len(events(ledger, "approval expired")) == 2
    with pytest.raises(LedgerError, match="approval 1 has expired"):
        ledger.desk.withdraw_approval(1, NOW)
    [standing] = ledger.desk.file_standings(by_file.files, NOW, TODAY)
    assert "expired" in standing.why_not
    longer = Consent(1, (filed(other.digest, "bea", expires=NOW + 2 * DAY),), config="c")
    ledger.desk.take_files("staff", longer, NOW)
    assert list(ledger.desk.approved("staff", NOW, longer)) == list(by_print("bob"))


def test_what_ran_by_an_approval_that_expired_meanwhile_uses_it_up(ledger):
    """The run planned while it was good, and began after its end."""
    plan = holding("ada")
    keep(ledger, plan)
    ledger.desk.approve(ledger.desk.plan(plan.digest), signed("ann"))
    late = NOW + DAY
    run = keep(ledger, holding("kim"), late)
    change = replace(suspend("ada"), approved=(Op.SUSPEND,))
    [line] = ledger.begin(run, [change], late)
    ledger.end([Ended(line, change, DONE, None)], late)
    assert [one["changes"] for one in events(ledger, "approval used")] == [1]


def test_two_people_may_stand_in_one_file_or_approve_in_both_ways(ledger):
    """Each by their name."""
    plan = holding("ada")
    keep(ledger, plan)
    both = Consent(2, (filed(plan.digest, "ann", "bea"),), config="c")
    assert len(ledger.desk.approved("staff", NOW, both)) == 1
    alone = Consent(2, (filed(plan.digest, "ann"),), config="c")
    ledger.desk.take_files("staff", alone, NOW)
    ledger.desk.approve(plan, Signature("ANN", NOW, NOW + DAY))
    assert ledger.desk.approved("staff", NOW, alone) == {}
    ledger.desk.approve(plan, signed("bea"), 2)
    assert len(ledger.desk.approved("staff", NOW, alone)) == 1


def test_what_nobody_knows_is_said_and_stops_nothing(ledger):
    """A plan that is not there, one that holds nothing, one of another sync."""
    empty = holding()
    keep(ledger, empty)
    files = (filed("0" * 12, "ann"), filed(empty.digest, "ann"))
    consent = Consent(1, files, config="c")
    ledger.desk.take_files("staff", consent, NOW)
    assert ledger.desk.approved("staff", NOW, consent) == {}
    assert [one.why_not for one in ledger.desk.file_standings(files, NOW, TODAY)] == [
        "unknown: the ledger has no plan 000000000000",
        "the plan holds nothing",
    ]


def test_who_approved_for_one_store_has_approved_nothing_for_another(ledger):
    """It lets nothing through there, does not count there, and may be given there anew."""
    here, there = holding("ada", identity="sql here as 7"), holding("ada", identity="sql there")
    ledger.desk.approve(here, signed("ann"), 2)
    second = ledger.desk.approve(there, signed("ann"), 2)
    assert ledger.desk.people_of([second], NOW)[2] == 1
    third = ledger.desk.approve(here, signed("bea"), 2)
    assert ledger.desk.people_of([third], NOW)[3] == 2
    for store, prints in (("sql here", 1), ("sql there", 0), ("sql", 0), ("", 0)):
        assert len(ledger.desk.approved("staff", NOW, Consent(2, identity=store))) == prints


def test_a_file_that_was_taken_up_for_one_store_lets_nothing_through_to_another(ledger):
    """With any configuration, but only there."""
    plan = holding("ada", identity="sql here")
    keep(ledger, plan)
    files = (filed(plan.digest, "ann"),)
    here, there = (Consent(1, files, f"sql {which}", "c") for which in ("here", "there"))
    ledger.desk.take_files("staff", there, NOW)
    assert ledger.desk.approvals("staff", NOW) == []
    ledger.desk.take_files("staff", here, NOW)
    assert ledger.desk.approved("staff", NOW, there) == {}
    assert len(ledger.desk.approved("staff", NOW, here)) == 1
    other = Consent(1, files, "sql here", "d")
    assert len(ledger.desk.approved("staff", NOW, other)) == 1
    for today, why in (
        (here, ""),
        (other, ""),
        (there, "it is for another target than sql there"),
    ):
        [standing] = ledger.desk.file_standings(files, NOW, {"staff": today})
        assert standing.why_not == why


changes = st.lists(st.sampled_from(KEYS), unique=True)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(st.tuples(st.sampled_from(["ann", "Ann", "bea", "kay"]), changes, st.booleans())),
    changes,
    st.integers(1, 2),
    changes,
)
def test_nothing_runs_that_enough_people_did_not_approve_of(approvals, made, people, held):
    """Whatever was approved by whom, in which order, in files or not, and whatever was made."""
    ledger = Ledger.in_memory()
    files: list[Filed] = []
    wanted: dict[str, set[str]] = {key: set() for key in KEYS}
    for number, (by, keys, in_file) in enumerate(approvals):
        if not keys:
            continue
        plan = holding(*keys, notes=(str(number),))
        if in_file:
            keep(ledger, plan)
            files.append(filed(plan.digest, by, file=f"{number}.yaml"))
        else:
            ledger.desk.approve(plan, signed(by))
        for key in keys:
            wanted[key].add(by.casefold())
    consent = Consent(people, tuple(files), config="c")
    ledger.desk.take_files("staff", consent, NOW)
    make(ledger, *map(suspend, made), outcome=DONE)
    let_through = ledger.desk.approved("staff", NOW, consent)
    may = {key for key in KEYS if len(wanted[key]) >= people and key not in made}
    assert set(let_through) == {approval_print(suspend(key)) for key in may}
    assert {key for key in held if approval_print(suspend(key)) in let_through} == may & set(held)
    ledger.close()
