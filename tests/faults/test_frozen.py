"""A run that was frozen while another took over sends nothing to the target any more."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from syncd.ledger import DONE
from tests.faults.freezing import COUNT, SYNC
from tests.faults.test_lease import LATE, LIFE, is_free, opened, seconds_until
from tests.servers.postgres import Postgresql

ROOT = Path(__file__).parents[2]
LOST = (
    "the lock of staff was lost with its connection to PostgreSQL: another run may have begun,"
    " so this one stops; run it again\n"
)
places = pytest.mark.parametrize("where", ["begun", "between", "abreast", "batch"])


@pytest.fixture
def near(postgresql: Postgresql):
    with opened(postgresql) as ledger:
        yield ledger


@pytest.fixture
def frozen(postgresql: Postgresql, where: str, tmp_path: Path):
    """A run that has stopped itself there.

    In a session of its own: the exit of a process that orphans a process group lets those of it
    go on that are stopped, and sends SIGHUP besides (exit(3)).
    """
    url = postgresql.url.replace("@", f":{postgresql.password}@")
    command = [
        sys.executable,
        "-m",
        "tests.faults.freezing",
        url,
        str(LIFE),
        f"{tmp_path}/target",
        where,
    ]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        ended = os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        assert ended is not None
        assert ended.si_code == os.CLD_STOPPED, process.communicate()
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            process.communicate()


def calls(tmp_path: Path) -> list[str]:
    path = tmp_path / "target"
    return path.read_text().splitlines() if path.exists() else []


@places
def test_a_frozen_holders_lock_is_free_within_its_life_and_thawed_it_sends_nothing(
    frozen: subprocess.Popen[str], near, tmp_path: Path
):
    """It says what became of it, and leaves its lines to the next run, as if it had been killed."""
    assert not is_free(near)
    seconds_until(lambda: is_free(near), LIFE + LATE)
    assert frozen.poll() is None
    with near.lock(SYNC):
        sent, lines = calls(tmp_path), near.lines()
        frozen.send_signal(signal.SIGCONT)
        out, err = frozen.communicate(timeout=30)
        assert (frozen.returncode, out, err) == (1, "", LOST)
        assert calls(tmp_path) == sent
        assert near.lines() == lines
        assert near.has_open_lines(SYNC)


@places
def test_a_holder_that_was_frozen_for_a_moment_goes_on(
    frozen: subprocess.Popen[str], near, tmp_path: Path
):
    """Nobody else could begin, so nothing was lost."""
    time.sleep(LIFE / 4)
    frozen.send_signal(signal.SIGCONT)
    out, err = frozen.communicate(timeout=30)
    assert (frozen.returncode, out, err) == (0, f"done {COUNT}\n", "")
    assert len(calls(tmp_path)) == COUNT
    assert {line.outcome for line in near.lines()} == {DONE}


@pytest.mark.parametrize("where", ["between"])
def test_a_killed_holders_lock_is_free_at_once(frozen: subprocess.Popen[str], near):
    """Its kernel closes the line, and the server need not wait for a clock."""
    frozen.kill()
    frozen.communicate()
    assert seconds_until(lambda: is_free(near), LATE) < LIFE / 2
