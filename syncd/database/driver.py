"""The driver's own connection, for what is too much to go through SQLAlchemy row by row."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


@contextmanager
def driver(connection: Connection) -> Iterator[Any]:
    """`sqlite3.Connection` or `psycopg.Connection`; its errors are raised as SQLAlchemy's."""
    plain = connection.connection.driver_connection
    dialect = connection.dialect
    own = dialect.loaded_dbapi.Error
    try:
        yield plain
    except own as error:
        if dialect.is_disconnect(error, connection.connection.dbapi_connection, None):
            connection.invalidate()
        raise DBAPIError.instance(None, None, error, own, hide_parameters=True) from error
