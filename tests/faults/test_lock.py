"""One run of a sync at a time, and no lock outlives its holder."""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.faults import company
from tests.faults.installation import SYNC, Installation, doomed
from tests.faults.stores import PAIRS

MIDDLE = 84
"""The beginning of a transaction that is well inside an apply of one department, and not in the audit's lock."""

pairs = pytest.mark.parametrize(("store", "ledger"), PAIRS[:2])


@pytest.fixture
def holder(one: Installation):
    """An apply that stands still in its middle."""
    before = len(one.journal())
    process = one.start(program=doomed("STOP", MIDDLE, steps="begin"))
    try:
        ended = os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        assert ended is not None
        assert ended.si_code == os.CLD_STOPPED
        done = sum(outcome == "done" for _, outcome in one.journal()[before:])
        assert 0 < done < 30
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            process.communicate()


@pairs
def test_a_second_apply_of_a_sync_ends_at_once_and_does_nothing(
    one: Installation, holder: subprocess.Popen[str]
):
    """It says which process holds the lock and since when; the first goes on undisturbed."""
    lines, runs = one.journal(), one.outcomes()
    code, out, err = one.run()
    assert (code, out) == (4, "")
    assert re.fullmatch(
        rf"another run of {SYNC} is under way \(pid {holder.pid}( on \S+)? since"
        r" \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\)\n",
        err,
    )
    assert (one.journal(), one.outcomes()) == (lines, runs)
    holder.send_signal(signal.SIGCONT)
    holder.communicate(timeout=60)
    assert holder.returncode == 0
    assert {outcome for _, outcome in one.journal()} == {"done"}
    assert one.outcomes() == ["done"] * 3
    assert "Nothing to change" in one.run()[1]


@pairs
def test_the_lock_of_one_who_was_killed_is_free_at_once(
    one: Installation, holder: subprocess.Popen[str]
):
    """Nobody has to remove anything by hand."""
    holder.kill()
    holder.communicate()
    code, _, err = one.run()
    assert (code, err) == (0, "")
    assert one.outcomes() == ["done", "done", "broken off", "done"]
    assert "Nothing to change" in one.run()[1]


@pairs
@pytest.mark.usefixtures("holder")
def test_another_sync_does_not_wait_for_the_lock(one: Installation):
    """They share the ledger and nothing else."""
    code, out, err = one.run("apply", "--sync", "other", "--yes")
    assert (code, err) == (0, "")
    assert "The target is as it should be" in out
    assert one.outcomes() == ["done", "done", None, "done"]


@pairs
@pytest.mark.usefixtures("holder")
def test_a_plan_can_be_looked_at_during_an_apply(one: Installation):
    """It needs no lock, and writes nothing."""
    lines, runs = one.journal(), one.outcomes()
    code, out, err = one.run("plan")
    assert (code, err) == (0, "")
    assert "changes:" in out
    assert (one.journal(), one.outcomes()) == (lines, runs)


def test_of_applies_that_are_started_at_once_all_end_well_and_nobody_is_made_twice(tmp_path: Path):
    """On a new ledger and a new store: one makes everybody, and the others say who is at it, or
    find nothing left to do."""
    one = Installation.new(tmp_path / "one")
    one.directory(company.before(2))
    processes = [one.start() for _ in range(3)]
    ended = [(process.communicate(timeout=120), process.returncode) for process in processes]
    for (_, err), code in ended:
        assert (code, err) == (0, "") or (code, err.partition(" (")[0]) == (
            4,
            f"another run of {SYNC} is under way",
        )
    assert 0 in [code for _, code in ended]
    assert len(one.state()["users"]) == 2 * company.TEAM
    assert one.open_lines() == 0
    assert "Nothing to change" in one.run()[1]
