"""Where a plan's lines lie once they are checked: on disk once they are many, and nobody else's."""

import sqlite3
import weakref
from collections.abc import Iterable, Iterator

_TABLE = """
PRAGMA journal_mode=OFF;
PRAGMA synchronous=OFF;
CREATE TABLE shelf (section, number, line, PRIMARY KEY (section, number)) WITHOUT ROWID;
"""
_AT_ONCE = 500


class Shelf:
    """It stays as long as one of its lines may be asked for: a file that is replaced or edited
    while its plan is looked at changes nothing of what will be applied."""

    def __init__(self) -> None:
        # Without a name, as the cycle's workspace: a file that nobody else sees.
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.executescript(_TABLE)
        weakref.finalize(self, self._db.close)

    def put(self, section: str, lines: Iterable[bytes]) -> int:
        """How many there were."""
        self._db.execute("BEGIN")
        numbered = ((section, number, line) for number, line in enumerate(lines))
        done = self._db.executemany("INSERT INTO shelf VALUES (?, ?, ?)", numbered)
        self._db.execute("COMMIT")
        return max(done.rowcount, 0)

    def lines(self, section: str) -> Iterator[bytes]:
        statement = "SELECT line FROM shelf WHERE section = ? ORDER BY number"
        cursor = self._db.execute(statement, (section,))
        while rows := cursor.fetchmany(_AT_ONCE):
            yield from (line for (line,) in rows)
