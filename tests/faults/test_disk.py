"""A disk that has no more room in the middle of an apply, or that nobody may write to."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from syncd.backends.sql.schema import USERS
from tests.faults import company
from tests.faults.installation import Installation
from tests.faults.stores import POSTGRESQL, SQLITE


def narrow(largest: int) -> tuple[str, ...]:
    """The real command, where no file can grow beyond this many bytes."""
    limit = f"import resource as r; r.setrlimit(r.RLIMIT_FSIZE, ({largest}, {largest}))"
    return (sys.executable, "-c", f"{limit}; from syncd.cli import main; main()")


@pytest.mark.parametrize(("store", "ledger"), [(SQLITE, SQLITE)])
@pytest.mark.parametrize("kibibytes", [200, 300])
def test_a_ledger_without_room_ends_the_run_and_the_next_one_does_the_rest(
    kibibytes: int, one: Installation, small_end: dict[str, Any]
):
    """Nothing is written to the store that the journal has not."""
    code, _, err = one.run(program=narrow(kibibytes * 1024))
    assert code == 4
    assert err.startswith("the ledger ")
    assert "cannot be read or written; look at the disk" in err
    assert err.endswith(
        "\nthe run broke off: apply again when that is mended; it finds out what was done\n"
    )
    assert one.outcomes() == ["done", "done", None]
    assert_made_good(one, small_end)


@pytest.mark.parametrize(("store", "ledger"), [(SQLITE, POSTGRESQL)])
def test_a_store_without_room_is_written_in_whole_batches_only(
    one: Installation, small_end: dict[str, Any]
):
    """What found no room is in doubt for the ledger, until the next run looks."""
    code, out, err = one.run(program=narrow(60 * 1024))
    assert (code, err) == (4, "")
    said = " ".join(out.split())
    assert "store.db cannot be read or written; look at the disk" in said
    assert "the target did not answer 3 times in a row" in said
    assert one.outcomes() == ["done", "done", "stopped"]
    assert one.open_lines() > 0
    assert_made_good(one, small_end)


def assert_made_good(one: Installation, expected: dict[str, Any]) -> None:
    code, _, err = one.run()
    assert (code, err) == (0, "")
    assert one.state() == expected
    assert one.open_lines() == 0
    assert "Nothing to change" in one.run()[1]


MANY = {
    "users": [{"id": f"u{n}", "user_name": f"user{n}", "title": "x" * 200} for n in range(9000)]
}
"""More than temporary files are spared for."""


def test_temporary_files_without_room_are_no_bug(tmp_path: Path):
    """It is said where there should be room, and nothing was written yet."""
    one = Installation.new(tmp_path / "one")
    one.directory(MANY)
    code, out, err = one.run(program=narrow(256 * 1024))
    assert (code, out) == (4, "")
    assert err.startswith("what was read cannot be kept in a temporary file (")
    assert "make room in $SQLITE_TMPDIR or $TMPDIR, in /var/tmp where neither is set" in err
    assert "Traceback" not in err


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mounts a file system in memory, or mounts it anew, with these options."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount")
    place = tmp_path / "volume"
    place.mkdir()
    mounted: list[Path] = []

    def mount(options: str) -> Path:
        options = f"remount,{options}" if mounted else options
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], check=True)
        mounted[:] = [place]
        return place

    yield mount
    if mounted:
        subprocess.run(["umount", "--lazy", place], check=True)


@pytest.mark.root
def test_a_ledger_on_a_volume_that_fills_up_ends_the_run_and_loses_nothing(volume, tmp_path: Path):
    """It says which file and what to do; with more room the next run does the rest, and nobody is
    made twice."""
    place = volume("size=220k")
    one = Installation.new(tmp_path / "one", ledger=f"sqlite:///{place}/ledger.db")
    one.directory(company.before(12))
    code, _, err = one.run()
    assert code == 4
    assert f"the ledger {place}/ledger.db cannot grow: the disk is full; make room" in err
    assert "Traceback" not in err
    volume("size=100m")
    code, _, err = one.run()
    assert (code, err) == (0, "")
    assert len(one.state()["users"]) == 12 * company.TEAM
    assert one.open_lines() == 0


@pytest.mark.root
def test_a_volume_that_is_read_only_is_said_to_be(volume, tmp_path: Path):
    """Neither ledger nor plan can be written; both say so by their names, and the target is as it
    was. Once it can be written again, the next run is right."""
    place = volume("size=100m")
    one = Installation.new(tmp_path / "one", ledger=f"sqlite:///{place}/ledger.db")
    one.directory(company.before(1))
    assert one.run()[0] == 0
    before = one.rows("store", select(USERS))
    one.directory(company.between(1))
    volume("ro")
    code, _, err = one.run()
    assert code == 4
    assert err.startswith(f"the ledger {place}/ledger.db ")
    assert "Traceback" not in err
    code, _, err = one.run("plan", "--out", f"{place}/plan.json")
    assert code in (2, 4)
    assert str(place) in err
    assert "Traceback" not in err
    assert one.rows("store", select(USERS)) == before
    volume("rw")
    code, _, err = one.run()
    assert (code, err) == (0, "")
    assert one.rows("store", select(USERS)) != before


def test_a_plan_that_finds_no_room_is_not_written_in_part(tmp_path: Path):
    """Rather none than half of one; it says which file."""
    one = Installation.new(tmp_path / "one")
    one.directory(company.before(5))
    file = tmp_path / "plan.json"
    code, _, err = one.run("plan", "--out", str(file), program=narrow(4096))
    assert (code, err) == (2, f"{file} cannot be written: File too large\n")
    assert list(tmp_path.glob("*plan.json*")) == []
