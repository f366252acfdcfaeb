"""Changes on their way into a plan, on disk once they are many; and the plan's, read from there."""

import sqlite3
import weakref
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from syncd.core.plan import Change, Refusal
from syncd.core.spool import Row
from syncd.core.stream import Stream, encode

_TABLE = """
PRAGMA journal_mode=OFF;
PRAGMA synchronous=OFF;
CREATE TABLE found (
    tray, level, depth, key, member, number, what, rule, record,
    PRIMARY KEY (tray, level, depth, key, member, number)
) WITHOUT ROWID;
"""
_TRAYS = "tray IN (SELECT value FROM json_each(?))"
_LEVELS = f"SELECT tray, level FROM found WHERE {_TRAYS} GROUP BY tray, level"  # noqa: S608  ours
_CHANGES = f"""
SELECT record FROM found WHERE {_TRAYS} AND level = ? ORDER BY depth, key, member, tray, number
"""  # noqa: S608  our own words
_ONE_TRAY = """
SELECT record FROM found WHERE tray = ? AND level = ? ORDER BY depth, key, member, number
"""
_ROWS = """
SELECT level, depth, key, member, number, rule, record FROM found
WHERE tray = ? AND (level, depth, key, member, number) > (?, ?, ?, ?, ?)
ORDER BY level, depth, key, member, number LIMIT ?
"""
_REFUSALS = f"""
SELECT tray, rule, record FROM found WHERE {_TRAYS} ORDER BY what, key, member, rule, tray, number
"""  # noqa: S608  our own words
_AT_ONCE = 500


class DiskSpool:
    """A `Spool` that lives as long as the plan that is read from it."""

    def __init__(self) -> None:
        # Without a name, as the workspace: a file that nobody else sees, and memory while it does.
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.executescript(_TABLE)
        self._number = 0
        self._counts: dict[str, Counter[str]] = defaultdict(Counter)
        weakref.finalize(self, self._db.close)

    def put(self, tray: str, rows: Iterable[Row]) -> None:
        self._db.execute("BEGIN")
        self._db.executemany(
            "INSERT INTO found VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", self._rows(tray, rows)
        )
        self._db.execute("COMMIT")

    def _rows(self, tray: str, rows: Iterable[Row]) -> Iterator[tuple[Any, ...]]:
        counts = self._counts[tray]
        for number, (place, change, rule) in enumerate(rows, self._number):
            what = f"{change.kind}/{change.op}"
            counts[what] += 1
            yield tray, *place, number, what, rule, encode(change)
            self._number = number + 1

    def rows(self, tray: str) -> Iterator[Row]:
        after: tuple[Any, ...] = (-1, -1, "", "", -1)
        # So many at a time, and no statement is under way while other trays are filled.
        while some := self._db.execute(_ROWS, (tray, *after, _AT_ONCE)).fetchall():
            for *place, _, rule, record in some:
                yield (*place,), _CHANGE(record), rule
            after = some[-1][:5]

    def changes(self, trays: Sequence[str]) -> Sequence[Change]:
        wanted = _names(trays)
        levels: dict[int, list[str]] = {}
        for tray, level in self._db.execute(_LEVELS, (wanted,)):
            levels.setdefault(level, []).append(tray)

        def lines() -> Iterator[bytes]:
            for level, some in sorted(levels.items()):
                one = len(some) == 1  # then they lie in order
                statement, which = (_ONE_TRAY, some[0]) if one else (_CHANGES, _names(some))
                yield from (record for (record,) in self._read(statement, which, level))

        return self._stream(trays, lines, _CHANGE)

    def refusals(self, trays: Mapping[str, str]) -> Sequence[Refusal]:
        def lines() -> Iterator[bytes]:
            for tray, own, record in self._read(_REFUSALS, _names(trays)):
                yield b'{"change":%b,"rule":%b}' % (record, encode(trays[tray] or own))

        return self._stream(trays, lines, _REFUSAL)

    def _stream(
        self, trays: Iterable[str], lines: Callable[[], Iterator[bytes]], decode: Callable[..., Any]
    ) -> Sequence[Any]:
        """Few are a tuple."""
        counts: Counter[str] = Counter()
        for tray in set(trays):
            counts += self._counts[tray]
        length = counts.total()
        by_word = {what.replace("/", "."): number for what, number in counts.items()}
        stream: Stream[Any] = Stream(length, lines, decode, by_word)
        return stream if length > _AT_ONCE else tuple(stream)

    def _read(self, statement: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        cursor = self._db.execute(statement, values)
        while rows := cursor.fetchmany(_AT_ONCE):
            yield from rows


def _names(trays: Iterable[str]) -> str:
    return encode(list(trays)).decode()


_CHANGE = msgspec.json.Decoder(Change).decode
_REFUSAL = msgspec.json.Decoder(Refusal).decode
