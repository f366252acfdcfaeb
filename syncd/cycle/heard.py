"""What a plan was told of the past: as it was asked, so that it can be told again."""

import sqlite3
import weakref
from collections.abc import Collection, Iterable, Iterator, Mapping

import msgspec
from msgspec import Struct

from syncd.core.model import Key, Kind, Ref
from syncd.core.past import Fields, Past, Stuck, Where, Written

WRITTEN, STUCK = "written", "stuck"
"""The sections of evidence in which that is."""

_TABLE = """
PRAGMA journal_mode=OFF;
PRAGMA synchronous=OFF;
CREATE TABLE heard (section, name, row, PRIMARY KEY (section, name)) WITHOUT ROWID;
"""
_AT_ONCE = 500


class WasWritten(Struct, frozen=True, gc=False):
    """What syncd last wrote to one thing, by field."""

    kind: Kind
    ref: Ref
    fields: Mapping[str, Written]


class WasStuck(Struct, frozen=True, gc=False):
    where: Where
    stuck: Stuck


class Heard:
    """A `Past` that keeps what it answers, on disk once it is much."""

    def __init__(self, past: Past) -> None:
        self._past = past
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.executescript(_TABLE)
        weakref.finalize(self, self._db.close)

    def written(self, kind: Kind, fields: Fields) -> Mapping[Ref, Mapping[str, Written]]:
        found = self._past.written(kind, fields)
        self._keep(
            (WRITTEN, f"{kind} {ref}", WasWritten(kind, ref, values))
            for ref, values in found.items()
            if values
        )
        return found

    def stuck(self, kind: Kind, keys: Collection[Key]) -> Mapping[Where, Stuck]:
        found = self._past.stuck(kind, keys)
        self._keep((STUCK, repr(where), WasStuck(where, one)) for where, one in found.items())
        return found

    def rows(self) -> dict[str, Iterable[bytes]]:
        """In the order of names."""
        return {section: self._rows(section) for section in (WRITTEN, STUCK)}

    def _keep(self, some: Iterable[tuple[str, str, Struct]]) -> None:
        rows = [(section, name, _ENCODE(one)) for section, name, one in some]
        if rows:
            self._db.execute("BEGIN")
            self._db.executemany("INSERT OR REPLACE INTO heard VALUES (?, ?, ?)", rows)
            self._db.execute("COMMIT")

    def _rows(self, section: str) -> Iterator[bytes]:
        of_section = "SELECT row FROM heard WHERE section = ? ORDER BY name"
        cursor = self._db.execute(of_section, (section,))
        while rows := cursor.fetchmany(_AT_ONCE):
            yield from (row for (row,) in rows)


_ENCODE = msgspec.msgpack.Encoder().encode
