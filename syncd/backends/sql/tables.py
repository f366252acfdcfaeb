"""Users, groups and members of a SQL store, as the ports have them."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Generic
from uuid import uuid4

from sqlalchemy import Connection, Table, delete, func, insert, or_, select, update

from syncd.backends.sql.names import UNIQUE, key_of, with_keys
from syncd.backends.sql.schema import GROUPS, MEMBERS, USERS
from syncd.backends.sql.session import Session
from syncd.core.model import ATTRIBUTES, E, Key, Member, Op, Ref, Stored, Update, Value, flat
from syncd.errors import Conflict, NotFound, Rejected
from syncd.ports import Holds

AT_ONCE = 1000
"""Rows that are in memory together while reading, and refs asked for together."""


class SqlCollection(Generic[E]):
    def __init__(
        self, session: Session, table: Table, holds: Holds, entity: Callable[..., E]
    ) -> None:
        self.holds = holds
        self._session = session
        self._table = table
        self._entity: Callable[..., E] = entity
        self._what = table.name.removesuffix("s")
        self._fields = sorted(name for name in holds.fields if not name.startswith(ATTRIBUTES))
        self._select = select(
            table.c.id, table.c.external_id, table.c.attributes, *(table.c[f] for f in self._fields)
        )

    def read(self) -> Iterator[Stored[E]]:
        with self._session.reading() as connection:
            if connection is None:
                return
            rows = connection.execution_options(yield_per=AT_ONCE).execute(self._select)
            for row in rows:
                yield self._stored(row)

    def get(self, ref: Ref) -> Stored[E] | None:
        with self._session.reading() as connection:
            if connection is None:
                return None
            row = connection.execute(self._select.where(self._table.c.id == ref)).first()
            return None if row is None else self._stored(row)

    def create(self, key: Key, entity: E) -> Ref:
        ref = Ref(str(uuid4()))
        columns, attributes = _split(flat(entity))
        values = with_keys(self._table, columns)
        row = {**values, "id": ref, "external_id": key, "attributes": attributes}
        try:
            with self._session.writing() as connection:
                connection.execute(insert(self._table), row)
        except Rejected as error:
            raise self._holder(ref, columns) or error from error
        return ref

    def update(self, ref: Ref, change: Update) -> None:
        columns, attributes = _split(change.after)
        values: dict[str, Any] = with_keys(self._table, columns)
        try:
            with self._session.writing() as connection:
                if attributes:
                    values["attributes"] = self._merged(connection, ref, attributes)
                statement = update(self._table).where(self._table.c.id == ref)
                statement = statement.values(updated_at=func.now(), **values)
                self._one(connection.execute(statement).rowcount, ref)
        except NotFound:
            raise
        except Rejected as error:
            raise self._holder(ref, columns) or error from error

    def delete(self, ref: Ref) -> None:
        with self._session.writing() as connection:
            statement = delete(self._table).where(self._table.c.id == ref)
            self._one(connection.execute(statement).rowcount, ref)

    def _one(self, count: int, ref: Ref) -> None:
        if count == 0:
            raise NotFound(f"{self._session.where}: there is no {self._what} {ref}")

    def _merged(
        self, connection: Connection, ref: Ref, after: Mapping[str, str | None]
    ) -> dict[str, str]:
        statement = select(self._table.c.attributes).where(self._table.c.id == ref)
        row = connection.execute(statement.with_for_update()).first()
        self._one(0 if row is None else 1, ref)
        merged = {**(_attributes(row[0]) if row else {}), **after}
        return {name: value for name, value in merged.items() if value is not None}

    def _holder(self, ref: Ref, columns: Mapping[str, Value]) -> Conflict | None:
        """Who else has one of these unique names, if that is why a write was rejected."""
        table = self._table
        with self._session.reading() as connection:
            for field in UNIQUE[table.name]:
                value = columns.get(field)
                if value is None or connection is None:
                    continue
                same = or_(table.c[field] == value, table.c[f"{field}_key"] == key_of(value))
                statement = self._select.where(same, table.c.id != ref)
                if row := connection.execute(statement).first():
                    return self._conflict(field, value, self._stored(row))
        return None

    def _conflict(self, field: str, value: Value, holder: Stored[E]) -> Conflict:
        name = flat(holder.entity)[UNIQUE[self._table.name][0]]
        given = f", key {holder.key}" if holder.key else ", which syncd did not create"
        return Conflict(
            f"{self._session.where}: {field} {value!r} is taken by the {self._what}"
            f" {name!r} ({holder.ref}{given})"
        )

    def _stored(self, row: Sequence[Any]) -> Stored[E]:
        ref, key, attributes = row[0], row[1], row[2]
        fields = dict(zip(self._fields, row[3:], strict=True))
        return Stored(ref, self._entity(**fields, attributes=_attributes(attributes)), key)


class SqlMembers:
    ops = frozenset({Op.ADD, Op.REMOVE})

    def __init__(self, session: Session) -> None:
        self._session = session

    def read(self) -> Iterator[Member]:
        with self._session.reading() as connection:
            if connection is None:
                return
            statement = select(MEMBERS.c.group_id, MEMBERS.c.user_id)
            rows = connection.execution_options(yield_per=AT_ONCE).execute(statement)
            for group, user in rows:
                yield Member(group, user)

    def change(self, group: Ref, add: Sequence[Ref], remove: Sequence[Ref]) -> None:
        with self._session.writing() as connection:
            self._check(connection, GROUPS, [group], "there is no group")
            self._check(connection, USERS, add, f"to add to group {group}, there is no user")
            for refs in _chunks(remove):
                gone = MEMBERS.c.group_id == group, MEMBERS.c.user_id.in_(refs)
                connection.execute(delete(MEMBERS).where(*gone))
            for refs in _chunks(add):
                already = _found(connection, MEMBERS.c.user_id, refs, MEMBERS.c.group_id == group)
                new = [{"group_id": group, "user_id": ref} for ref in refs if ref not in already]
                if new:
                    connection.execute(insert(MEMBERS), new)

    def _check(self, connection: Connection, table: Table, refs: Sequence[Ref], lack: str) -> None:
        for some in _chunks(refs):
            found = _found(connection, table.c.id, some)
            if missing := [ref for ref in some if ref not in found]:
                raise NotFound(f"{self._session.where}: {lack} {', '.join(missing)}")


def _found(connection: Connection, column: Any, refs: Sequence[Ref], *where: Any) -> set[Ref]:
    return set(connection.scalars(select(column).where(column.in_(refs), *where)))


def _chunks(refs: Sequence[Ref]) -> Iterator[list[Ref]]:
    unique = list(dict.fromkeys(refs))
    for start in range(0, len(unique), AT_ONCE):
        yield unique[start : start + AT_ONCE]


def _split(fields: Mapping[str, Value]) -> tuple[dict[str, Value], dict[str, str | None]]:
    """Columns and attributes. Nothing is stored as null, since "" is no value (RFC 7643, 2.5)."""
    columns: dict[str, Value] = {}
    attributes: dict[str, str | None] = {}
    for name, value in fields.items():
        if name.startswith(ATTRIBUTES):
            text = None if value is None else str(value)
            attributes[name.removeprefix(ATTRIBUTES)] = text
        else:
            columns[name] = None if value == "" else value
    return columns, attributes


def _attributes(stored: Any) -> dict[str, str]:
    """Another program may have stored any JSON."""
    if not isinstance(stored, dict):
        return {}
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in stored.items()
        if value is not None
    }
