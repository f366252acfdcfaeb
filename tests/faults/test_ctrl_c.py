"""Ctrl-C and SIGTERM: the batch in hand is finished, the rest is told of, nothing is half known."""

import re
import signal
import time
from typing import Any

import pytest

from tests.faults.installation import CREATION, Installation, doomed
from tests.faults.stores import PAIRS

pairs = pytest.mark.parametrize(("store", "ledger"), PAIRS[:2])


def assert_finished(one: Installation, expected: dict[str, Any]) -> None:
    """The next apply does the rest."""
    code, _, err = one.run()
    assert (code, err) == (0, "")
    assert one.state() == expected
    assert one.open_lines() == 0
    assert "Nothing to change" in one.run()[1]


@pairs
@pytest.mark.parametrize(("name", "exit_code"), [("INT", 130), ("TERM", 143)])
def test_a_run_that_is_asked_to_stop_finishes_the_batch_in_hand(
    name: str, exit_code: int, one: Installation, small_end: dict[str, Any]
):
    """It says what was done and what was not begun, and leaves no line open."""
    before = len(one.journal())
    code, out, err = one.run(program=doomed(name, 1, steps=CREATION))
    assert (code, err) == (exit_code, "\nfinishing the change in hand; once more to break off\n")
    done = len(one.journal()) - before
    said = " ".join(out.split())
    found = re.search(r"(\d+) changes done.* (\d+) not begun", said)
    assert found
    assert int(found[1]) == done > 0
    assert int(found[2]) > 0
    assert "stopped on request" in said
    assert {outcome for _, outcome in one.journal()} == {"done"}
    assert one.outcomes() == ["done", "done", "stopped"]
    assert_finished(one, small_end)


@pairs
def test_a_run_that_is_asked_twice_breaks_off(one: Installation, small_end: dict[str, Any]):
    """The journal has what was in hand, and the next run finds out what became of it."""
    code, _, err = one.run(program=doomed("INT", 1, 2, steps="SAVEPOINT|RELEASE"))
    assert code == 130
    assert "broken off in the middle of a change" in err
    assert "Traceback" not in err
    assert one.open_lines() > 0
    assert_finished(one, small_end)


@pairs
def test_a_run_that_is_asked_to_stop_while_it_reads_writes_nothing(one: Installation):
    """There is nothing to finish."""
    lines, runs = one.journal(), one.outcomes()
    code, out, err = one.run(program=doomed("INT", 5))
    assert (code, out, err) == (130, "", "interrupted; nothing was written\n")
    assert (one.journal(), one.outcomes()) == (lines, runs)


@pytest.mark.parametrize(("store", "ledger"), PAIRS[:1])
def test_a_signal_from_outside_is_obeyed_at_any_moment(
    one: Installation, small_end: dict[str, Any]
):
    """As by a terminal or by systemd, once the ledger shows that writing has begun."""
    one.configure(batch_size=1)
    before = len(one.journal())
    process = one.start()
    while len(one.journal()) < before + 5:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 143
    assert "not begun" in " ".join(out.split())
    assert {outcome for _, outcome in one.journal()} == {"done"}
    assert_finished(one, small_end)
