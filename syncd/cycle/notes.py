"""Notes on changes that are too many to be held in memory."""

import json
import sqlite3
import weakref
from collections.abc import Collection, Iterable, Mapping

_TABLE = """
PRAGMA journal_mode=OFF;
PRAGMA synchronous=OFF;
CREATE TABLE notes (id PRIMARY KEY, said) WITHOUT ROWID;
"""
_OF = "SELECT id, said FROM notes WHERE id IN (SELECT value FROM json_each(?))"


class DiskNotes:
    """`Notes` in a file without a name, as the workspace."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.executescript(_TABLE)
        weakref.finalize(self, self._db.close)

    def note(self, some: Iterable[tuple[str, bytes]]) -> None:
        self._db.execute("BEGIN")
        self._db.executemany("INSERT OR REPLACE INTO notes VALUES (?, ?)", some)
        self._db.execute("COMMIT")

    def of(self, ids: Collection[str]) -> Mapping[str, bytes]:
        return dict(self._db.execute(_OF, (json.dumps(list(ids)),)))
