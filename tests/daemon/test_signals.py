"""Signals that come in heaps: nothing is done twice for them, and none delays the end."""

import os
import signal

from syncd.daemon.signals import Signals
from tests.daemon.inhand import in_hand


def test_a_storm_of_reloads_is_one_and_does_not_hold_up_the_end(place):
    """A reload takes its time: hundreds of them would keep the watchdog waiting."""
    with in_hand(place) as one:
        one.run(lambda: [signal.SIGHUP] * 300, one.idle)
        assert one.heard.events.count("reloaded") == 1
        one.heard.events.clear()
    with in_hand(place) as one:
        one.run(lambda: [signal.SIGHUP, signal.SIGUSR1, signal.SIGTERM])
        assert "reloaded" not in one.heard.events
        assert "run_now" not in one.heard.events


def test_all_that_came_is_had_at_once():
    """However much it is, so that what came last waits behind nothing."""
    with Signals() as signals:
        for _ in range(2000):
            os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGTERM)
        came = signals.wait(1)
        assert came.count(signal.SIGHUP) > 1000
        assert came[-1] == signal.SIGTERM
        assert signals.wait(0) == []
