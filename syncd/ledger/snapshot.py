"""The snapshot: what a sync's sources and target held when they were last read, sorted by name.

A part is one side of it: the users or groups of one source, or the target's users, groups or
members. Of each thing it has the name and the record; and of runs of things, chunks, as a reading
brought them, the prints by which the next reading knows them again.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NewType

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Table, delete, insert, select

from syncd.core.model import Key, Kind
from syncd.core.prints import Print
from syncd.ledger.rows import among, delete_rows, insert_rows
from syncd.ledger.schema import CHUNKS, SNAPSHOTS, THINGS, UNSETTLED

Part = NewType("Part", str)
"""`user@SOURCE`, `group@SOURCE`; or, of the target, `user`, `group`, `member`."""

AT_ONCE = 500

LOOSE = 0
"""The `until` of chunks that no reading brought: things that were renewed one by one."""


class Item(Struct, frozen=True, gc=False, array_like=True):
    """One thing in a chunk; `print` is empty where no reading has brought it yet."""

    print: bytes
    name: str


class Chunk(Struct, frozen=True):
    """Things that a reading brought in a row. Known again by its print, `until` then.

    That is in seconds since 1970, None for ever.
    """

    print: Print
    items: Sequence[Item]
    until: int | None = None


class Facts(Struct, frozen=True, kw_only=True):
    """What is counted over all things, so that a plan about a few need not read the rest."""

    population: Mapping[str, int] = {}
    foreign: Mapping[str, int] = {}
    administrators: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    referring: tuple[str, ...] = ()
    """The sources whose groups name users of others, so that one person's change is another's."""
    lost: bool = False
    """Whether any of these names leads to nobody, or to several."""


class Sides(Struct, frozen=True, kw_only=True):
    """When each side was read as it is kept, and what else was learnt of the target then.

    `sources` has a time for each source. `run` is the last one whose changes the target's records
    have. `own` is the account that syncd logs in with, `declared` what the target's collections
    hold and do, by kind, in the port's words. `made_from` has for each source and the target a
    digest of the settings by which it was read; none where an earlier version kept it.
    """

    sources: Mapping[str, datetime]
    target: datetime
    run: int
    own: str | None = None
    declared: Mapping[str, Mapping[str, Any]] = {}
    made_from: Mapping[str, str] = {}


class Head(Struct, frozen=True, kw_only=True):
    """What a snapshot is true for, and since when.

    `made_by` is a digest of all that its records depend on. `cursors` are where the sources'
    readings ended, by source. `full_at` is when all was last read, `quick` how many cycles read
    less since; `untold` is what full readings found, ever, that those had not been told of.
    `sides` is None where an earlier version kept it.
    """

    made_by: str
    full_at: datetime
    quick: int = 0
    untold: int = 0
    cursors: Mapping[str, bytes] = {}
    facts: Facts = Facts()
    sides: Sides | None = None


class Renewal(Struct, kw_only=True):
    """What becomes of one part: things set (name and record) and gone, chunks made and dropped.

    `point` is where a thing's record can meet those of other parts (`met`); None for nowhere.
    """

    part: Part
    things: Iterable[tuple[str, bytes]] = ()
    point: Callable[[bytes], int | None] | None = None
    gone: Iterable[str] = ()
    chunks: Iterable[Chunk] = ()
    dropped: Collection[Print] = ()
    afresh: bool = False


def head(connection: Connection, sync: str) -> Head | None:
    found = connection.scalar(select(SNAPSHOTS.c.head).where(SNAPSHOTS.c.sync == sync))
    return None if found is None else _HEAD.decode(found)


def chunk_prints(connection: Connection, sync: str, part: Part) -> dict[Print, int | None]:
    columns = select(CHUNKS.c.print, CHUNKS.c.until)
    rows = connection.execute(columns.where(CHUNKS.c.sync == sync, CHUNKS.c.part == part))
    return {Print(bytes(one)): until for one, until in rows}


def chunks(
    connection: Connection, sync: str, part: Part, prints: Collection[Print]
) -> list[tuple[Print, list[Item]]]:
    """What is in these; in any order."""
    statement = select(CHUNKS.c.print, CHUNKS.c.things)
    statement = statement.where(CHUNKS.c.sync == sync, CHUNKS.c.part == part)
    found = connection.execute(statement.where(CHUNKS.c.print.in_(prints)))
    return [(Print(bytes(one)), _ITEMS.decode(things)) for one, things in found]


def records(
    connection: Connection, sync: str, part: Part, names: Collection[str]
) -> list[tuple[str, bytes]]:
    """Those of these names that are there."""
    statement = select(THINGS.c.name, THINGS.c.record).where(
        THINGS.c.sync == sync, THINGS.c.part == part, among(connection, THINGS.c.name, names)
    )
    return [(name, bytes(record)) for name, record in connection.execute(statement)]


def met(connection: Connection, sync: str, part: Part, points: Collection[int]) -> list[str]:
    """The names of those that can be met at one of these points."""
    statement = select(THINGS.c.name).where(
        THINGS.c.sync == sync, THINGS.c.part == part, among(connection, THINGS.c.point, points)
    )
    return list(connection.scalars(statement))


def following(
    connection: Connection, sync: str, part: Part, after: str, limit: int
) -> list[tuple[str, bytes]]:
    """The next ones in the order of names."""
    statement = (
        select(THINGS.c.name, THINGS.c.record)
        .where(THINGS.c.sync == sync, THINGS.c.part == part, THINGS.c.name > after)
        .order_by(THINGS.c.name)
        .limit(limit)
    )
    return [(name, bytes(record)) for name, record in connection.execute(statement)]


def unsettled(connection: Connection, sync: str) -> dict[tuple[Kind, Key], bool]:
    """Each with whether it is only told of."""
    columns = select(UNSETTLED.c.kind, UNSETTLED.c.key, UNSETTLED.c.told)
    rows = connection.execute(columns.where(UNSETTLED.c.sync == sync))
    return {(Kind(kind), key): told for kind, key, told in rows}


def clear(connection: Connection, sync: str) -> None:
    """There is none any more."""
    for table in (THINGS, CHUNKS, UNSETTLED, SNAPSHOTS):
        connection.execute(delete(table).where(table.c.sync == sync))


def renew(connection: Connection, sync: str, renewal: Renewal) -> None:
    part = renewal.part
    if not renewal.afresh:
        _drop(connection, CHUNKS, (sync, part, "print"), renewal.dropped)
        _drop(connection, THINGS, (sync, part, "name"), renewal.gone)
    _set_things(connection, sync, renewal)
    rows = (
        (sync, part, chunk.print, chunk.until, _ENCODER.encode(chunk.items))
        for chunk in renewal.chunks
    )
    insert_rows(connection, CHUNKS, ("sync", "part", "print", "until", "things"), rows)


def keep_head(connection: Connection, sync: str, head: Head | None) -> None:
    connection.execute(delete(SNAPSHOTS).where(SNAPSHOTS.c.sync == sync))
    if head is not None:
        row = {"sync": sync, "head": msgspec.json.encode(head).decode()}
        connection.execute(insert(SNAPSHOTS), [row])


def keep_unsettled(
    connection: Connection,
    sync: str,
    decided: Iterable[tuple[Kind, Key]],
    left: Mapping[tuple[Kind, Key], bool],
) -> None:
    """Those `left` are among the `decided`; each with whether it is only told of."""
    columns = ("sync", "kind", "key")
    delete_rows(connection, UNSETTLED, columns, [(sync, kind, key) for kind, key in decided])
    rows = ((sync, kind, key, told) for (kind, key), told in left.items())
    insert_rows(connection, UNSETTLED, (*columns, "told"), rows)


def _set_things(connection: Connection, sync: str, renewal: Renewal) -> None:
    part, point = renewal.part, renewal.point
    rows = (
        (sync, part, name, record, point(record) if point else None)
        for name, record in renewal.things
    )
    if renewal.afresh:
        insert_rows(connection, THINGS, _THING, rows)
        return
    batch: list[tuple[Any, ...]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == AT_ONCE:
            _replace(connection, sync, renewal.part, batch)
            batch = []
    if batch:
        _replace(connection, sync, renewal.part, batch)


def _replace(connection: Connection, sync: str, part: Part, rows: list[tuple[Any, ...]]) -> None:
    _drop(connection, THINGS, (sync, part, "name"), [row[2] for row in rows])
    insert_rows(connection, THINGS, _THING, rows)


def _drop(
    connection: Connection, table: Table, of: tuple[str, str, str], values: Iterable[Any]
) -> None:
    sync, part, column = of
    rows = [(sync, part, value) for value in values]
    delete_rows(connection, table, ("sync", "part", column), rows)


_THING = ("sync", "part", "name", "record", "point")
_HEAD = msgspec.json.Decoder(Head)
_ITEMS = msgspec.msgpack.Decoder(list[Item])
_ENCODER = msgspec.msgpack.Encoder()
