"""The journal's batches: each line has its own fate, however the lines that began with it end."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from syncd.core.memory import Mark, Remark
from syncd.core.model import Key, Kind, Op, Ref
from syncd.core.plan import Change, Plan
from syncd.ledger import DONE, FAILED, MOOT, Ended, Ledger, open_ledger

NOW = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
PLAN = Plan(sync="staff", target="wiki", created=NOW, config="c")


@pytest.fixture
def ledger(place):
    ledger = open_ledger(*place, write=True)
    yield ledger
    ledger.close()


def creation(key: str) -> Change:
    return Change(Op.CREATE, Kind.USER, Key(key), key, after={"user_name": key})


def update(key: str) -> Change:
    return Change(Op.UPDATE, Kind.USER, Key(key), key, Ref(f"r-{key}"), after={"title": "Dr"})


def begun(ledger, *changes: Change, sync="staff"):
    run = ledger.begin_run(sync, PLAN, NOW)
    return ledger.begin(run, changes, NOW)


def fates(ledger) -> dict[str, tuple[str | None, str | None, str]]:
    return {line.key: (line.outcome, line.ref, line.error) for line in ledger.lines()}


def test_lines_that_begin_together_may_end_apart(ledger):
    """Each at its own time, with its own outcome; those that are left stay open."""
    changes = [creation("ada"), creation("bob"), update("kim"), update("zoe")]
    lines = begun(ledger, *changes)
    ledger.end([Ended(lines[1], changes[1], DONE, Ref("r-bob"))], NOW)
    later = NOW + timedelta(hours=1)
    ledger.end([Ended(lines[3], changes[3], FAILED, changes[3].ref, "no")], later)
    assert fates(ledger) == {
        "ada": (None, None, ""),
        "bob": (DONE, "r-bob", ""),
        "kim": (None, "r-kim", ""),
        "zoe": (FAILED, "r-zoe", "no"),
    }
    assert [line.ended_at for line in ledger.lines()] == [later, None, NOW, None]
    memory = ledger.recall("staff", NOW)
    assert [line.key for line in memory.open_lines] == ["ada", "kim"]
    assert [link.key for link in memory.links] == ["bob"]
    ledger.settle("staff", ledger.begin_run("staff", PLAN, later), later)
    assert [fates(ledger)[key][0] for key in ("ada", "bob", "kim")] == [MOOT, DONE, MOOT]


def test_lines_that_end_together_may_end_differently(ledger):
    """One end for all, and what differs of it: an outcome, an error, a ref that was given."""
    changes = [creation("ada"), update("kim"), creation("bob"), update("zoe")]
    lines = begun(ledger, *changes)
    ledger.end(
        [
            Ended(lines[0], changes[0], DONE, Ref("r-ada")),
            Ended(lines[1], changes[1], DONE, changes[1].ref),
            Ended(lines[2], changes[2], FAILED, None, "taken"),
            Ended(lines[3], changes[3], FAILED, changes[3].ref, "gone"),
        ],
        NOW,
    )
    assert fates(ledger) == {
        "ada": (DONE, "r-ada", ""),
        "bob": (FAILED, None, "taken"),
        "kim": (DONE, "r-kim", ""),
        "zoe": (FAILED, "r-zoe", "gone"),
    }
    assert {line.ended_at for line in ledger.lines()} == {NOW}
    assert not ledger.has_open_lines("staff")


def test_one_end_may_be_of_several_batches(ledger):
    """As calls that are under way side by side end."""
    run = ledger.begin_run("staff", PLAN, NOW)
    changes = [creation(f"k{number}") for number in range(9)]
    lines = [number for at in (0, 3, 6) for number in ledger.begin(run, changes[at : at + 3], NOW)]
    ended = [Ended(lines[at], changes[at], DONE, Ref(f"r{at}")) for at in (8, 1, 0, 2, 5)]
    ledger.end(ended, NOW)
    assert {key for key, fate in fates(ledger).items() if fate[0] == DONE} == {
        "k0",
        "k1",
        "k2",
        "k5",
        "k8",
    }
    assert fates(ledger)["k8"] == (DONE, "r8", "")
    assert len(ledger.recall("staff", NOW).open_lines) == 4


def test_what_was_not_tried_after_all_leaves_no_line(ledger):
    """Neither for history nor for the next plan; and its number is nobody else's."""
    changes = [creation("ada"), creation("bob"), creation("kim")]
    lines = begun(ledger, *changes)
    ledger.withdraw([lines[2], lines[0]], NOW)
    assert list(fates(ledger)) == ["bob"]
    ledger.end([Ended(lines[1], changes[1], DONE, Ref("r-bob"))], NOW)
    assert not ledger.has_open_lines("staff")
    again = begun(ledger, creation("zoe"))
    ledger.withdraw(again, NOW)
    more = begun(ledger, creation("max"), creation("eve"))
    assert not {*more} & {*lines, *again}
    assert fates(ledger) == {
        "bob": (DONE, "r-bob", ""),
        "max": (None, None, ""),
        "eve": (None, None, ""),
    }


def test_a_run_that_has_lost_its_turn_still_says_what_it_did(ledger):
    """Another run took its open lines for moot; the outcome is known all the same."""
    change = creation("ada")
    lines = begun(ledger, change, creation("bob"))
    ledger.settle("staff", ledger.begin_run("staff", PLAN, NOW), NOW)
    ledger.end([Ended(lines[0], change, DONE, Ref("r-ada"))], NOW)
    assert fates(ledger) == {"ada": (DONE, "r-ada", ""), "bob": (MOOT, None, "")}
    assert ledger.recall("staff", NOW).spent == {(Kind.USER, Op.CREATE): 1}


def test_lines_of_two_syncs_stand_side_by_side(ledger):
    """Runs of different syncs write at the same time."""
    lines = {sync: begun(ledger, creation(sync), sync=sync) for sync in ("staff", "other")}
    lines["staff"] += begun(ledger, creation("more"), sync="staff")
    numbers = [number for some in lines.values() for number in some]
    assert len(set(numbers)) == 3
    ledger.end([Ended(lines["other"][0], creation("other"), DONE, Ref("1"))], NOW)
    assert [line.key for line in ledger.lines(sync="staff")] == ["more", "staff"]
    assert [line.outcome for line in ledger.lines(sync="other")] == [DONE]


def test_a_line_is_found_by_its_run_its_key_and_its_member(ledger):
    """The newest first, and no more than asked for."""
    member = Change(Op.ADD, Kind.MEMBER, Key("g"), "g", Ref("r-g"), member=Key("ada"))
    first = begun(ledger, creation("ada"), creation("bob"))
    second = begun(ledger, update("ada"), member)
    run = ledger.runs()[0].run
    found = [line.line for line in ledger.lines(key=Key("ada"))]
    assert found == [second[1], second[0], first[0]]
    assert [line.line for line in ledger.lines(run=run)] == [second[1], second[0]]
    assert [line.line for line in ledger.lines(limit=3)] == [second[1], second[0], first[1]]
    assert ledger.lines(key=Key("g"))[0].member == "ada"
    assert ledger.lines(sync="other") == []


class Told(RuleBasedStateMachine):
    """A journal beside what it must say: of each line its change, outcome and ref."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger.in_memory()
        self.lines: dict[int, tuple[Change, str | None, Ref | None]] = {}
        self.done = 0

    def open(self, every: int = 1) -> list[int]:
        found = [line for line, (_, outcome, _) in self.lines.items() if outcome is None]
        return found[::every]

    def set(self, line: int, outcome: str, ref: Ref | None = None) -> None:
        change, _, before = self.lines[line]
        self.lines[line] = (change, outcome, ref or before)
        self.done += outcome == DONE

    @rule(kinds=st.lists(st.booleans(), min_size=1, max_size=6))
    def begin(self, kinds):
        run = self.ledger.begin_run("staff", PLAN, NOW)
        name = f"{run}-{{}}"
        changes = [(creation if new else update)(name.format(at)) for at, new in enumerate(kinds)]
        for line, change in zip(self.ledger.begin(run, changes, NOW), changes, strict=True):
            assert line not in self.lines
            self.lines[line] = (change, None, change.ref)

    @rule(every=st.integers(1, 3), outcome=st.sampled_from([DONE, FAILED]))
    def end(self, every, outcome):
        ended = []
        for line in self.open(every):
            change, _, ref = self.lines[line]
            given = ref or (Ref(f"new-{change.key}") if outcome == DONE else None)
            self.set(line, outcome, given)
            ended.append(Ended(line, change, outcome, given, "" if given else "no"))
        self.ledger.end(ended[::-1], NOW)

    @rule(every=st.integers(1, 3))
    def withdraw(self, every):
        if lines := self.open(every):
            self.ledger.withdraw(lines, NOW)
            for line in lines:
                del self.lines[line]

    @rule()
    def settle(self):
        self.ledger.settle("staff", self.ledger.begin_run("staff", PLAN, NOW), NOW)
        for line in self.open():
            self.set(line, MOOT)

    @rule()
    def claim(self):
        marks = []
        for line in self.open(2):
            change = self.lines[line][0]
            if change.op is Op.CREATE:
                ref = Ref(f"found-{change.key}")
                self.set(line, DONE, ref)
                marks.append(Mark(Remark.CLAIM, Kind.USER, change.key, ref, change.name))
        self.ledger.mark(self.ledger.begin_run("staff", PLAN, NOW), marks, NOW)

    @invariant()
    def the_journal_says_of_each_line_what_became_of_it(self):
        found = {
            line.line: (line.op, line.key, line.outcome, line.ref, line.after)
            for line in self.ledger.lines()
        }
        assert found == {
            line: (change.op, change.key, outcome, ref, change.after)
            for line, (change, outcome, ref) in self.lines.items()
        }
        memory = self.ledger.recall("staff", NOW)
        assert [line.line for line in memory.open_lines] == self.open()
        assert self.ledger.has_open_lines("staff") == bool(self.open())
        assert sum(memory.spent.values()) == self.done

    def teardown(self):
        self.ledger.close()


TestLinesInAnyOrder = Told.TestCase
Told.TestCase.settings = settings(
    max_examples=60, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
