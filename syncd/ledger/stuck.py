"""What was written and comes back otherwise each time, so that it is not written for ever."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, select

from syncd.core.model import Key, Kind
from syncd.core.past import Missed, Stuck, Where
from syncd.core.stream import batches
from syncd.ledger.rows import among, delete_rows, insert_rows
from syncd.ledger.schema import STUCK

_WHERE = ("kind", "key", "member", "field")
_COLUMNS = ("sync", *_WHERE, "made_by", "content")
_AT_ONCE = 1000


class Tries(Struct, frozen=True):
    """A run's tries: the run, under which configuration and version it was, and when."""

    run: int
    made_by: str
    at: datetime


def is_any(connection: Connection, sync: str) -> bool:
    one = select(STUCK.c.key).where(STUCK.c.sync == sync).limit(1)
    return connection.execute(one).first() is not None


def some(
    connection: Connection, sync: str, kind: Kind, keys: Collection[Key]
) -> Mapping[Where, tuple[str, Stuck]]:
    """By what they were made."""
    return _found(connection, sync, STUCK.c.kind == kind, among(connection, STUCK.c.key, keys))


def every(connection: Connection, sync: str) -> Mapping[Where, tuple[str, Stuck]]:
    return _found(connection, sync)


def wheres(connection: Connection, sync: str) -> set[Where]:
    statement = select(*(STUCK.c[name] for name in _WHERE)).where(STUCK.c.sync == sync)
    return {
        (Kind(kind), key, member, of) for kind, key, member, of in connection.execute(statement)
    }


def keep(
    connection: Connection,
    sync: str,
    tries: Tries,
    found: Iterable[Missed],
    gone: Collection[Where],
) -> None:
    """One time more of what is `found` as it was known; nothing more of what is `gone`."""
    delete_rows(connection, STUCK, ("sync", *_WHERE), [(sync, *where) for where in gone])
    for batch in batches(found, _AT_ONCE):
        now = {one.where: one for one in batch}
        keys = among(connection, STUCK.c.key, {key for _, key, _, _ in now})
        before = _found(connection, sync, keys)
        delete_rows(connection, STUCK, ("sync", *_WHERE), [(sync, *where) for where in now])
        insert_rows(connection, STUCK, _COLUMNS, _rows(sync, tries, now.values(), before))


def _rows(
    sync: str, tries: Tries, found: Iterable[Missed], before: Mapping[Where, tuple[str, Stuck]]
) -> Iterator[tuple[str, ...]]:
    for one in found:
        made_by, known = before.get(one.where, ("", None))
        times, run, at = 1, tries.run, tries.at
        if known is not None and (known.written, known.returned) == (one.written, one.returned):
            times += known.times if made_by == tries.made_by else 0
            run, at = known.first_run, known.first_at
        stuck = Stuck(one.written, one.returned, times, run, at, tries.run, tries.at)
        kind, key, member, of = one.where
        content = _ENCODE(stuck).decode()
        yield sync, kind.value, key, member, of, tries.made_by, content


def _found(
    connection: Connection, sync: str, *those: ColumnElement[bool]
) -> dict[Where, tuple[str, Stuck]]:
    statement = select(*(STUCK.c[name] for name in (*_WHERE, "made_by", "content")))
    return {
        (Kind(kind), key, member, of): (made_by, _DECODE(content))
        for kind, key, member, of, made_by, content in connection.execute(
            statement.where(STUCK.c.sync == sync, *those)
        )
    }


_ENCODE = msgspec.json.Encoder().encode
_DECODE = msgspec.json.Decoder(Stuck).decode
