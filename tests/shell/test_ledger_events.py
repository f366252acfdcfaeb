"""The ledger's events: stored as the last thing of a transaction, or not at all."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from threading import Event

import pytest
from pydantic import SecretStr
from sqlalchemy import update

from syncd.core.plan import Plan
from syncd.ledger import Ledger, events, open_ledger
from syncd.ledger.schema import RUNS

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLAN = Plan(sync="staff", target="wiki", created=NOW, config="c")


def test_what_is_told_is_stored_with_the_rest_or_not_at_all(place):
    """Nothing of a transaction that was undone comes into the next one, by whatever connection."""
    with closing(open_ledger(*place, write=True)) as ledger:
        with pytest.raises(RuntimeError):
            _break_off(ledger)
        with ledger._writing("staff") as (connection, _):
            events.tell(connection, "first", NOW)
            events.tell(connection, "second", NOW)
            assert events.newest(connection) == 0
        with ledger._writing("staff"):
            pass
        assert [one.what for one in ledger.trail.events_after(0, 10)] == ["first", "second"]


def _break_off(ledger: Ledger) -> None:
    with ledger._writing("staff") as (connection, _):
        events.tell(connection, "undone", NOW)
        raise RuntimeError


def test_who_tells_waits_for_nobody_who_tells_too(postgresql):
    """One has told of something and then wants a row that another has, who tells in turn: neither
    waits for ever."""
    where = postgresql.url, SecretStr(postgresql.password)
    told, taken = Event(), Event()
    with (
        closing(open_ledger(*where, write=True)) as one,
        closing(open_ledger(*where, write=True)) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        one.begin_run("staff", PLAN, NOW)
        row = update(RUNS).where(RUNS.c.run == 1)

        def another() -> None:
            with other._writing("other") as (connection, _):
                assert told.wait(10)
                connection.execute(row.values(done=1))
                taken.set()
                events.tell(connection, "another", NOW)

        with one._writing("staff") as (connection, _):
            ending = pool.submit(another)
            events.tell(connection, "one", NOW)
            told.set()
            assert taken.wait(10)
            connection.execute(row.values(done=2))
        ending.result(10)
        names = [event.what for event in one.trail.events_after(0, 10)]
        assert names == ["run begun", "another", "one"]
