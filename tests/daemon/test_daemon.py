"""The daemon turn by turn: what it begins, and what it leaves to others."""

from contextlib import ExitStack
from threading import Timer
from time import sleep

from syncd.daemon import daemon
from syncd.ledger import Daemon
from tests.daemon.inhand import in_hand, wait_for


def test_who_waited_for_a_place_while_the_lead_was_lost_runs_nothing(place, monkeypatch):
    """The other daemon runs it; two would be in each other's way."""
    with in_hand(place) as one:
        slots = one.daemon._schedule.slots
        slots.resize(0)

        def lose() -> None:
            wait_for(lambda: "staff" in one.daemon._schedule._under_way)
            monkeypatch.setattr(one.daemon._leadership, "take", lambda: False)

        one.run(lose, lambda: slots.resize(1), one.idle)
        assert "lead_lost" in one.heard.events
        assert "begun staff" not in one.heard.events


def test_a_sync_that_another_run_has_in_hand_is_tried_again_soon(place, monkeypatch):
    """The status says who has it; it is no failure, and no reason to leave it alone for long."""
    monkeypatch.setattr(daemon, "_SOON", daemon._SOON / 20)
    with in_hand(place) as one, ExitStack() as other:
        other.enter_context(one.ledger.lock("staff"))

        def look() -> None:
            wait_for(lambda: "another run of staff is under way (pid " in one.daemon._status())
            assert one.ledger.desk.standings() == {}
            other.close()
            wait_for(lambda: "ended staff" in one.heard.events)

        one.run(look, one.idle)
        assert one.heard.events.count("busy") == 1
        assert "under way" not in one.status
    assert place.runs() == ["done"]


def test_a_main_thread_that_hangs_is_no_life(place, monkeypatch):
    """Whoever asks /healthz learns of it, too: a frozen database server may answer nobody."""
    monkeypatch.setattr(daemon, "_LATE", 0.3)
    with in_hand(place) as one:
        see, seen = one.ledger.desk.see, []

        def hangs(sign: Daemon) -> None:
            sleep(1)
            see(sign)

        def break_off() -> None:
            assert one.daemon.alive()
            monkeypatch.setattr(daemon, "_SIGN_EVERY", 0.0)
            monkeypatch.setattr(one.ledger.desk, "see", hangs)
            Timer(0.6, lambda: seen.append(one.daemon.alive())).start()

        one.run(break_off, lambda: None)
        assert seen == [False]
