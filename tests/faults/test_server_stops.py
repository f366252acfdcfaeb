"""PostgreSQL goes away in the middle of an apply, comes back, and the next apply does the rest."""

import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.installation import Installation, doomed
from tests.faults.stores import POSTGRESQL, SQLITE, Stores
from tests.servers import postgres

EARLY = "INSERT INTO groups"
"""How the statement begins that is in the middle of a batch, with many batches to come."""
BROKEN_OFF = "\nthe run broke off: apply again when that is mended; it finds out what was done\n"


class Server:
    """A PostgreSQL server of the test's own, to be stopped."""

    def __init__(self, programs: Path, place: Path) -> None:
        self._programs, self._place = programs, place
        self._run = postgres._as_nobody_special(place)
        postgres._make(programs, place, self._run)
        self.port = postgres._free_port()
        self.start()

    def start(self) -> None:
        """Again and again: what a killed server leaves behind takes a moment to end."""
        for _ in range(100):
            self._process = postgres._start(self._programs, self._place, self._run, self.port)
            time.sleep(0.05)
            if self._process.poll() is None:
                return postgres._wait(self._process, self.port, self._place)
        raise AssertionError((self._place / "log").read_text())

    def stop(self, signum: int) -> None:
        self._process.send_signal(signum)
        self._process.wait(20)


@pytest.fixture
def server() -> Iterator[Server]:
    programs = postgres.server_programs()
    if programs is None:
        postgres._absent("no PostgreSQL server is installed")
    with tempfile.TemporaryDirectory(prefix="syncd-stops-") as place:
        server = Server(programs, Path(place))
        yield server
        server.stop(signal.SIGINT)


@pytest.fixture
def one(server: Server, ledger: str, tmp_path: Path) -> Installation:
    stores = Stores(tmp_path, lambda: server.port)
    one = stores.settled(POSTGRESQL, ledger, 1)
    one.configure(batch_size=4)
    return one


def stopped_in_the_middle(one: Installation, server: Server, signum: int) -> tuple[int, str, str]:
    """How an apply ends, and what it says, whose server is stopped while it stands still."""
    process = one.start(program=doomed("STOP", 1, steps=EARLY))
    try:
        ended = os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        assert ended is not None
        assert ended.si_code == os.CLD_STOPPED
        server.stop(signum)
    finally:
        process.send_signal(signal.SIGCONT)
        try:
            out, err = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    return process.returncode, out, err


@pytest.mark.parametrize("ledger", [SQLITE])
@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGKILL])
def test_a_store_that_goes_away_leaves_changes_in_doubt_that_the_next_apply_settles(
    signum: int, one: Installation, server: Server, small_end: dict[str, Any]
):
    """The report says what was done, what may have been, and what was not begun."""
    code, out, err = stopped_in_the_middle(one, server, signum)
    assert (code, err) == (4, "")
    said = " ".join(out.split())
    assert "the target did not answer 3 times in a row" in said
    assert "may have happened; the next run looks first" in said
    assert f"target store, postgresql://postgres@127.0.0.1:{server.port}/" in said
    assert "not begun" in said
    assert postgres.PASSWORD not in out
    unknown = re.search(r"(\d+) unknown", said)
    assert unknown
    assert one.open_lines() == int(unknown[1]) > 0
    assert one.outcomes() == ["done", "done", "stopped"]
    server.start()
    assert_made_good(one, small_end)


@pytest.mark.parametrize("ledger", [POSTGRESQL])
@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGKILL])
def test_a_ledger_that_goes_away_ends_the_run(
    signum: int, one: Installation, server: Server, small_end: dict[str, Any]
):
    """Without a journal nothing is written."""
    code, out, err = stopped_in_the_middle(one, server, signum)
    assert code == 4
    assert f"the ledger postgresql://postgres@127.0.0.1:{server.port}/" in err
    assert err.endswith(BROKEN_OFF)
    assert postgres.PASSWORD not in out + err
    server.start()
    assert one.open_lines() > 0
    assert one.outcomes() == ["done", "done", None]
    assert_made_good(one, small_end)


def assert_made_good(one: Installation, expected: dict[str, Any]) -> None:
    code, _, err = one.run()
    assert (code, err) == (0, "")
    assert one.state() == expected
    assert one.open_lines() == 0
    assert "Nothing to change" in one.run()[1]
