"""What a verb says that writes to systemd's journal."""

import os
import subprocess
from pathlib import Path

from tests.shell.command import small_world


def said(tmp_path: Path, *, journal: bool) -> list[str]:
    """The words of a plan whose configuration has two mistakes."""
    world = small_world(tmp_path)
    world.write("config.yaml", "shedule: {}\ntargest: {}\n")
    with (tmp_path / "stderr").open("wb") as stream:
        told = os.fstat(stream.fileno())
        name = f"{told.st_dev}:{told.st_ino}" if journal else "1:2"
        environ = {**os.environ, "JOURNAL_STREAM": name, "COLUMNS": "100"}
        ended = subprocess.run(
            world.command("plan"), env=environ, stderr=stream, timeout=60, check=False
        )
    assert ended.returncode == 2
    return (tmp_path / "stderr").read_text().splitlines()


def test_an_error_has_its_priority_in_the_journal(tmp_path: Path):
    """Each line of it, as sd-daemon(3) says: who asks the journal for errors sees it."""
    lines = said(tmp_path, journal=True)

    assert len(lines) == 2
    assert all(line.startswith("<3>") and "config.yaml" in line for line in lines)


def test_elsewhere_an_error_is_as_it_is(tmp_path: Path):
    """The variable is inherited by what a service starts, whose output may go anywhere."""
    lines = said(tmp_path, journal=False)

    assert len(lines) == 2
    assert not [line for line in lines if line.startswith("<")]
