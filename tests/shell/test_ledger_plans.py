"""The ledger's plans and approvals: what was found is read back, and what is approved is used once."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from msgspec.structs import replace

from syncd.core.approval import approval_print
from syncd.core.memory import Mark, Remark
from syncd.core.model import Key, Kind, Op, Ref
from syncd.core.plan import Change, Plan, Problem, Refusal
from syncd.core.stream import Stream, encode
from syncd.errors import LedgerError
from syncd.ledger import DONE, FAILED, Daemon, Ended, Signature, open_ledger, planroom
from syncd.ledger.operation import FINDINGS
from syncd.ledger.schema import SCHEMA

NOW = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
DAY = timedelta(days=1)
SIGNED = Signature("ann@desk", NOW, NOW + DAY)
EMPTY = Plan(sync="staff", target="wiki", created=NOW, config="c")


@pytest.fixture
def ledger(place):
    ledger = open_ledger(*place, write=True)
    yield ledger
    ledger.close()


def suspend(key: str) -> Change:
    fields = {"ref": Ref(f"r-{key}"), "before": {"active": True}, "after": {"active": False}}
    return Change(Op.SUSPEND, Kind.USER, Key(key), key, reason="is gone", **fields)


def refusals(*keys: str) -> tuple[Refusal, ...]:
    return tuple(Refusal(suspend(key), "over budget") for key in keys)


def holding(*keys: str, **rest) -> Plan:
    return replace(EMPTY, held=refusals(*keys), **rest)


def keep(ledger, plan: Plan, at: datetime = NOW) -> int:
    run = ledger.begin_run(plan.sync, plan, at)
    ledger.desk.keep_plan(run, plan, at)
    return run


def begin(ledger, *changes: Change, by_approval: bool = True) -> list[int]:
    if by_approval:
        changes = tuple(replace(one, approved=(one.op,)) for one in changes)
    return ledger.begin(ledger.begin_run("staff", EMPTY, NOW), changes, NOW)


def make(ledger, *changes: Change, outcome: str = DONE, by_approval: bool = True) -> None:
    lines = begin(ledger, *changes, by_approval=by_approval)
    ledger.end([Ended(n, c, outcome, c.ref) for n, c in zip(lines, changes, strict=True)], NOW)


def approved(ledger, at: datetime = NOW, sync: str = "staff") -> dict[str, str]:
    return ledger.desk.approved(sync, at)


def by_print(*keys: str, words: str = "ann@desk (approval 1)") -> dict[str, str]:
    return {approval_print(suspend(key)): words for key in keys}


def test_a_plan_is_kept_with_what_it_found(ledger):
    """Counts and words in its head, each section in its order, nothing of its changes but counts."""
    problem = Problem(Kind.USER, Key("zoe"), "Zoë", "two accounts", "people.yaml:3")
    plan = holding(
        "ada",
        "bob",
        changes=(suspend("kim"),),
        refused=refusals("eve"),
        unsettled=refusals("u1", "u2", "u3"),
        drifted=refusals("d"),
        conflicts=(problem,),
        failures=(problem, replace(problem, key=Key("q"))),
        withheld=("a gap",),
        withheld_changes={"user.delete": 3},
        notes=("a note", *map(str, range(100))),
        foreign={"user": 7},
    )
    run = keep(ledger, plan)
    desk = ledger.desk
    kept = desk.plan(plan.digest)
    assert kept is not None
    assert (kept.digest, kept.run, kept.sync, kept.target) == (plan.digest, run, "staff", "wiki")
    assert (kept.created, kept.summary, kept.held) == (
        NOW,
        {"user.suspend": 1},
        {"user.suspend": 2},
    )
    assert kept.sections == {
        "held": 2, "refused": 1, "unsettled": 3, "drifted": 1, "conflicts": 1, "failures": 2
    }  # fmt: skip
    assert (kept.withheld, kept.notes) == (("a gap",), plan.notes[:100])
    assert (kept.withheld_changes, kept.foreign) == ({"user.delete": 3}, {"user": 7})
    assert desk.findings(plan.digest, "held") == list(plan.held)
    assert desk.held(kept) == plan.held
    assert desk.findings(plan.digest, "held", limit=1, offset=1) == [plan.held[1]]
    assert desk.findings(plan.digest, "refused") == list(plan.refused)
    assert desk.findings(plan.digest, "unsettled") == list(plan.unsettled)
    assert desk.findings(plan.digest, "drifted") == list(plan.drifted)
    assert desk.findings(plan.digest, "conflicts") == list(plan.conflicts)
    assert desk.findings(plan.digest, "failures") == list(plan.failures)
    assert desk.findings("0" * 64, "held") == []


def test_all_that_is_held_is_kept_and_a_thousand_of_the_rest(ledger):
    """The head says how many there were of each; a stream is kept as a list is."""
    lines = [encode(one) for one in refusals(*map(str, range(2500)))]
    held = Stream(2500, lambda: iter(lines), msgspec.json.Decoder(Refusal).decode)
    problem = Problem(Kind.USER, Key("zoe"), "Zoë", "two accounts")
    plan = replace(EMPTY, held=held, refused=tuple(held), conflicts=(problem,) * 1200)
    keep(ledger, plan)
    [kept] = ledger.desk.plans("staff")
    sizes = {"held": 2500, "refused": 2500, "conflicts": 1200, "failures": 0}
    assert kept.sections == {**sizes, "unsettled": 0, "drifted": 0}
    found = {
        section: len(ledger.desk.findings(kept.digest, section, limit=5000))
        for section in kept.sections
    }
    assert tuple(ledger.desk.held(kept)) == tuple(held)
    sizes = {"held": 2500, "refused": 1000, "conflicts": 1000, "failures": 0}
    assert found == {**sizes, "unsettled": 0, "drifted": 0}


def test_the_same_plan_again_is_of_the_newer_run(ledger):
    """It is kept once, also where it was made at another time."""
    keep(ledger, holding("ada"))
    keep(ledger, holding("ada", "bob"))
    run = keep(ledger, holding("ada", created=NOW + DAY), NOW + DAY)
    assert [(kept.run, kept.sections["held"]) for kept in ledger.desk.plans()] == [
        (run, 1),
        (run - 1, 2),
    ]


def test_a_plan_is_found_by_the_beginning_of_its_digest(ledger):
    """Eight letters or more, in any case; not by less, nor by what is no digest."""
    plan = holding("ada")
    keep(ledger, plan)
    for beginning in (plan.digest[:8], plan.digest[:13].upper(), f" {plan.digest}\n"):
        assert ledger.desk.plan(beginning).digest == plan.digest
    assert ledger.desk.plan("0" * 8) is None
    for wrong in ("", plan.digest[:7], "%" * 8, "no digest", plan.digest + "0"):
        with pytest.raises(LedgerError, match="no digest of a plan"):
            ledger.desk.plan(wrong)


def test_a_beginning_that_fits_two_plans_is_refused(ledger, place):
    """Which of them was meant is asked, never guessed."""
    keep(ledger, holding("ada"))
    keep(ledger, holding("bob"))
    statement = "INSERT INTO ledger_plans SELECT 'abcdef00' || run, sync, run, head"
    place.ask(SCHEMA, f"{statement} FROM ledger_plans")
    with pytest.raises(LedgerError, match="begins with abcdef00: say more of it"):
        ledger.desk.plan("abcdef00")
    assert ledger.desk.plan("abcdef001").sections["held"] == 1


def moved(number: int, *held: str) -> Plan:
    """Another plan each time, that holds these."""
    return holding(*held, refused=refusals(f"moved-{number}"))


def test_the_newest_twenty_plans_of_a_sync_are_kept_that_hold_nothing(ledger):
    """And those that somebody has approved, as long as that lets anything through."""
    first = holding("0")
    keep(ledger, first)
    keep(ledger, replace(holding("0"), sync="other"))
    for number in range(1, 25):
        keep(ledger, moved(number))
    kept = [one.digest for one in ledger.desk.plans("staff", limit=100)]
    assert kept == [*(moved(n).digest for n in range(24, 4, -1)), first.digest]
    assert len(ledger.desk.plans("other")) == 1


def test_what_a_plan_holds_can_be_approved_for_a_fortnight_whatever_runs_meanwhile(ledger):
    """Or as long as an approval of it lets anything through. By the clock and by the runs."""
    first, approved_too = holding("0"), holding("1")
    keep(ledger, first)
    keep(ledger, approved_too)
    ledger.desk.approve(approved_too, Signature("ann@desk", NOW, NOW + 30 * DAY))
    for day in range(1, 14):
        for number in range(2):
            keep(ledger, moved(2 * day + number), NOW + day * DAY)
    assert ledger.desk.findings(first.digest, "held") == list(first.held)
    keep(ledger, moved(100), NOW + 29 * DAY)
    keep(ledger, moved(101), NOW + 13 * DAY)
    assert ledger.desk.plan(first.digest).sections["held"] == 1
    keep(ledger, moved(102), NOW + 15 * DAY)
    keep(ledger, moved(103), NOW + 16 * DAY)
    assert ledger.desk.plan(first.digest) is None
    assert ledger.desk.findings(first.digest, "held") == []
    assert ledger.desk.findings(approved_too.digest, "held") == list(approved_too.held)


def test_older_plans_are_kept_for_what_they_hold_alone_and_that_once(ledger, monkeypatch):
    """Whichever of those that hold the same goes first; and no more than so many."""
    monkeypatch.setattr(planroom, "_HOLDING", 30)
    for number in range(40):
        keep(ledger, moved(number, "ada", "bob"))
    plans = ledger.desk.plans("staff", limit=100)
    assert [one.digest for one in plans] == [
        moved(n, "ada", "bob").digest for n in range(39, 9, -1)
    ]
    for one in plans:
        assert ledger.desk.findings(one.digest, "held") == list(refusals("ada", "bob"))
        assert list(ledger.desk.held(one)) == list(refusals("ada", "bob"))
    assert [one.whole for one in plans] == [True] * 20 + [False] * 10
    assert ledger.desk.findings(plans[19].digest, "refused") == list(refusals("moved-20"))
    assert ledger.desk.findings(plans[20].digest, "refused") == []
    assert (plans[20].sections["refused"], "not kept any more" in plans[20].notes[-1]) == (0, True)
    with ledger._database.reading() as connection:
        held = FINDINGS.c.section == "held"
        assert len(connection.execute(FINDINGS.select().where(held)).all()) == 2
    again = moved(10, "ada", "bob")
    keep(ledger, again)
    assert ledger.desk.plans("staff")[0].whole
    assert ledger.desk.findings(again.digest, "refused") == list(again.refused)
    assert ledger.desk.findings(again.digest, "held") == list(again.held)


def test_what_is_approved_is_told_to_the_next_plan(ledger):
    """By prints, with the words for whose approval it was, until it expires; to that sync only."""
    keep(ledger, holding("ada", "bob"))
    given = ledger.desk.approve(ledger.desk.plans()[0], SIGNED)
    assert (given.approval, given.sync, given.digest) == (1, "staff", holding("ada", "bob").digest)
    assert (given.approved_by, given.approved_at, given.expires_at) == (
        "ann@desk",
        NOW,
        NOW + DAY,
    )
    assert (given.changes, given.used, given.withdrawn_at) == (2, 0, None)
    assert ledger.desk.approvals("staff", NOW) == ledger.desk.approvals(None, NOW) == [given]
    assert approved(ledger) == by_print("ada", "bob")
    assert approved(ledger, sync="other") == {}
    assert approved(ledger, NOW + DAY) == {} == approved(ledger, NOW + 2 * DAY)
    assert ledger.desk.approvals("staff", NOW + DAY) == []


def test_a_plan_that_no_run_kept_is_approved_as_well(ledger):
    """As it comes from a file, however much it holds."""
    keys = tuple(map(str, range(6000)))
    given = ledger.desk.approve(holding(*keys), SIGNED)
    assert (given.changes, given.digest) == (6000, holding(*keys).digest)
    assert approved(ledger) == by_print(*keys)


def test_a_plan_that_holds_nothing_cannot_be_approved(ledger):
    """And leaves no approval behind."""
    keep(ledger, EMPTY)
    for plan in (EMPTY, ledger.desk.plans()[0]):
        with pytest.raises(LedgerError, match="holds nothing: there is nothing to approve"):
            ledger.desk.approve(plan, SIGNED)
    assert ledger.desk.approvals(None, NOW) == []


def test_an_approval_is_used_up_by_what_is_made(ledger):
    """Change by change: what failed is approved still."""
    ledger.desk.approve(holding("ada", "bob", "kim"), SIGNED)
    make(ledger, suspend("ada"), replace(suspend("eve"), op=Op.RESTORE))
    make(ledger, suspend("bob"), outcome=FAILED)
    assert approved(ledger) == by_print("bob", "kim")
    assert [one.used for one in ledger.desk.approvals("staff", NOW)] == [1]
    make(ledger, suspend("bob"), suspend("kim"))
    assert approved(ledger) == {}
    assert ledger.desk.approvals("staff", NOW) == []


def test_what_is_made_without_an_approval_uses_none_up(ledger):
    """Though it is the same, as where one of two people has approved of it so far."""
    ledger.desk.approve(holding("ada"), SIGNED)
    make(ledger, suspend("ada"), by_approval=False)
    assert approved(ledger) == by_print("ada")
    begin(ledger, suspend("ada"), by_approval=False)
    ledger.desk.use_overtaken(keep(ledger, EMPTY), EMPTY, NOW)
    assert approved(ledger) == by_print("ada")


def test_a_change_uses_up_every_approval_of_it(ledger):
    """Two who approve the same let it happen once; as long as both last, the older one is named."""
    ledger.desk.approve(holding("ada"), SIGNED)
    ledger.desk.approve(holding("ada", "bob"), Signature("bea", NOW, NOW + DAY))
    second = by_print("bob", words="bea (approval 2)")
    assert approved(ledger) == by_print("ada") | second
    make(ledger, suspend("ada"))
    assert approved(ledger) == second


def test_another_syncs_changes_use_up_nothing(ledger):
    """The same person may be suspended in two targets, by an approval each."""
    ledger.desk.approve(holding("ada"), SIGNED)
    ledger.desk.approve(holding("ada", sync="other"), SIGNED)
    make(ledger, suspend("ada"))
    assert approved(ledger) == {}
    assert len(approved(ledger, sync="other")) == 1


def test_a_suspension_in_doubt_that_is_found_is_used_up(ledger):
    """What was begun, and then seen in the target, was made."""
    ledger.desk.approve(holding("ada", "bob"), SIGNED)
    begin(ledger, suspend("ada"), suspend("bob"))
    mark = Mark(Remark.SUSPENDED, Kind.USER, Key("ada"), Ref("r-ada"), "ada")
    ledger.mark(ledger.begin_run("staff", EMPTY, NOW), [mark], NOW)
    assert approved(ledger) == by_print("bob")


def test_what_was_begun_and_is_wanted_no_more_is_used_up(ledger):
    """It may have been made; what the plan has still was not, and what was never begun may run."""
    keys = ("ada", "bob", "kim", "zoe")
    ledger.desk.approve(holding(*keys), SIGNED)
    begin(ledger, *map(suspend, keys[:3]))
    plan = holding("kim", changes=(suspend("bob"),))
    run = keep(ledger, plan)
    begin_in_this = ledger.begin(run, [suspend("zoe")], NOW)
    ledger.desk.use_overtaken(run, plan, NOW)
    assert approved(ledger) == by_print("bob", "kim", "zoe")
    assert len(begin_in_this) == 1


def test_a_withdrawn_approval_lets_nothing_through(ledger):
    """At once; and what is over cannot be withdrawn."""
    ledger.desk.approve(holding("ada"), SIGNED)
    assert ledger.desk.withdraw_approval(1, NOW).withdrawn_at == NOW
    assert (approved(ledger), ledger.desk.approvals(None, NOW)) == ({}, [])
    ledger.desk.approve(holding("ada"), SIGNED)
    ledger.desk.approve(holding("bob"), SIGNED)
    make(ledger, suspend("bob"))
    for number, at, why in (
        (1, NOW, "approval 1 was withdrawn"),
        (2, NOW + DAY, "approval 2 has expired"),
        (3, NOW, "approval 3 is used up"),
        (4, NOW, "there is no approval 4"),
    ):
        with pytest.raises(LedgerError, match=why):
            ledger.desk.withdraw_approval(number, at)


def test_long_after_its_end_it_is_forgotten_what_was_approved(ledger, place):
    """The approval itself is not, so that its number is never another's."""
    ledger.desk.approve(holding("ada"), SIGNED)
    later = NOW + 92 * DAY
    ledger.desk.approve(holding("ada"), Signature("bea", later, later + DAY))
    assert place.ask(SCHEMA, "SELECT approval FROM ledger_approved") == [(2,)]
    assert approved(ledger, later) == by_print("ada", words="bea (approval 2)")
    with pytest.raises(LedgerError, match="approval 1 has expired"):
        ledger.desk.withdraw_approval(1, later)


def test_one_daemon_leads_whatever_the_last_leader_could_still_say(ledger):
    """It was killed, and its last word was that it leads."""
    ledger.desk.see(Daemon("pid 1 on dead", "0", NOW, NOW, leads=True))
    later = NOW + timedelta(seconds=20)
    ledger.desk.see(Daemon("pid 2 on alive", "0", later, later, leads=True))
    assert [(one.name, one.leads) for one in ledger.desk.daemons()] == [
        ("pid 2 on alive", True),
        ("pid 1 on dead", False),
    ]


def test_who_has_been_silent_for_a_minute_leads_nobody(ledger):
    """A leader gives a sign of life every ten seconds."""
    ledger.desk.see(Daemon("pid 1 on dead", "0", NOW, NOW, leads=True))
    [one] = ledger.desk.daemons()
    assert one.leading(NOW + timedelta(seconds=30))
    assert not one.leading(NOW + timedelta(seconds=61))
