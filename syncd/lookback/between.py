"""What is otherwise after one run than after another, as syncd left it: by the journal between.

Lines are put on disk by the thing that they are of, so that only what was deleted is in memory.
"""

import sqlite3
import weakref
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import msgspec

from syncd.core.model import Key, Kind, Op
from syncd.core.stream import encode
from syncd.ledger import DONE, Ledger, Line, Run
from syncd.ledger.lookback import Moved
from syncd.lookback.net import Net, Step, inverse, of_member, of_thing

_TABLE = """
PRAGMA journal_mode=OFF;
PRAGMA synchronous=OFF;
CREATE TABLE steps (
    kind, key, member, line, record, PRIMARY KEY (kind, key, member, line)
) WITHOUT ROWID;
"""
_ALL = "SELECT kind, key, member, record FROM steps ORDER BY kind, key, member, line"
_AT_ONCE = 500
_KINDS = tuple(Kind)


class Between:
    """From the state after one run to that after another of the same sync, in either order.

    Walked through as often as one likes, in the order of keys. `unknown` counts changes of which
    nobody knows whether they were made.
    """

    def __init__(self, ledger: Ledger, begin: Run, end: Run) -> None:
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.executescript(_TABLE)
        weakref.finalize(self, self._db.close)
        self._turned = begin.run > end.run
        after, upto = sorted((begin.run, end.run))
        self._moved = ledger.chronicle.moved(begin.sync, after, upto)
        self._deleted: dict[tuple[Kind, Key], list[int]] = defaultdict(list)
        self.unknown = 0
        lines = ledger.chronicle.each_line_between(begin.sync, after, upto)
        self._db.execute("BEGIN")
        self._db.executemany("INSERT INTO steps VALUES (?, ?, ?, ?, ?)", self._rows(lines))
        self._db.execute("COMMIT")

    def __iter__(self) -> Iterator[Net]:
        rows = _fetched(self._db.execute(_ALL))
        for (kind, key, member), some in groupby(rows, key=itemgetter(0, 1, 2)):
            steps = [_STEP.decode(record) for *_, record in some]
            net = self._net(_KINDS[kind], Key(key), Key(member), steps)
            if net is not None:
                yield inverse(net) if self._turned else net

    def counts(self) -> Counter[tuple[Kind, str]]:
        """By kind, and what became of it."""
        return Counter((one.kind, one.what.value) for one in self)

    def _net(self, kind: Kind, key: Key, member: Key, steps: Sequence[Step]) -> Net | None:
        if kind is not Kind.MEMBER:
            return of_thing(kind, key, steps)
        either = (Kind.GROUP, key), (Kind.USER, member)
        ends = [line for one in either for line in self._deleted.get(one, ())]
        return of_member(key, member, steps, ends)

    def _rows(self, lines: Iterable[Line]) -> Iterator[tuple[Any, ...]]:
        for line in lines:
            if line.outcome != DONE:
                self.unknown += line.outcome is None
                continue
            of = Kind.GROUP if line.kind is Kind.MEMBER else line.kind
            key = _now(self._moved, line.run, of, line.key)
            member = _now(self._moved, line.run, Kind.USER, line.member) if line.member else ""
            if line.op is Op.DELETE:
                self._deleted[line.kind, key].append(line.line)
            step = Step(line.line, line.op, line.name, line.before, line.after)
            yield _KINDS.index(line.kind), key, member, line.line, encode(step)


def _now(moved: Iterable[Moved], run: int, kind: Kind, key: Key) -> Key:
    """What was called so in that run is called so in the end."""
    for one in moved:
        if one.run > run and one.kind is kind and one.old == key:
            key = one.new
    return key


def _fetched(cursor: sqlite3.Cursor) -> Iterator[tuple[Any, ...]]:
    while rows := cursor.fetchmany(_AT_ONCE):
        yield from rows


_STEP = msgspec.json.Decoder(Step)
