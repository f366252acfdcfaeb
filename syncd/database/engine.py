"""Engines: SQLite with real transactions and durable writes, PostgreSQL with time limits."""

import json
import os
import socket
from functools import partial
from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import URL, Engine
from sqlalchemy.pool import StaticPool

from syncd.database.url import SQLITE, sqlite_file
from syncd.errors import ConfigError

WRITES = "syncd_writes"
"""Execution option of a connection whose transactions write."""

_SECONDS = 10

# A server or a network that is silent is given up after half a minute, by either side.
_KEEPALIVES = {"keepalives_idle": 10, "keepalives_interval": 10, "keepalives_count": 2}
_SERVER = {
    "lock_timeout": "30s",
    "tcp_user_timeout": "30s",
    **{f"tcp_{name}": value for name, value in _KEEPALIVES.items()},
}


def myself() -> str:
    """This process for people who look from elsewhere; no longer than PostgreSQL keeps of it."""
    return f"syncd pid {os.getpid()} on {socket.gethostname()}"[:63]


def _defaults(driver: str) -> dict[str, Any]:
    if driver == SQLITE:
        return {"timeout": _SECONDS}
    return {
        "connect_timeout": _SECONDS,
        "application_name": myself(),
        "options": " ".join(f"-c {name}={value}" for name, value in _SERVER.items()),
        "tcp_user_timeout": 30_000,
        **_KEEPALIVES,
    }


def open_engine(url: URL) -> Engine:
    """What the URL's own query says wins over the defaults here."""
    defaults = _defaults(url.drivername).items()
    options: dict[str, Any] = {
        "connect_args": {name: value for name, value in defaults if name not in url.query},
        "hide_parameters": True,
        "json_serializer": partial(json.dumps, ensure_ascii=False, separators=(",", ":")),
    }
    if url.drivername == SQLITE:
        return _sqlite(url, options)
    try:
        return create_engine(url, pool_pre_ping=True, **options)
    except ModuleNotFoundError as error:
        raise ConfigError("PostgreSQL needs more: install syncd[postgresql]") from error


def _sqlite(url: URL, options: dict[str, Any]) -> Engine:
    if sqlite_file(url) is None:
        options["poolclass"] = StaticPool
        options["connect_args"]["check_same_thread"] = False
    engine = create_engine(url, **options)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    # The driver's own transactions begin late and not before a SAVEPOINT or DDL:
    # https://docs.python.org/3.11/library/sqlite3.html#transaction-control
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA synchronous=FULL")
    # What many batches change again and again, such as an index, goes into the file less often
    # (https://sqlite.org/wal.html#ckpt); the journal beside it grows to 16 MB.
    connection.execute("PRAGMA wal_autocheckpoint=4000")


def _begin(connection: Connection) -> None:
    # A transaction that reads first and writes later fails where another wrote in between
    # (https://sqlite.org/isolation.html), so a writer takes its turn at the beginning.
    writes = connection.get_execution_options().get(WRITES)
    # An index that is written all over should fit; who reads once from end to end needs no room.
    connection.exec_driver_sql(f"PRAGMA cache_size={-32768 if writes else -2000}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
