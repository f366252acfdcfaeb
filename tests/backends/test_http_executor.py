"""The executor over HTTP: what the session says of each call decides what becomes of the change."""

import contextlib
from contextlib import closing
from datetime import UTC, datetime

import pytest

from syncd.core.model import user_of
from syncd.core.plan import Plan
from syncd.errors import LedgerError
from syncd.executor import Journal, execute
from syncd.fence import fenced
from syncd.ledger import Ledger
from tests.benchmarks.http_apply import applied, creates
from tests.benchmarks.json_store import JsonStore
from tests.benchmarks.slow_server import slow_server
from tests.servers.http_server import Close, Numbered, answer, serving

GOOD = Numbered(lambda number: answer(201, b'{"id":"u%d"}' % number))


@contextlib.contextmanager
def run(*replies, count=3):
    """What becomes of so many creates that are answered so, with the ledger and the calls."""
    with serving(*replies, usual=GOOD) as server, closing(Ledger.in_memory()) as ledger:
        store, changes = JsonStore(server.url), creates(count)
        store.concurrency = 2
        now = datetime.now(UTC)
        plan = Plan(sync="main", target="t", created=now, config="", changes=changes)
        number = ledger.begin_run("main", plan, now)
        journal = Journal(ledger, number, lambda: datetime.now(UTC))
        execution = execute(plan, store, journal, lambda: False, lambda *_: None)
        store.close()
        yield execution, ledger, len(server.requests)


@pytest.mark.parametrize("reply", [answer(429), answer(503, b"", "Retry-After: 0")])
def test_a_create_that_was_refused_is_made_again(reply):
    """The server said that it did nothing."""
    with run(reply) as (execution, ledger, calls):
        assert (len(execution.done), calls) == (3, 4)
        assert not ledger.has_open_lines("main")


@pytest.mark.parametrize("reply", [Close(), Close(reset=True), answer(502), answer(500)])
def test_a_create_in_doubt_is_left_to_the_next_run(reply):
    """It is not sent again, and its line stays open."""
    with run(reply) as (execution, ledger, calls):
        assert (len(execution.done), len(execution.unknown), calls) == (2, 1, 3)
        assert execution.stopped == ""
        assert ledger.has_open_lines("main")


def test_a_create_that_is_rejected_fails_alone():
    """In the server's words."""
    with run(answer(409, b'{"detail":"taken"}')) as (execution, ledger, calls):
        ((_, why),) = [(one.change, one.why) for one in execution.failed]
        assert why.endswith("/users: answered 409 Conflict: taken")
        assert (len(execution.done), calls) == (2, 3)
        assert not ledger.has_open_lines("main")


def test_an_answer_that_is_not_the_targets_stops_the_run():
    """A log-in page in between says 200 to everything."""
    page = answer(200, b"<html>", kind="text/html")
    with run(*[page] * 100, count=100) as (execution, ledger, calls):
        assert "JSON was promised" in execution.stopped
        assert calls < 10
        assert execution.done == []
        assert ledger.has_open_lines("main")


def test_the_benchmark_of_http_measures_what_it_says(tmp_path):
    """Every change is one call, and has its link."""
    with slow_server(0.001) as port:
        rate, calls = applied(f"http://127.0.0.1:{port}", tmp_path, creates(50))
    assert rate > 0
    assert calls == 1


def test_a_call_whose_lock_was_lost_while_it_waited_is_not_sent():
    """A pause, a token or a connection may lie between the executor's question and the octets."""
    asked: list[bool] = []

    def held() -> None:
        asked.append(True)
        raise LedgerError("the lock was lost")

    with serving(usual=GOOD) as server:
        store, change = JsonStore(server.url), creates(1)[0]
        entity = user_of(change.after)
        with fenced(held), pytest.raises(LedgerError, match="the lock was lost"):
            store.users.create(change.key, entity)
        assert (len(server.requests), asked) == (0, [True])
        assert store.users.create(change.key, entity)
        assert len(server.requests) == 1
        store.close()
