"""A ledger's file that was cut off, emptied or locked: said at once, and nothing is written on."""

import itertools
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncd.errors import LedgerError
from syncd.ledger import open_ledger
from tests.shell.command import PEOPLE, World, small_world

VERBS = (("apply", "--yes"), ("plan",), ("status",))
RENAMED = PEOPLE.replace("Countess", "Lady")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """After a first apply, with a change to make."""
    one = small_world(tmp_path)
    assert one.syncd("apply", "--yes").exit_code == 0
    one.write("people.yaml", RENAMED)
    return one


def ledger_of(world: World) -> Path:
    return world.path / ".syncd" / "ledger.db"


def titles(world: World) -> list[str | None]:
    with closing(sqlite3.connect(world.path / "store.db")) as store:
        return [title for (title,) in store.execute("SELECT title FROM users ORDER BY user_name")]


CUTS = (1, 60, 100, 512, 4095, 4096, 40_000, -4096, -512, -1)
"""Bytes that are left, or that are lost where they are negative."""


def test_a_ledger_that_is_cut_off_anywhere_is_said_to_be_damaged(world: World):
    """By its name, with what to do; nothing is written to the target, and with the backup in its
    place the next run is right."""
    file = ledger_of(world)
    backup = file.read_bytes()
    for left, verb in zip(CUTS, itertools.cycle(VERBS), strict=False):
        file.write_bytes(backup[:left])
        result = world.syncd(*verb)
        assert (left, result.exit_code, result.stdout) == (left, 4, "")
        assert result.stderr.startswith(f"the ledger {file} is damaged; restore it from a backup (")
        assert "Traceback" not in result.stderr
    assert titles(world) == ["Countess", None]
    file.write_bytes(backup)
    assert world.syncd("apply", "--yes").exit_code == 0
    assert titles(world) == ["Lady", None]


def test_with_an_emptied_ledger_nothing_is_done_and_without_one_everything_is_foreign(world: World):
    """Nobody is made twice, renamed or suspended; each is a conflict until the backup is back."""
    file = ledger_of(world)
    backup = file.read_bytes()
    file.write_bytes(b"")
    for verb in VERBS:
        result = world.syncd(*verb)
        assert (result.exit_code, result.stdout) == (4, "")
        assert f"the ledger {file} is empty, and was used before" in result.stderr
    file.unlink()
    result = world.syncd("apply", "--yes")
    assert "3 conflicts" in result.stdout
    assert titles(world) == ["Countess", None]
    file.write_bytes(backup)
    assert world.syncd("apply", "--yes").exit_code == 0
    assert titles(world) == ["Lady", None]


def test_a_ledger_that_another_program_has_locked_is_said_to_be(world: World):
    """A run that waits in vain has written nothing, and the next one is right."""
    file = ledger_of(world)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with (
            pytest.raises(LedgerError, match=r"ledger.db is locked by another program; try again"),
            closing(open_ledger(f"sqlite:///{file}?timeout=0", write=True)) as ledger,
        ):
            ledger.desk.leave("nobody", datetime.now(UTC))
    assert world.syncd("apply", "--yes").exit_code == 0
    assert titles(world) == ["Lady", None]
