"""A session of PostgreSQL's of its own, which nobody waits for longer than was said.

The driver's own calls wait for an answer for ever where the network swallows it: TCP's time-outs
end that only for octets that nobody acknowledges, and a proxy or a frozen server acknowledges.
"""

import math
import select
import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy.exc import DBAPIError

from syncd.database.faults import complaints
from syncd.database.opening import Database

_AT_LEAST = 2
"""Seconds: libpq takes no shorter `connect_timeout`."""


class Session:
    """`seconds` are how long each of its answers, and its beginning, may take.

    Raises what the database's complaint makes where it cannot be had. Not for several threads at
    once, but for `is_readable`.
    """

    def __init__(self, database: Database, seconds: float) -> None:
        dialect = database.engine.dialect
        self._seconds = seconds
        self._driver: Any = dialect.loaded_dbapi
        words, named = dialect.create_connect_args(database.url)
        with complaints(database.where, database.complaint):
            try:
                self._connection = self._driver.connect(*words, **{**named, **_patience(seconds)})
            except self._driver.Error as error:
                raise self._as_sqlalchemy(error) from error
        self._plain = self._connection.pgconn
        self._socket: int = self._plain.socket
        self.version: int = self._plain.server_version

    def ask(self, statement: str, values: Sequence[str] = ()) -> list[tuple[str | None, ...]]:
        """The rows, as PostgreSQL's texts. Raises `DBAPIError`, and for silence too."""
        try:
            return self._asked(statement, values)
        except self._driver.Error as error:
            raise self._as_sqlalchemy(error) from error

    def is_readable(self) -> bool:
        """Whether the server said something unasked: as a rule, that the session has ended."""
        # https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-ASYNC
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(0))

    def close(self) -> None:
        self._connection.close()

    def _asked(self, statement: str, values: Sequence[str]) -> list[tuple[str | None, ...]]:
        plain = self._plain
        end = time.monotonic() + self._seconds
        plain.send_query_params(statement.encode(), [value.encode() for value in values])
        rows: list[tuple[str | None, ...]] = []
        while True:
            while plain.is_busy():
                self._wait(end)
                plain.consume_input()
            result = plain.get_result()
            if result is None:
                return rows
            if result.error_message:
                raise self._driver.OperationalError(result.error_message.decode(errors="replace"))
            rows += _rows(result)

    def _wait(self, end: float) -> None:
        """What came while this process was frozen is still read."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        if not poll.poll(max(0.0, end - time.monotonic()) * 1000):
            raise self._driver.OperationalError(f"no answer within {self._seconds:g} seconds")

    def _as_sqlalchemy(self, error: BaseException) -> BaseException:
        return DBAPIError.instance(None, None, error, self._driver.Error, hide_parameters=True)


def _rows(result: Any) -> list[tuple[str | None, ...]]:
    def text(row: int, column: int) -> str | None:
        value = result.get_value(row, column)
        return None if value is None else value.decode()

    columns = range(result.nfields)
    return [tuple(text(row, column) for column in columns) for row in range(result.ntuples)]


def _patience(seconds: float) -> dict[str, Any]:
    """https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS"""
    third = max(1, math.floor(seconds / 3))
    return {
        "autocommit": True,
        "connect_timeout": max(_AT_LEAST, math.ceil(seconds)),
        "tcp_user_timeout": math.ceil(seconds * 1000),
        "keepalives": 1,
        "keepalives_idle": third,
        "keepalives_interval": third,
        "keepalives_count": 2,
    }
