"""Users and groups of a SQL store, as the ports have them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Generic

from sqlalchemy import Connection, Table, delete, func, insert, or_, select, update

from syncd.backends.sql.names import UNIQUE, key_of, with_keys
from syncd.backends.sql.pages import AT_ONCE, stored_pages
from syncd.backends.sql.refs import new_ref
from syncd.backends.sql.rows import Rows, attribute_texts, split
from syncd.backends.sql.session import Session
from syncd.backends.sql.statements import Statements
from syncd.bulk import Write
from syncd.core.model import E, Key, Ref, Stored, Update, Value, flat
from syncd.errors import Conflict, NotFound, Rejected
from syncd.paging import Page
from syncd.ports import Holds


class SqlCollection(Generic[E]):
    def __init__(
        self, session: Session, table: Table, holds: Holds, entity: Callable[..., E]
    ) -> None:
        self.holds = holds
        self._session = session
        self._table = table
        self._rows: Rows[E] = Rows(table, holds, entity)
        self._statements = Statements(self._rows, session.where)
        self._what = table.name.removesuffix("s")

    def read(self) -> Iterator[Stored[E]]:
        with self._session.reading() as connection:
            if connection is None:
                return
            rows = connection.execution_options(yield_per=AT_ONCE).execute(self._rows.select)
            for row in rows:
                yield self._rows.typed(row)

    def pages(self) -> Iterator[Page[Stored[E]]]:
        """As `PagedCollection.pages`. Inside a batch, nothing else goes on before it ends."""
        with self._session.reading() as connection:
            if connection is not None:
                yield from stored_pages(connection, self._rows, self._session.where)

    def get(self, ref: Ref) -> Stored[E] | None:
        with self._session.reading() as connection:
            if connection is None:
                return None
            row = connection.execute(self._rows.select.where(self._table.c.id == ref)).first()
            return None if row is None else self._rows.typed(row)

    def create(self, key: Key, entity: E) -> Ref:
        ref = new_ref()
        columns, attributes = split(flat(entity))
        values = with_keys(self._table, columns)
        row = {**values, "id": ref, "external_id": key, "attributes": attributes}
        try:
            with self._session.writing() as connection:
                connection.execute(insert(self._table), row)
        except Rejected as error:
            raise self._holder(ref, columns) or error from error
        return ref

    def update(self, ref: Ref, change: Update) -> None:
        columns, attributes = split(change.after)
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

    def write(self, writes: Sequence[Write[E]]) -> list[Ref | Rejected]:
        """As `BulkCollection.write`."""
        return self._session.in_bulk(writes, self._statements.run, self._alone)

    def _alone(self, write: Write[E]) -> Ref:
        if write.entity is not None:
            return self.create(write.key, write.entity)
        if write.ref is None:
            raise AssertionError(f"{write.op} of {write.key} without a ref")
        if write.change is None:
            self.delete(write.ref)
        else:
            self.update(write.ref, write.change)
        return write.ref

    def _one(self, count: int, ref: Ref) -> None:
        if count == 0:
            raise NotFound(f"{self._session.where}: there is no {self._what} {ref}")

    def _merged(
        self, connection: Connection, ref: Ref, after: Mapping[str, str | None]
    ) -> dict[str, str]:
        statement = select(self._table.c.attributes).where(self._table.c.id == ref)
        row = connection.execute(statement.with_for_update()).first()
        self._one(0 if row is None else 1, ref)
        merged = {**(attribute_texts(row[0]) if row else {}), **after}
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
                statement = self._rows.select.where(same, table.c.id != ref)
                if row := connection.execute(statement).first():
                    return self._conflict(field, value, self._rows.typed(row))
        return None

    def _conflict(self, field: str, value: Value, holder: Stored[E]) -> Conflict:
        name = flat(holder.entity)[UNIQUE[self._table.name][0]]
        given = f", key {holder.key}" if holder.key else ", which syncd did not create"
        return Conflict(
            f"{self._session.where}: {field} {value!r} is taken by the {self._what}"
            f" {name!r} ({holder.ref}{given})"
        )
