"""Many writes to users or groups as few statements. Where one of them is rejected, all are.

The outcome is that of the same writes one by one: what takes or gives up a unique name keeps its
place in the order, and only the rest is sorted into statements.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

import msgspec
from sqlalchemy import (
    JSON,
    Connection,
    Text,
    bindparam,
    cast,
    column,
    delete,
    func,
    literal,
    select,
    update,
)

from syncd.backends.sql.names import UNIQUE, key_of, with_keys
from syncd.backends.sql.refs import new_ref
from syncd.backends.sql.rows import Rows, attribute_texts, split
from syncd.bulk import Write
from syncd.core.model import Op, Ref
from syncd.database import driver
from syncd.errors import NotFound

Row = dict[str, Any]
"""Column -> value of one update, and its ref under `_REF`."""

_REF = "syncd_ref"
_IN = 1000
"""Refs asked for in one statement."""


class Statements:
    def __init__(self, rows: Rows[Any], where: str) -> None:
        self._table, self._where = rows.table, where
        self._unique = UNIQUE[rows.table.name]
        self._keys = {f"{name}_key" for name in self._unique}
        self._values: Callable[[Any], Sequence[Any]] = attrgetter(*rows.fields, "attributes")
        fields = ["id", "external_id", *(f"{name}_key" for name in self._unique)]
        self._columns = [*fields, *rows.fields, "attributes"]

    def run(self, connection: Connection, writes: Sequence[Write[Any]]) -> list[Ref]:
        """The ref of each. Raises `Rejected` where one is, and leaves the rest half done."""
        verbs = {Op.CREATE: self._create, Op.DELETE: self._delete}
        refs: list[Ref] = []
        for op, alike in groupby(writes, _verb):
            refs += verbs.get(op, self._change)(connection, list(alike))
        return refs

    def _create(self, connection: Connection, writes: Sequence[Write[Any]]) -> list[Ref]:
        rows = [self._row(write) for write in writes]
        columns = ", ".join(self._columns)
        if connection.dialect.name == "sqlite":
            values = f"({columns}) VALUES ({', '.join('?' * len(self._columns))})"
            connection.exec_driver_sql(f"INSERT INTO {self._table.name} {values}", rows)
        else:
            _copy(connection, f"COPY {self._table.name} ({columns}) FROM STDIN", rows)
        return [row[0] for row in rows]

    def _row(self, write: Write[Any]) -> tuple[Any, ...]:
        entity: Any = write.entity
        *values, attributes = self._values(entity)
        keys = [key_of(getattr(entity, name) or None) for name in self._unique]
        fields = [None if value == "" else value for value in values]
        return (new_ref(), write.key, *keys, *fields, _json(attributes))

    def _delete(self, connection: Connection, writes: Sequence[Write[Any]]) -> list[Ref]:
        refs = [_ref(write) for write in writes]
        ids = self._table.c.id
        counts = [
            connection.execute(delete(self._table).where(ids.in_(some))).rowcount
            for some in _chunks(refs)
        ]
        self._all_there(sum(counts), len(refs))
        return refs

    def _change(self, connection: Connection, writes: Sequence[Write[Any]]) -> list[Ref]:
        rows = self._updates(connection, writes)
        naming = [row for row in rows if not self._keys.isdisjoint(row)]
        neutral = sorted((row for row in rows if self._keys.isdisjoint(row)), key=sorted)
        for columns, some in groupby(naming, frozenset):
            self._one_by_one(connection, columns, list(some))
        for columns, some in groupby(neutral, frozenset):
            if connection.dialect.name == "sqlite":
                self._one_by_one(connection, columns, list(some))
            else:
                self._together(connection, columns, list(some))
        return [row[_REF] for row in rows]

    def _updates(self, connection: Connection, writes: Sequence[Write[Any]]) -> list[Row]:
        changes = [
            (_ref(write), *split(write.change.after if write.change else {})) for write in writes
        ]
        stored = self._stored(connection, [ref for ref, _, attributes in changes if attributes])
        rows: list[Row] = []
        for ref, columns, attributes in changes:
            row: Row = {**with_keys(self._table, columns), _REF: ref}
            if attributes:
                merged = {**stored[ref], **attributes}
                row["attributes"] = {
                    name: text for name, text in merged.items() if text is not None
                }
            rows.append(row)
        return rows

    def _stored(self, connection: Connection, refs: Sequence[Ref]) -> dict[Ref, dict[str, str]]:
        """Attributes as they are, locked until the transaction ends."""
        ids, column = self._table.c.id, self._table.c.attributes
        found: dict[Ref, dict[str, str]] = {}
        for some in _chunks(refs):
            statement = select(ids, column).where(ids.in_(some)).with_for_update()
            found.update(
                (ref, attribute_texts(text)) for ref, text in connection.execute(statement)
            )
        self._all_there(len(found), len(refs))
        return found

    def _one_by_one(
        self, connection: Connection, columns: frozenset[str], rows: Sequence[Row]
    ) -> None:
        """One statement, with the values of one row after the other."""
        values: Row = {name: bindparam(name) for name in columns - {_REF}}
        statement = update(self._table).where(self._table.c.id == bindparam(_REF))
        result = connection.execute(statement.values(updated_at=func.now(), **values), rows)
        self._all_there(result.rowcount, len(rows))

    def _together(
        self, connection: Connection, columns: frozenset[str], rows: Sequence[Row]
    ) -> None:
        """PostgreSQL's way: all values as one document, which it makes a table of."""
        names = columns - {_REF}
        typed = (column(name, self._table.c[name].type) for name in sorted(names))
        document = cast(literal(msgspec.json.encode(rows).decode(), Text), JSON)
        news = func.json_to_recordset(document).table_valued(column(_REF, Text), *typed)
        news = news.render_derived(name="news", with_types=True)
        statement = update(self._table).where(self._table.c.id == news.c[_REF])
        values = {name: news.c[name] for name in names}
        result = connection.execute(statement.values(updated_at=func.now(), **values))
        self._all_there(result.rowcount, len(rows))

    def _all_there(self, found: int, wanted: int) -> None:
        if found != wanted:
            raise NotFound(f"{self._where}: {wanted - found} of {wanted} are not there")


def _copy(connection: Connection, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    with (
        driver(connection) as plain,
        plain.cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        for row in rows:
            copy.write_row(row)


def _verb(write: Write[Any]) -> Op:
    return write.op if write.op in {Op.CREATE, Op.DELETE} else Op.UPDATE


def _ref(write: Write[Any]) -> Ref:
    if write.ref is None:
        raise AssertionError(f"{write.op} of {write.key} without a ref")
    return write.ref


def _json(attributes: Mapping[str, str]) -> str:
    return msgspec.json.encode(attributes).decode() if attributes else "{}"


def _chunks(refs: Sequence[Ref]) -> Iterable[Sequence[Ref]]:
    return (refs[start : start + _IN] for start in range(0, len(refs), _IN))
