"""A limit to the time that reading takes, for who answers somebody that waits."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy import Connection, text

_SECONDS: ContextVar[float | None] = ContextVar("syncd_reading_seconds", default=None)
_STEPS = 10_000
"""Steps of SQLite's machine between looks at the clock: a fraction of a millisecond."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """What is read in this context, and in threads that were given it, takes no longer a statement
    (on SQLite: a transaction). It raises the database's complaint instead."""
    token = _SECONDS.set(seconds)
    try:
        yield
    finally:
        _SECONDS.reset(token)


@contextmanager
def limited(connection: Connection) -> Iterator[None]:
    """For one transaction, where there is a limit."""
    seconds = _SECONDS.get()
    if seconds is None:
        yield
    elif connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL statement_timeout = {int(seconds * 1000)}"))
        yield
    else:
        with _interrupted(connection, time.monotonic() + seconds):
            yield


@contextmanager
def _interrupted(connection: Connection, end: float) -> Iterator[None]:
    driver = connection.connection.driver_connection
    if driver is None:
        raise AssertionError("the connection is closed")
    driver.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
    try:
        yield
    finally:
        driver.set_progress_handler(None, 0)
