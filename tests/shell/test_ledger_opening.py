"""Opening the ledger: reading changes nothing, writing takes turns, one run of a sync at a time."""

import os
import re
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from syncd.core.memory import Memory
from syncd.core.model import Key, Kind, Op
from syncd.core.plan import Change, Plan
from syncd.errors import LedgerError
from syncd.ledger import Ledger, open_ledger
from syncd.ledger.schema import SCHEMA

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PLAN = Plan(sync="staff", target="wiki", created=NOW, config="c")
OPEN = """
import sys
from pydantic import SecretStr
from syncd.ledger import open_ledger
url, password = sys.argv[1:3]
ledger = open_ledger(url, SecretStr(password), write=True)
"""
LOCKED_OUT = """
import os, sys
from syncd.errors import LedgerError
from syncd.ledger import open_ledger
if os.geteuid() == 0:  # whom no mode locks out
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
for write in (False, True):
    try:
        open_ledger(sys.argv[1], write=write)
    except LedgerError as error:
        print(error)
"""
HOLD = f"""{OPEN}
with ledger.lock("staff"):
    print("held", flush=True)
    sys.stdin.read()
"""


def start(program: str, place) -> subprocess.Popen[str]:
    password = place.password.get_secret_value() if place.password else ""
    return subprocess.Popen(
        [sys.executable, "-c", program, place.url, password],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )


@pytest.fixture
def ledger(place):
    ledger = open_ledger(*place, write=True)
    yield ledger
    ledger.close()


def test_reading_a_ledger_that_is_not_there_makes_none(place):
    """It is empty, and stays away."""
    ledger = open_ledger(*place, write=False)
    assert ledger.recall("staff", NOW) == Memory()
    assert ledger.runs() == []
    ledger.close()
    if place.password is None:
        assert not Path(place.url.removeprefix("sqlite:///")).parent.exists()
    else:
        tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        assert place.ask(SCHEMA, tables) == [(0,)]


def test_what_is_written_outlives_the_ledger(ledger, place):
    """Another opening, even for reading only, recalls the same."""
    run = ledger.begin_run("staff", PLAN, NOW)
    ledger.begin(run, [Change(op=Op.CREATE, kind=Kind.USER, key=Key("ada"), name="ada")], NOW)
    again = open_ledger(*place, write=False)
    assert again.recall("staff", NOW) == ledger.recall("staff", NOW) != Memory()
    assert again.lines() == ledger.lines()
    again.close()


def test_a_ledger_opened_for_reading_is_not_written(ledger, place):
    """To try is a bug, not something an operator can mend."""
    reader = open_ledger(*place, write=False)
    with pytest.raises(AssertionError, match="for reading"):
        reader.begin_run("staff", PLAN, NOW)
    with pytest.raises(AssertionError, match="for reading"), reader.lock("staff"):
        pass
    reader.close()
    assert ledger.runs() == []


def test_a_ledger_of_a_newer_syncd_is_left_alone(place):
    """Both revisions are named."""
    open_ledger(*place, write=True).close()
    place.ask(SCHEMA, "UPDATE syncd_ledger_version SET version_num = '9999'")
    for write in (True, False):
        with pytest.raises(
            LedgerError, match=rf"revision 9999.*up to {SCHEMA.revisions[-1]}: use the newer"
        ):
            open_ledger(*place, write=write)


def test_the_ledger_is_its_owners_only(tmp_path):
    """It holds what people did, and no other user of the machine reads it."""
    open_ledger(f"sqlite:///{tmp_path}/state/ledger.db", write=True).close()
    modes = [
        stat.S_IMODE(path.stat().st_mode)
        for path in (tmp_path / "state", tmp_path / "state/ledger.db")
    ]
    assert modes == [0o700, 0o600]


@pytest.mark.parametrize("write", [False, True])
def test_a_ledger_in_what_is_no_directory_says_where(tmp_path, write):
    """Reading says so too: it is not taken for a ledger that is yet to be made."""
    (tmp_path / "file").touch()
    with pytest.raises(LedgerError) as caught:
        open_ledger(f"sqlite:///{tmp_path}/file/ledger.db", write=write)
    verb = "created" if write else "read"
    assert str(caught.value) == (
        f"the ledger {tmp_path}/file/ledger.db cannot be {verb}: {tmp_path}/file is no directory"
    )


def test_a_ledger_behind_a_closed_door_says_which(tmp_path):
    """Who may not look into the state directory is told its name."""
    state = tmp_path / "state"
    state.mkdir(mode=0)
    file = state / "ledger.db"
    command = [sys.executable, "-c", LOCKED_OUT, f"sqlite:///{file}"]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    state.chmod(0o700)
    reason = f"Permission denied; this user needs access to {state}"
    assert result.stdout.splitlines() == [
        f"the ledger {file} cannot be read: {reason}",
        f"the ledger {file} cannot be created: {reason}",
    ]


def test_a_file_that_is_no_ledger_is_left_alone(tmp_path):
    """Something else under that path is not taken for an empty ledger."""
    path = tmp_path / "ledger.db"
    path.write_text("a shopping list\n" * 100)
    with pytest.raises(LedgerError, match="is not a SQLite database"):
        open_ledger(f"sqlite:///{path}", write=True)
    assert path.read_text() == "a shopping list\n" * 100


@pytest.mark.parametrize("write", [False, True])
def test_a_ledger_that_was_emptied_is_no_new_one(tmp_path, write):
    """Its locks tell that there was one: nobody is made a stranger because its file lost its octets."""
    path = tmp_path / "ledger.db"
    url = f"sqlite:///{path}"
    ledger = open_ledger(url, write=True)
    with ledger.lock("staff"):
        ledger.begin_run("staff", PLAN, NOW)
    ledger.close()
    for beside in tmp_path.glob("ledger.db-*"):
        beside.unlink()
    path.write_bytes(b"")
    words = (
        f"the ledger {path} is empty, and was used before: .* Restore it from a backup; or remove"
    )
    for _ in range(2):
        with pytest.raises(LedgerError, match=words):
            open_ledger(url, write=write)
    assert path.read_bytes() == b""
    path.unlink()
    open_ledger(url, write=write).close()


def test_an_empty_file_that_nobody_used_is_a_new_ledger(tmp_path):
    """So SQLite begins one; locks of another one tell nothing."""
    path = tmp_path / "ledger.db"
    path.touch()
    (tmp_path / "ledger.db2.staff.lock").touch()
    (tmp_path / "ledger.dbx-leader.lock").touch()
    assert open_ledger(f"sqlite:///{path}", write=False).runs() == []
    open_ledger(f"sqlite:///{path}", write=True).close()
    assert path.stat().st_size > 0


def test_many_may_make_the_ledger_at_once(place):
    """The first makes it, the others find it made."""
    starters = [start(OPEN, place) for _ in range(4)]
    said = [starter.communicate(timeout=60)[1] for starter in starters]
    assert [starter.returncode for starter in starters] == [0] * 4, said
    open_ledger(*place, write=False).close()


def test_one_run_of_a_sync_goes_at_a_time(ledger):
    """The second is told at once, by the sync's name; another sync is free, and so is the next run."""
    with ledger.lock("staff"):
        with ledger.lock("a/b c"), pytest.raises(LedgerError) as caught, ledger.lock("staff"):
            pass
        assert re.fullmatch(
            rf"another run of staff is under way \(pid {os.getpid()}( on .*)? since 2\d+-.*Z\)",
            str(caught.value),
        )
    with ledger.lock("staff"):
        pass


def test_a_ledger_in_memory_has_its_locks_too():
    """Tests of what stands on it see the same refusals."""
    ledger = Ledger.in_memory()
    with ledger.lock("staff"):
        with ledger.lock("other"), pytest.raises(LedgerError, match="another run of staff"):
            ledger.lock("staff").__enter__()
        assert ledger.begin(ledger.begin_run("staff", PLAN, NOW), [], NOW) == []
    with ledger.lock("staff"):
        pass
    ledger.close()


def test_an_older_ledger_is_upgraded_by_writing_only(place, monkeypatch):
    """Who reads is told what to run."""
    open_ledger(*place, write=True).close()
    monkeypatch.setattr(
        "syncd.ledger.opening.SCHEMA", replace(SCHEMA, revisions=(*SCHEMA.revisions, "9998"))
    )
    with pytest.raises(LedgerError, match="this syncd needs 9998: run `syncd apply` to upgrade it"):
        open_ledger(*place, write=False)


def test_a_killed_run_holds_no_lock(ledger, place):
    """The lock goes with its process, whatever ends it."""
    holder = start(HOLD, place)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(LedgerError, match=f"pid {holder.pid} "), ledger.lock("staff"):
        pass
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    wait_for(lambda: free(ledger), "the lock to be free")


def free(ledger) -> bool:
    """PostgreSQL notices a dead client a moment later."""
    try:
        with ledger.lock("staff"):
            return True
    except LedgerError:
        return False


def wait_for(law, what: str) -> None:
    deadline = datetime.now(UTC).timestamp() + 10
    while not law():
        assert datetime.now(UTC).timestamp() < deadline, f"waited in vain for {what}"


def test_a_lost_lock_stops_the_run(postgresql):
    """Where PostgreSQL dropped the lock, another run may be under way."""
    url = postgresql.url.replace("@", f":{postgresql.password}@")
    ledger = open_ledger(url, write=True)
    change = Change(op=Op.CREATE, kind=Kind.USER, key=Key("ada"), name="ada")
    with ledger.lock("staff"):
        run = ledger.begin_run("staff", PLAN, NOW)
        with postgresql.connect() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory'"
            )
        with pytest.raises(LedgerError, match="the lock of staff was lost"):
            ledger.begin(run, [change], NOW)
    assert ledger.lines() == []
    ledger.close()
