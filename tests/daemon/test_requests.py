"""A run that was asked for is run and answered, whatever befalls the daemon that took it up."""

import signal
from datetime import UTC, datetime

import pytest

from syncd.errors import LedgerError
from tests.daemon.inhand import InHand, in_hand, wait_for
from tests.daemon.supervised import Place


@pytest.fixture
def quiet(place) -> Place:
    """Nothing runs there but what is asked for."""
    place.configure({"every": "1h", "at_start": False})
    return place


def ask(one: InHand, sync: str = "staff", mode: str = "due") -> int:
    return one.ledger.desk.ask(sync, mode, "somebody", datetime.now(UTC))


def outcome(one: InHand, number: int) -> str | None:
    found = one.ledger.desk.request(number)
    assert found is not None
    return found.outcome


def test_what_a_dead_leader_had_begun_is_run_and_answered_by_the_next(quiet):
    """It was killed between taking the request up and answering it."""
    with in_hand(quiet) as one:
        number = ask(one)
        one.ledger.desk.begin(number, datetime.now(UTC))
        one.run(lambda: None, lambda: wait_for(lambda: outcome(one, number)))
        assert outcome(one, number) == "done"
    assert quiet.runs() == ["done"]


def test_each_request_leads_to_one_run_however_often_the_daemon_looks(quiet):
    """Also while that run is under way."""
    with in_hand(quiet) as one:
        number = ask(one)
        one.run(*[lambda: None] * 5, one.ended, *[lambda: None] * 5)
        assert outcome(one, number) == "done"
    assert quiet.runs() == ["done"]


def test_a_request_that_a_stop_came_before_is_answered_after_the_next_start(quiet):
    """Who asked with `--wait` waits for that."""
    with in_hand(quiet) as one:
        number = ask(one)
        one.cycles.stop()
        one.run(lambda: None, one.idle)
        assert outcome(one, number) is None
    with in_hand(quiet) as next_one:
        next_one.run(lambda: None, lambda: wait_for(lambda: outcome(next_one, number)))
        assert outcome(next_one, number) == "done"


def test_an_answer_that_the_ledger_did_not_take_is_written_later(quiet, monkeypatch):
    """A full disk in that moment leaves nobody waiting for ever."""
    with in_hand(quiet) as one:
        number, end, refusals = ask(one), one.ledger.desk.end, [1, 2]

        def full(*given) -> None:
            if refusals:
                refusals.pop()
                raise LedgerError("the disk is full")
            end(*given)

        monkeypatch.setattr(one.ledger.desk, "end", full)
        one.run(lambda: None, lambda: None, one.ended, *[lambda: None] * 4)
        assert outcome(one, number) == "done"
    assert quiet.runs() == ["done"]


@pytest.mark.parametrize(
    ("sync", "mode", "why"),
    [("nobody", "due", "no such sync"), ("staff", "backwards", "no such mode")],
)
def test_what_cannot_be_run_is_answered_at_once(quiet, sync, mode, why):
    """The mode may be a newer syncd's; it ends no daemon."""
    with in_hand(quiet) as one:
        number, good = ask(one, sync, mode), ask(one)
        one.run(lambda: None, lambda: wait_for(lambda: outcome(one, good)))
        assert (outcome(one, number), outcome(one, good)) == (why, "done")


def test_who_asked_for_a_sync_that_a_reload_takes_away_is_told(quiet):
    """It waited for a place meanwhile."""
    with in_hand(quiet) as one:
        number, slot = ask(one), one.daemon._schedule.slots
        slot.resize(0)

        def reload() -> list[int]:
            quiet.settings["syncs"] = {}
            quiet.write()
            return [signal.SIGHUP]

        one.run(lambda: None, lambda: None, reload, lambda: wait_for(lambda: outcome(one, number)))
        assert outcome(one, number) == "no such sync"
