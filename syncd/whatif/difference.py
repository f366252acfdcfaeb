"""Of what two plans say something else, on disk once that is much."""

import sqlite3
import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

import msgspec

from syncd.core.model import Key, Kind
from syncd.core.outcome import (
    Affected,
    Outcome,
    Thing,
    Turn,
    compare,
    newly_held,
    outcomes,
    what_counts,
)
from syncd.core.plan import Plan
from syncd.core.stream import encode

_TABLES = """
PRAGMA journal_mode=OFF;
PRAGMA synchronous=OFF;
CREATE TABLE said (
    kind, key, member, side, number, record, PRIMARY KEY (kind, key, member, side, number)
) WITHOUT ROWID;
CREATE TABLE affected (turn, kind, number, record, PRIMARY KEY (turn, kind, number)) WITHOUT ROWID;
"""
_SAID = "SELECT kind, key, member, side, record FROM said ORDER BY kind, key, member, side, number"
_OF = "SELECT record FROM affected WHERE turn = ? AND kind = ? ORDER BY number"
_AT_ONCE = 500
_KINDS = tuple(Kind)
_TURNS = tuple(Turn)


class Difference:
    """All things of which the two plans do not say the same, in the order of their keys.

    `counts` are by turn and then by what becomes of them (`what_counts`). `held` is how many
    there are of which the second plan holds what the first does not hold.
    """

    def __init__(self, before: Plan, after: Plan) -> None:
        # Without a name: a file that nobody else sees, and memory while it does.
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.executescript(_TABLES)
        weakref.finalize(self, self._db.close)
        self.counts: dict[Turn, Counter[str]] = {turn: Counter() for turn in Turn}
        self.held = 0
        self._numbers: Counter[tuple[Turn, Kind]] = Counter()
        for side, plan in enumerate((before, after)):
            self._put("INSERT INTO said VALUES (?, ?, ?, ?, ?, ?)", _rows(side, plan))
        self._put("INSERT INTO affected VALUES (?, ?, ?, ?)", self._found())
        self._db.execute("DELETE FROM said")

    def __len__(self) -> int:
        return self._numbers.total()

    def __iter__(self) -> Iterator[Affected]:
        return map(_AFFECTED, self.lines())

    def lines(self) -> Iterator[bytes]:
        """Each as JSON in one line."""
        for turn in Turn:
            for kind in Kind:
                yield from self._lines(turn, kind)

    def number(self, turn: Turn, kind: Kind) -> int:
        return self._numbers[turn, kind]

    def of(self, turn: Turn, kind: Kind) -> Iterator[Affected]:
        return map(_AFFECTED, self._lines(turn, kind))

    def _lines(self, turn: Turn, kind: Kind) -> Iterator[bytes]:
        which = _TURNS.index(turn), _KINDS.index(kind)
        for (record,) in _fetched(self._db.execute(_OF, which)):
            yield record

    def _found(self) -> Iterator[tuple[Any, ...]]:
        for one in self._compared():
            self.counts[one.turn][what_counts(one)] += 1
            self.held += newly_held(one)
            place = one.turn, one.kind
            self._numbers[place] += 1
            yield (
                _TURNS.index(one.turn),
                _KINDS.index(one.kind),
                self._numbers[place],
                encode(one),
            )

    def _compared(self) -> Iterator[Affected]:
        said = _fetched(self._db.execute(_SAID))
        for (kind, key, member), rows in groupby(said, key=itemgetter(0, 1, 2)):
            sides: tuple[list[Outcome], list[Outcome]] = [], []
            for *_, side, record in rows:
                sides[side].append(_OUTCOME(record))
            thing = Thing(_KINDS[kind], Key(key), Key(member) if member else None)
            if (one := compare(thing, *sides)) is not None:
                yield one

    def _put(self, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
        self._db.execute("BEGIN")
        self._db.executemany(statement, rows)
        self._db.execute("COMMIT")


def _rows(side: int, plan: Plan) -> Iterator[tuple[Any, ...]]:
    for number, (thing, outcome) in enumerate(outcomes(plan)):
        kind = _KINDS.index(thing.kind)
        yield kind, thing.key, thing.member or "", side, number, encode(outcome)


def _fetched(cursor: sqlite3.Cursor) -> Iterator[tuple[Any, ...]]:
    while rows := cursor.fetchmany(_AT_ONCE):
        yield from rows


_AFFECTED: Callable[[bytes], Affected] = msgspec.json.Decoder(Affected).decode
_OUTCOME: Callable[[bytes], Outcome] = msgspec.json.Decoder(Outcome).decode
