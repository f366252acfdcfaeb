"""The journal as it is read: for the next plan, for history and for `explain`."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, Select, or_, select

from syncd.core.memory import OpenLine
from syncd.core.model import Key, Kind, Op, Ref, Value
from syncd.ledger.rows import among
from syncd.ledger.schema import BATCHES, JOURNAL, LINES, RUNS

DONE = "done"
FAILED = "failed"
MOOT = "moot"
"""How a line ended: made, refused, or overtaken by what the next run found."""


class Line(Struct, frozen=True):
    """One line of the journal."""

    line: int
    run: int
    sync: str
    op: Op
    kind: Kind
    key: Key
    name: str
    ref: Ref | None
    member: Key | None
    member_ref: Ref | None
    before: Mapping[str, Value]
    after: Mapping[str, Value]
    reason: str
    begun_at: datetime
    ended_at: datetime | None
    outcome: str | None
    error: str


class Kept(Struct, frozen=True, gc=False, omit_defaults=True):
    """What a line has of its change, besides the key and the member by which it is found.
    `approved` is what of it somebody let through."""

    op: Op
    kind: Kind
    name: str
    reason: str = ""
    ref: Ref | None = None
    member_ref: Ref | None = None
    before: Mapping[str, Value] = {}
    after: Mapping[str, Value] = {}
    approved: tuple[str, ...] = ()


decode = msgspec.json.Decoder(Kept).decode
"""A line's `change`."""


class Outcome(NamedTuple):
    """What became of a line. `change` is its `Kept` in JSON, as it is stored; `ref` is what the
    change gave, None where the change has it."""

    line: int
    run: int
    sync: str
    key: Key
    member: Key | None
    change: str
    outcome: str
    error: str
    ref: Ref | None


def outcomes(
    connection: Connection, where: Iterable[ColumnElement[bool]], limit: int
) -> list[Outcome]:
    """Of lines that have one, in their order."""
    names = ("line", "run", "sync", "key", "member", "change", "outcome", "error", "ref", "batch")
    columns = [JOURNAL.c[name] for name in names]
    statement = select(*columns).where(JOURNAL.c.outcome.is_not(None), *where)
    rows = connection.execute(statement.order_by(JOURNAL.c.line).limit(limit)).all()
    given = refs_given(connection, {row[-1] for row in rows})
    if not given:
        return [Outcome._make(row[:-1]) for row in rows]
    return [
        Outcome._make((*first, ref or _given(given, batch, first[0])))
        for *first, ref, batch in rows
    ]


def _given(given: Mapping[int, list[Ref | None]], batch: int, line: int) -> Ref | None:
    refs = given.get(batch)
    return refs[line - batch] if refs else None


def kept(change: str) -> Kept:
    """Of a line's `change` as it is stored."""
    return decode(change)


def open_lines(connection: Connection, sync: str) -> tuple[OpenLine, ...]:
    of_open_batches = JOURNAL.c.sync == sync, JOURNAL.c.open > 0
    statement = select(*(JOURNAL.c[name] for name in ("line", "key", "member", "change")))
    statement = statement.where(*of_open_batches, JOURNAL.c.outcome.is_(None))
    found = []
    for line, key, member, change in connection.execute(statement.order_by(JOURNAL.c.line)):
        kept = decode(change)
        what = kept.op, kept.kind, key, kept.ref, kept.after, kept.before, member, kept.approved
        found.append(OpenLine(line, *what))
    return tuple(found)


def any_open(connection: Connection, sync: str) -> bool:
    statement = select(BATCHES.c.batch).where(BATCHES.c.sync == sync, BATCHES.c.open > 0)
    return connection.execute(statement.limit(1)).first() is not None


def lines(
    connection: Connection, where: dict[str, object], key: Key | None, limit: int | None
) -> list[Line]:
    """The newest first, where each named column has that value; None for any."""
    those = [JOURNAL.c[column] == value for column, value in where.items() if value is not None]
    if key is not None:
        those.append(or_(JOURNAL.c.key == key, JOURNAL.c.member == key))
    return lines_where(connection, those, JOURNAL.c.line.desc(), limit)


def lines_where(
    connection: Connection,
    where: Iterable[ColumnElement[bool]],
    order: ColumnElement[Any],
    limit: int | None,
) -> list[Line]:
    return _read(connection, select(JOURNAL).where(*where).order_by(order).limit(limit))


def _read(connection: Connection, statement: Select[Any]) -> list[Line]:
    rows = connection.execute(statement).all()
    given = refs_given(connection, {row.batch for row in rows})
    return [_line(row, given) for row in rows]


def page(connection: Connection, run: int, after: int, limit: int) -> list[Line]:
    """The run's lines after that number in their order, without a walk through all of them."""
    found: list[Line] = []
    for first, last in _stretches(connection, run, after, limit):
        within = select(JOURNAL).where(JOURNAL.c.run == run, JOURNAL.c.line.between(first, last))
        within = within.order_by(JOURNAL.c.line).limit(limit - len(found))
        found += _read(connection, within)
        if len(found) == limit:
            break
    return found


def _stretches(
    connection: Connection, run: int, after: int, limit: int
) -> Iterator[tuple[int, int]]:
    """From which number to which the run's lines are; each with `limit` of them or more, and with
    fewer where some were withdrawn."""
    batches = select(BATCHES.c.batch, BATCHES.c.last).where(BATCHES.c.run == run)
    batches = batches.where(BATCHES.c.last > after).order_by(BATCHES.c.batch)
    first, last, size = None, 0, 0
    for batch, last in connection.execute(batches):
        begin = max(batch, after + 1)
        first = begin if first is None else first
        size += last - begin + 1
        if size >= limit:
            yield first, last
            first, size = None, 0
    if first is not None:
        yield first, last


def sync_of(connection: Connection, line: int) -> str:
    statement = select(BATCHES.c.sync).join(LINES, LINES.c.batch == BATCHES.c.batch)
    return str(connection.scalars(statement.where(LINES.c.line == line)).one())


def run_of(connection: Connection, line: int) -> int:
    statement = select(BATCHES.c.run).join(LINES, LINES.c.batch == BATCHES.c.batch)
    return int(connection.scalars(statement.where(LINES.c.line == line)).one())


def is_of_undo(connection: Connection, line: int) -> bool:
    """Whether the run of that line goes back on another."""
    undoes = select(RUNS.c.undoes).where(RUNS.c.run == run_of(connection, line))
    return connection.scalar(undoes) is not None


def refs_given(connection: Connection, batches: set[int]) -> dict[int, list[Ref | None]]:
    """What the lines of each of these batches were given, where any was, from its first line on."""
    statement = select(BATCHES.c.batch, BATCHES.c.refs).where(
        BATCHES.c.refs.is_not(None), among(connection, BATCHES.c.batch, batches)
    )
    return {batch: _REFS.decode(refs) for batch, refs in connection.execute(statement)}


def _line(row: Row[Any], given: Mapping[int, list[Ref | None]]) -> Line:
    kept = decode(row.change)
    refs = given.get(row.batch)
    ref = row.ref or (refs[row.line - row.batch] if refs else None) or kept.ref
    shown = {name: getattr(kept, name) for name in _OF_CHANGE}
    found = {name: getattr(row, name) for name in _OF_ROW}
    return Line(**shown, **found, ref=ref)


_OF_CHANGE = tuple(n for n in Kept.__struct_fields__ if n not in {"ref", "approved"})
_OF_ROW = ("line", "run", "sync", "key", "member", "begun_at", "ended_at", "outcome", "error")
_REFS = msgspec.json.Decoder(list[Ref | None])
