"""One ledger's file a process, emptied for each life: what SQLAlchemy has compiled stays warm."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from msgspec import Struct
from sqlalchemy import func, select

from syncd.core.memory import Link, OpenLine
from syncd.database import Database, database_url
from syncd.ledger import Ledger, history, links, open_ledger
from syncd.ledger.schema import RUNS, SCHEMA
from syncd.ledger.store import complaint
from tests.wired import nothing

_MEMORY = Path("/dev/shm")


@cache
def ledger_file(name: str = "ledger") -> "LedgerFile":
    """In memory where the system has such a place: no death here is one of the machine."""
    where = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    place = tempfile.mkdtemp(prefix="syncd-promises-", dir=where)
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    return LedgerFile(Path(place) / f"{name}.db")


class Remembered(Struct, frozen=True):
    """What a ledger has of one sync that tells what was done. There may have been no run."""

    links: tuple[Link, ...]
    open_lines: tuple[OpenLine, ...]
    last_run: int | None


class LedgerFile:
    def __init__(self, path: Path) -> None:
        self._path = path
        url = f"sqlite:///{path}"
        open_ledger(url, write=True).close()
        self._new = path.read_bytes()
        self._call: Callable[[str, str], None] = nothing
        self._known: dict[str, Remembered] = {}
        self._database = Database(database_url(url), SCHEMA, "the ledger", complaint)
        self._watch()

    def empty(self) -> None:
        """Nobody may have it open."""
        for beside in self._path.parent.glob("*.db-*"):
            beside.unlink()
        self._path.write_bytes(self._new)
        self._known.clear()

    def opened(self, call: Callable[[str, str], None]) -> Ledger:
        """As a new process does it. `call` is told of each transaction."""
        self._call = call
        return Ledger(self._database, write=True)

    def remembered(self, sync: str) -> Remembered:
        """Looked up where anything was written since the last time."""
        if sync not in self._known:
            with self._database.reading() as connection:
                last = connection.scalar(select(func.max(RUNS.c.run)))
                found = links.recall(connection, sync), history.open_lines(connection, sync)
            self._known[sync] = Remembered(*found, last)
        return self._known[sync]

    def _watch(self) -> None:
        dialect = self._database.engine.dialect
        commit, execute = dialect.do_commit, dialect.do_execute

        def do_commit(connection) -> None:
            self._call("before", "ledger.commit")
            commit(connection)
            self._call("after", "ledger.commit")

        def do_execute(cursor, statement, parameters, context=None) -> None:
            if statement == "BEGIN IMMEDIATE":
                self._known.clear()
            if statement.startswith("BEGIN"):
                self._call("before", f"ledger.{statement.lower().replace(' ', '.')}")
            execute(cursor, statement, parameters, context)

        dialect.do_commit, dialect.do_execute = do_commit, do_execute
