"""The journal: a line before each change, and its end when the change's outcome is known.

A line without an end means that the change may have happened. It is closed by what the
next run finds, never by a guess.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select, update

from syncd.core.memory import Mark, OpenLine, Remark
from syncd.core.model import Key, Kind, Op, Ref, Value
from syncd.core.plan import Change
from syncd.ledger.schema import JOURNAL

DONE = "done"
FAILED = "failed"
MOOT = "moot"
"""How a line ended: made, refused, or overtaken by what the next run found."""


class Ended(Struct, frozen=True):
    """A change whose outcome is known. `ref` is what a creation answered."""

    line: int
    change: Change
    outcome: str
    ref: Ref | None = None
    error: str = ""


class Line(Struct, frozen=True):
    """One line of the journal, as history and `explain` show it."""

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
    before: dict[str, Value]
    after: dict[str, Value]
    reason: str
    begun_at: datetime
    ended_at: datetime | None
    outcome: str | None
    error: str


def begin(
    connection: Connection, run: int, sync: str, changes: Sequence[Change], now: datetime
) -> list[int]:
    if not changes:
        return []
    numbers = _numbers(connection, len(changes))
    rows = [
        {"line": line, **_row(run, sync, change, now)}
        for line, change in zip(numbers, changes, strict=True)
    ]
    connection.execute(insert(JOURNAL), rows)
    return numbers


def _numbers(connection: Connection, count: int) -> list[int]:
    """Numbers for new lines. To have them answered by the insertions would make each its own."""
    if connection.dialect.name == "postgresql":
        sequence = func.nextval(func.pg_get_serial_sequence(JOURNAL.name, JOURNAL.c.line.name))
        some = select(sequence).select_from(func.generate_series(1, count).alias())
        return sorted(connection.scalars(some))
    last = connection.scalar(select(func.max(JOURNAL.c.line))) or 0
    return list(range(last + 1, last + 1 + count))


def end(connection: Connection, ended: Sequence[Ended], now: datetime) -> None:
    statement = (
        update(JOURNAL)
        .where(JOURNAL.c.line == bindparam("of_line"))
        .values(
            outcome=bindparam("how"),
            ref=func.coalesce(bindparam("known_ref", type_=JOURNAL.c.ref.type), JOURNAL.c.ref),
            error=bindparam("why"),
            ended_at=now,
        )
    )
    rows = [
        {"of_line": one.line, "how": one.outcome, "known_ref": one.ref, "why": one.error}
        for one in ended
    ]
    connection.execute(statement, rows)


def withdraw(connection: Connection, lines: Sequence[int]) -> None:
    connection.execute(
        delete(JOURNAL).where(JOURNAL.c.line == bindparam("of_line")),
        [{"of_line": line} for line in lines],
    )


def confirm(connection: Connection, sync: str, marks: Iterable[Mark], now: datetime) -> None:
    """Ends the open lines of changes that were found to have happened."""
    ops = {Remark.CLAIM: Op.CREATE, Remark.SUSPENDED: Op.SUSPEND}
    statement = (
        update(JOURNAL)
        .where(
            JOURNAL.c.sync == sync,
            JOURNAL.c.outcome.is_(None),
            JOURNAL.c.op == bindparam("of_op"),
            JOURNAL.c.kind == bindparam("of_kind"),
            JOURNAL.c.key == bindparam("of_key"),
        )
        .values(outcome=DONE, ref=bindparam("found_ref"), ended_at=now)
    )
    rows = [
        {
            "of_op": ops[mark.remark],
            "of_kind": mark.kind,
            "of_key": mark.key,
            "found_ref": mark.ref,
        }
        for mark in marks
    ]
    connection.execute(statement, rows)


def settle(connection: Connection, sync: str, before_run: int, now: datetime) -> None:
    connection.execute(
        update(JOURNAL)
        .where(JOURNAL.c.sync == sync, JOURNAL.c.outcome.is_(None), JOURNAL.c.run < before_run)
        .values(outcome=MOOT, ended_at=now)
    )


def open_lines(connection: Connection, sync: str) -> tuple[OpenLine, ...]:
    columns = (JOURNAL.c[name] for name in OpenLine.__struct_fields__)
    statement = select(*columns).where(JOURNAL.c.sync == sync, JOURNAL.c.outcome.is_(None))
    return tuple(
        OpenLine(line, Op(op), Kind(kind), key, ref, _fields(after))
        for line, op, kind, key, ref, after in connection.execute(
            statement.order_by(JOURNAL.c.line)
        )
    )


def spent(connection: Connection, sync: str, since: datetime) -> dict[tuple[Kind, Op], int]:
    statement = (
        select(JOURNAL.c.kind, JOURNAL.c.op, func.count())
        .where(JOURNAL.c.sync == sync, JOURNAL.c.outcome == DONE, JOURNAL.c.ended_at >= since)
        .group_by(JOURNAL.c.kind, JOURNAL.c.op)
    )
    return {(Kind(kind), Op(op)): count for kind, op, count in connection.execute(statement)}


def lines(
    connection: Connection, where: dict[str, object], key: Key | None, limit: int | None
) -> list[Line]:
    """The newest first, where each named column has that value; None for any."""
    statement = select(*(JOURNAL.c[name] for name in Line.__struct_fields__))
    for column, value in where.items():
        if value is not None:
            statement = statement.where(JOURNAL.c[column] == value)
    if key is not None:
        statement = statement.where(or_(JOURNAL.c.key == key, JOURNAL.c.member == key))
    statement = statement.order_by(JOURNAL.c.line.desc()).limit(limit)
    return [_line(row._asdict()) for row in connection.execute(statement)]


def sync_of(connection: Connection, line: int) -> str:
    return str(connection.scalars(select(JOURNAL.c.sync).where(JOURNAL.c.line == line)).one())


def _row(run: int, sync: str, change: Change, now: datetime) -> dict[str, Any]:
    return {
        "run": run,
        "sync": sync,
        "op": change.op,
        "kind": change.kind,
        "key": change.key,
        "name": change.name,
        "ref": change.ref,
        "member": change.member,
        "member_ref": change.member_ref,
        "before": _text(change.before),
        "after": _text(change.after),
        "reason": change.reason,
        "begun_at": now,
        "error": "",
    }


def _line(row: dict[str, Any]) -> Line:
    return Line(
        **{
            **row,
            "op": Op(row["op"]),
            "kind": Kind(row["kind"]),
            "before": _fields(row["before"]),
            "after": _fields(row["after"]),
        }
    )


def _text(fields: object) -> str:
    return msgspec.json.encode(fields).decode()


def _fields(text: str) -> dict[str, Value]:
    return _DECODER.decode(text)


_DECODER = msgspec.json.Decoder(dict[str, Value])
