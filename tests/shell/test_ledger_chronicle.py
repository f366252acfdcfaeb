"""The ledger as one looks back on it: runs and lines page by page, and what was done day by day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.model import Key, Kind, Op, Ref
from syncd.core.plan import Change, Plan
from syncd.ledger import DONE, FAILED, Day, Ended, Ledger, open_ledger

NOW = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def ledger(place):
    ledger = open_ledger(*place, write=True)
    yield ledger
    ledger.close()


def change(key: str, op: Op = Op.UPDATE, **fields) -> Change:
    return Change(op, fields.pop("kind", Kind.USER), Key(key), key, Ref(f"r-{key}"), **fields)


def do(ledger, *batches: list[Change], at: datetime = NOW, sync: str = "staff", fails=()) -> int:
    """One run that begins these changes together, batch by batch; those `fails` names fail."""
    run = ledger.begin_run(sync, Plan(sync=sync, target="wiki", created=at, config="c"), at)
    failed = 0
    for batch in batches:
        lines = ledger.begin(run, batch, at)
        ended = [
            Ended(line, one, FAILED if one.key in fails else DONE, one.ref)
            for line, one in zip(lines, batch, strict=True)
        ]
        failed += sum(one.outcome == FAILED for one in ended)
        ledger.end(ended, at)
    done = sum(map(len, batches)) - failed
    ledger.end_run(run, FAILED if failed else DONE, done, failed, at)
    return run


def changes(*keys: str) -> list[Change]:
    return [change(key) for key in keys]


def test_runs_are_read_from_the_newest_on(ledger):
    """Page by page, of one sync or of all; those in which nothing happened can be left out."""
    first, idle = do(ledger, changes("ada")), do(ledger)
    other = do(ledger, changes("ada"), sync="students")
    last = do(ledger, changes("ada"), fails={"ada"})
    chronicle = ledger.chronicle

    def runs(sync=None, **how):
        how = {"eventful": False, "limit": 2, **how}
        return [one.run for one in chronicle.runs(sync, **how)]

    assert runs() == [last, other]
    assert runs(before=other) == [idle, first]
    assert runs("staff", limit=9) == [last, idle, first]
    assert runs("staff", eventful=True) == [last, first]
    assert chronicle.run(last).failed == 1
    assert chronicle.run(last + 1) is None


def test_days_are_counted_in_utc_whatever_the_database_thinks(ledger):
    """By kind and op; what failed is counted by itself, and other syncs are others."""
    east = NOW + timedelta(minutes=45)
    do(ledger, changes("ada", "bob"))
    do(ledger, [change("ada", Op.SUSPEND)], changes("cyd"), at=east, fails={"cyd"})
    do(ledger, changes("ada"), sync="students")
    do(ledger, changes("ada"), at=NOW - 9 * DAY)
    first, second = date(2026, 3, 1), date(2026, 3, 2)
    assert ledger.chronicle.days(["staff"], NOW - DAY) == [
        Day("staff", first, "user.update", 2),
        Day("staff", second, "failed", 1),
        Day("staff", second, "user.suspend", 1),
    ]
    assert ledger.chronicle.days(["nobody"], NOW - DAY) == []
    # An update of nothing that has a budget is done, and nothing is spent.
    assert ledger.recall("staff", NOW - DAY).spent == {("user", "suspend"): 1}


def test_what_failed_in_a_run_is_found_by_itself(ledger):
    """In its order, so many at most."""
    run = do(ledger, changes("a", "b", "c"), changes("d"), fails={"b", "c", "d"})
    do(ledger, changes("e"), fails={"e"})
    assert [one.key for one in ledger.chronicle.failed_of(run, 2)] == ["b", "c"]


def test_what_was_done_before_is_told_of_the_same_things_alone(ledger):
    """Of an account not what its members did, and of a member what befell them in any group."""
    inside = change("g", Op.ADD, kind=Kind.MEMBER, member=Key("ada"))
    other = change("g", Op.ADD, kind=Kind.MEMBER, member=Key("bob"))
    do(ledger, [change("g", Op.CREATE, kind=Kind.GROUP)], [inside, other], changes("bob"))
    do(ledger, [change("g", kind=Kind.GROUP)], [inside], at=NOW + DAY)
    lines = ledger.chronicle.done_since("staff", NOW + DAY, 9)
    earlier = ledger.chronicle.before(lines, 9)
    told = [(one.op, one.key, one.member) for one in earlier]
    assert told == [
        (Op.ADD, "g", "ada"),
        (Op.UPDATE, "g", None),
        (Op.ADD, "g", "ada"),
        (Op.CREATE, "g", None),
    ]
    assert ledger.chronicle.before([], 9) == []


@given(st.lists(st.integers(1, 7), max_size=6), st.integers(1, 9))
def test_the_pages_of_a_run_have_each_line_once(sizes, limit):
    """In the order in which they were begun, however they were begun together."""
    ledger = Ledger.in_memory()
    batches = [[change(f"{batch}.{n}") for n in range(size)] for batch, size in enumerate(sizes)]
    run = do(ledger, *batches)
    do(ledger, changes("other"))
    told, after = [], 0
    while page := ledger.chronicle.lines_of(run, after=after, limit=limit):
        assert len(page) <= limit
        told += [one.key for one in page]
        after = page[-1].line
    assert told == [one.key for batch in batches for one in batch]
    ledger.close()
