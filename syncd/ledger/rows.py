"""Many rows at once, past what SQLAlchemy makes of each one."""

from collections.abc import Collection, Iterable, Sequence
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import BindParameter, ColumnElement, Connection, Table, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from syncd.database import driver

_CHUNK = 5000


def insert_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    """Values as the driver takes them, in the order of `columns`. PostgreSQL is told by COPY."""
    named = ", ".join(columns)
    if connection.dialect.name == "postgresql":
        copying = f"COPY {table.name} ({named}) FROM STDIN"
        with driver(connection) as plain, plain.cursor() as cursor, cursor.copy(copying) as copy:
            for row in rows:
                copy.write_row(row)
        return
    places = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {table.name} ({named}) VALUES ({places})"  # noqa: S608  our own names
    remaining = iter(rows)
    while some := list(islice(remaining, _CHUNK)):
        connection.exec_driver_sql(statement, some)


def delete_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: list[tuple[Any, ...]]
) -> None:
    """Those with these values in these columns."""
    if rows:
        mark = "%s" if connection.dialect.name == "postgresql" else "?"
        where = " AND ".join(f"{column} = {mark}" for column in columns)
        statement = f"DELETE FROM {table.name} WHERE {where}"  # noqa: S608  our own names
        connection.exec_driver_sql(statement, rows)


def among(
    connection: Connection, column: ColumnElement[Any], values: Collection[Any]
) -> ColumnElement[bool]:
    """`column IN values` with one parameter, however many there are."""
    if connection.dialect.name == "postgresql":
        given: BindParameter[Any] = bindparam(None, list(values), type_=ARRAY(column.type))
        return column == func.any(given)
    each = func.json_each(msgspec.json.encode(list(values)).decode()).table_valued("value")
    return column.in_(select(each.c.value))
