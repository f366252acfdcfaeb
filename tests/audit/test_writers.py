"""Several processes write one audit, and some of them are killed."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

from tests.audit.book import Book
from tests.audited import assert_told, records
from tests.servers.databases import Place

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("SYNCD_AUDIT_KILLS", "4"))


def started(place: Path, sync: str, runs: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.audit.writer", f"{place}/ledger.db", f"{place}/audit"]
    process = subprocess.Popen(
        [*command, sync, str(runs)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_processes_that_write_at_the_same_time_write_one_chain(tmp_path: Path):
    """Each event once, in the order in which they were committed."""
    with Book(Place(f"sqlite:///{tmp_path}/ledger.db"), tmp_path / "audit").closing():
        several = [started(tmp_path, sync, 6) for sync in ("a", "b")]
        for process in several:
            process.communicate(timeout=120)
            assert process.returncode == 0
    assert_told(tmp_path / "audit", Place(f"sqlite:///{tmp_path}/ledger.db"))
    told = records(tmp_path / "audit")
    entries = [one["entry"] for one in told if "entry" in one]
    assert entries == sorted(entries)
    assert sum(one["event"] == "change" for one in told) == 2 * 6 * 100


def test_a_writer_that_is_killed_loses_nothing_and_doubles_nothing(tmp_path: Path):
    """At random moments, again and again: the next one tells what is missing."""
    seed = random.randrange(2**32)
    sys.stdout.write(f"seed {seed}\n")
    chance = random.Random(seed)
    place = Place(f"sqlite:///{tmp_path}/ledger.db")
    Book(place, tmp_path / "audit").close()
    for _ in range(KILLS):
        process = started(tmp_path, "staff", 1000)
        time.sleep(chance.uniform(0, 0.3))
        process.kill()
        process.communicate()
    with Book(place, tmp_path / "audit").closing() as book:
        book.run("last")
    assert_told(tmp_path / "audit", place)
