"""Where a cycle keeps what it reads until it is over: on disk once it is much, then nowhere."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, Self

from syncd.ledger.snapshot import Part

_TABLES = """
CREATE TABLE fresh (part, name, seq, record, PRIMARY KEY (part, name, seq)) WITHOUT ROWID;
CREATE TABLE old (part, name, PRIMARY KEY (part, name)) WITHOUT ROWID;
CREATE TABLE moved (part, name, PRIMARY KEY (part, name)) WITHOUT ROWID;
CREATE TABLE gone (part, name, PRIMARY KEY (part, name)) WITHOUT ROWID;
CREATE TABLE loose (part, name, PRIMARY KEY (part, name)) WITHOUT ROWID;
CREATE TABLE chunks (part, print, until, items);
CREATE TABLE written (part, name, record, PRIMARY KEY (part, name)) WITHOUT ROWID;
"""
_SOME_FRESH = """
SELECT name, record FROM fresh WHERE part = ? AND name IN (SELECT value FROM json_each(?))
ORDER BY name, seq
"""
_SOME_GONE = "SELECT name FROM gone WHERE part = ? AND name IN (SELECT value FROM json_each(?))"
_NAMES = {
    table: f"SELECT name FROM {table} WHERE part = ? ORDER BY name"  # noqa: S608  our own names
    for table in ("moved", "gone", "loose")
}
_CLEAR = [
    f"DELETE FROM {table} WHERE part = ?"  # noqa: S608  our own names
    for table in ("fresh", "old", "moved", "gone", "loose", "chunks")
]
_AT_ONCE = 500
_BEFORE_ALL = -2


class Workspace:
    """`fresh` is what was decoded in this cycle, `old` what is in chunks that were not met again,
    `moved` and `gone` what is otherwise than the snapshot has it, `chunks` those that are new,
    `written` what a run wrote."""

    def __init__(self) -> None:
        # Without a name: a file that is deleted when it is closed, and begun only where memory
        # does not do (https://sqlite.org/inmemorydb.html, "Temporary Databases").
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + _TABLES)

    def put(self, rows: Iterable[tuple[Part, str, int, bytes]]) -> None:
        """Fresh records: part, name, a number that tells those of one name apart, the record."""
        self._many("INSERT OR REPLACE INTO fresh VALUES (?, ?, ?, ?)", rows)

    def put_old(self, part: Part, names: Iterable[str]) -> None:
        self._many("INSERT OR IGNORE INTO old VALUES (?, ?)", ((part, name) for name in names))

    def put_moved(self, part: Part, names: Iterable[str]) -> None:
        self._many("INSERT OR IGNORE INTO moved VALUES (?, ?)", ((part, name) for name in names))

    def put_gone(self, part: Part, names: Iterable[str]) -> None:
        self._many("INSERT OR IGNORE INTO gone VALUES (?, ?)", ((part, name) for name in names))

    def put_loose(self, part: Part, names: Iterable[str]) -> None:
        """Names of things that are in no chunk."""
        self._many("INSERT OR IGNORE INTO loose VALUES (?, ?)", ((part, name) for name in names))

    def loose(self, part: Part) -> Iterator[str]:
        yield from self._names("loose", part)

    def has_doubles(self, part: Part) -> bool:
        statement = "SELECT 1 FROM fresh WHERE part = ? GROUP BY name HAVING count(*) > 1 LIMIT 1"
        return self._db.execute(statement, (part,)).fetchone() is not None

    def put_chunk(self, part: Part, chunk_print: bytes, until: int | None, items: bytes) -> None:
        self._db.execute(
            "INSERT INTO chunks VALUES (?, ?, ?, ?)", (part, chunk_print, until, items)
        )

    def chunks(self, part: Part) -> Iterator[tuple[bytes, int | None, bytes]]:
        statement = "SELECT print, until, items FROM chunks WHERE part = ?"
        # Not `yield from`, which closes the cursor when nobody goes on reading: by then the
        # database may be closed, and Python complains of that.
        for chunk in self._db.execute(statement, (part,)):  # noqa: UP028  as said above
            yield chunk

    def fresh(self, part: Part) -> Iterator[tuple[str, bytes]]:
        """All, in the order of names; those that were given out may be forgotten meanwhile."""
        statement = (
            "SELECT name, seq, record FROM fresh WHERE part = ? AND (name, seq) > (?, ?) "
            "ORDER BY name, seq LIMIT ?"
        )
        name, seq = "", _BEFORE_ALL
        while rows := self._db.execute(statement, (part, name, seq, _AT_ONCE)).fetchall():
            for name, seq, record in rows:  # noqa: B007  where the next rows begin
                yield name, record

    def some_fresh(self, part: Part, names: list[str]) -> list[tuple[str, bytes]]:
        return self._db.execute(_SOME_FRESH, (part, json.dumps(names))).fetchall()

    def forget_fresh(self, part: Part, names: Iterable[str]) -> None:
        self._many(
            "DELETE FROM fresh WHERE part = ? AND name = ?", ((part, name) for name in names)
        )

    def forget_gone(self, part: Part, names: Iterable[str]) -> None:
        self._many("DELETE FROM gone WHERE part = ? AND name = ?", ((part, name) for name in names))

    def moved(self, part: Part) -> Iterator[str]:
        yield from self._names("moved", part)

    def gone(self, part: Part) -> Iterator[str]:
        yield from self._names("gone", part)

    def some_gone(self, part: Part, names: list[str]) -> list[str]:
        return [name for (name,) in self._db.execute(_SOME_GONE, (part, json.dumps(names)))]

    def missing(self, part: Part) -> Iterator[str]:
        """Old names that nothing fresh has."""
        statement = (
            "SELECT name FROM old WHERE part = :part AND NOT EXISTS "
            "(SELECT 1 FROM fresh WHERE fresh.part = :part AND fresh.name = old.name)"
        )
        for (name,) in self._db.execute(statement, {"part": part}):
            yield name

    def is_old(self, part: Part, name: str) -> bool:
        found = self._db.execute("SELECT 1 FROM old WHERE part = ? AND name = ?", (part, name))
        return found.fetchone() is not None

    def put_written(self, part: Part, rows: Iterable[tuple[str, bytes]]) -> None:
        """Name and record of what was written."""
        named = ((part, name, record) for name, record in rows)
        self._many("INSERT OR REPLACE INTO written VALUES (?, ?, ?)", named)

    def written(self, part: Part) -> Iterator[tuple[str, bytes]]:
        """All, in the order of names."""
        statement = "SELECT name, record FROM written WHERE part = ? ORDER BY name"
        for row in self._db.execute(statement, (part,)):  # noqa: UP028  as in `chunks`
            yield row

    def clear(self, part: Part) -> None:
        """As if nothing had been read of it."""
        for statement in _CLEAR:
            self._db.execute(statement, (part,))

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _names(self, table: str, part: Part) -> Iterator[str]:
        for (name,) in self._db.execute(_NAMES[table], (part,)):
            yield name

    def _many(self, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
        self._db.execute("BEGIN")
        self._db.executemany(statement, rows)
        self._db.execute("COMMIT")
