"""Readings of the store page by page: the database writes each row as one text, which is printed as
it stands, and taken apart only where somebody asks.

The order is the same from one reading to the next as long as nothing is written: SQLite's by
rowid, PostgreSQL's as the rows lie in its file.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import Connection, LargeBinary, Select, cast, func, select, text

from syncd.backends.sql.rows import Rows, of_copy, of_json
from syncd.backends.sql.schema import MEMBERS
from syncd.core.model import E, Ref, Stored
from syncd.core.prints import prints_of
from syncd.database import driver
from syncd.errors import BackendError
from syncd.paging import Members, Sighting

T = TypeVar("T")
AT_ONCE = 1000
"""Rows that are in memory together."""

GROUPS_AT_ONCE = 16
"""Each may have very many members."""


class OctetPage(Generic[T]):
    """Rows as the database wrote them, and how to read one."""

    def __init__(self, rows: Sequence[bytes], read: Callable[[bytes], T], where: str) -> None:
        self.prints = prints_of(rows)
        self._rows, self._read, self._where = rows, read, where

    def decode(self, at: int) -> Sighting[T]:
        try:
            return Sighting(self._read(self._rows[at]))
        except (msgspec.DecodeError, ValueError) as error:
            raise BackendError(f"{self._where} cannot be read: {error}") from error


def stored_pages(
    connection: Connection, rows: Rows[E], where: str
) -> Iterator[OctetPage[Stored[E]]]:
    """All of one table."""
    where = f"{where}: a row of {rows.table.name}"
    if connection.dialect.name == "sqlite":
        array = func.json_array(*rows.select.selected_columns)
        query = select(cast(array, LargeBinary)).select_from(rows.table).order_by(text("rowid"))
        for some in _sqlite(connection, query, AT_ONCE):
            yield OctetPage(some, lambda octets: rows.untyped(of_json(octets)), where)
    else:
        for some in _postgresql(connection, rows.select, AT_ONCE):
            yield OctetPage(some, lambda octets: rows.untyped(of_copy(octets)), where)


def member_pages(connection: Connection, where: str) -> Iterator[OctetPage[Members]]:
    """One item a group: a JSON array of the group and the array of its users."""
    where = f"{where}: a row of members"
    group, user = MEMBERS.c.group_id, MEMBERS.c.user_id
    if connection.dialect.name == "sqlite":
        array = func.json_array(group, func.json_group_array(user))
        query = select(cast(array, LargeBinary)).group_by(group).order_by(group)
        for some in _sqlite(connection, query, GROUPS_AT_ONCE):
            yield OctetPage(some, _members, where)
    else:
        ordered = select(MEMBERS).order_by(group, user).subquery()
        array = func.json_build_array(ordered.c.group_id, func.json_agg(ordered.c.user_id))
        query = select(array).group_by(ordered.c.group_id).order_by(ordered.c.group_id)
        for some in _postgresql(connection, query, GROUPS_AT_ONCE):
            yield OctetPage(some, lambda octets: _members(_one(of_copy(octets))), where)


# Below, nothing outlives its row but octets, which the garbage collector need not look at.


def _sqlite(connection: Connection, query: Select[Any], at_once: int) -> Iterator[list[bytes]]:
    statement = str(query.compile(dialect=connection.dialect))
    with driver(connection), closing(connection.exec_driver_sql(statement)) as result:
        cursor: Any = result.cursor
        while rows := [octets for (octets,) in islice(cursor, at_once)]:
            yield rows


def _postgresql(connection: Connection, query: Select[Any], at_once: int) -> Iterator[list[bytes]]:
    statement = query.compile(dialect=connection.dialect)
    # A big table is otherwise read from where another reader is just now:
    # https://www.postgresql.org/docs/current/runtime-config-compatible.html
    connection.exec_driver_sql("SET LOCAL synchronize_seqscans = off")
    with (
        driver(connection) as plain,
        plain.cursor() as cursor,
        cursor.copy(f"COPY ({statement}) TO STDOUT (ENCODING 'UTF8')") as copy,
    ):
        lines = iter(copy)
        while rows := [bytes(line) for line in islice(lines, at_once)]:
            yield rows


def _members(octets: bytes) -> Members:
    group, users = msgspec.json.decode(octets)
    return Members(Ref(group), tuple(sorted(users)))


def _one(values: Sequence[Any]) -> bytes:
    return str(values[0]).encode()
