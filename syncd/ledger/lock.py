"""One run at a time per sync, by locks that their holder's death releases.

A file lock beside a SQLite ledger, an advisory lock on PostgreSQL. What stands in the lock's file
is for people only; the lock itself is the kernel's.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from urllib.parse import quote

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from syncd.database import Database, complaints
from syncd.errors import LedgerError

Held = Callable[[], None]
"""Raises `LedgerError` where the lock was lost meanwhile."""


@contextmanager
def file_lock(ledger: Path, sync: str) -> Iterator[Held]:
    # The file stays: to remove it would let two runs lock two files of one name.
    path = ledger.with_name(f"{ledger.name}.{quote(sync, safe='')}.lock")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise LedgerError(f"the lock {path} cannot be opened: {error.strerror}") from error
    try:
        _flock(descriptor, path, sync)
        holder = f"pid {os.getpid()} since {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, holder.encode(), 0)
        yield lambda: None
    finally:
        os.close(descriptor)


def _flock(descriptor: int, path: Path, sync: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(descriptor, 100, 0).decode(errors="replace")
        raise _under_way(sync, holder or f"it holds {path}") from error


@contextmanager
def memory_lock(locks: dict[str, Lock], sync: str) -> Iterator[Held]:
    lock = locks.setdefault(sync, Lock())
    if not lock.acquire(blocking=False):
        raise _under_way(sync, f"pid {os.getpid()}")
    try:
        yield lambda: None
    finally:
        lock.release()


@contextmanager
def advisory_lock(database: Database, sync: str) -> Iterator[Held]:
    """Held by a connection of its own; where that breaks the lock is gone, and `Held` says so."""
    key = int.from_bytes(blake2b(f"syncd run {sync}".encode(), digest_size=8).digest(), signed=True)
    with ExitStack() as stack:
        with complaints(database.where, database.complaint):
            connection = stack.enter_context(database.engine.connect())
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            taken = connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": key})
            if not taken:
                raise _under_way(sync, _holder(connection, key))
        stack.callback(_release, connection, key)
        yield lambda: _still(connection, sync)


def _holder(connection: Connection, key: int) -> str:
    # https://www.postgresql.org/docs/current/view-pg-locks.html: a bigint key is split in two.
    query = text(
        "SELECT application_name, backend_start FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE locktype = 'advisory' AND objsubid = 1 AND granted"
        " AND classid::bigint = :high AND objid::bigint = :low"
    )
    halves = {"high": key >> 32 & 0xFFFFFFFF, "low": key & 0xFFFFFFFF}
    row = connection.execute(query, halves).first()
    if row is None:
        return "it has ended just now: try again"
    name = str(row[0]).removeprefix("syncd ")
    return f"{name} since {row[1].astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _still(connection: Connection, sync: str) -> None:
    try:
        connection.execute(text("SELECT 1"))
    except DBAPIError as error:
        raise LedgerError(
            f"the lock of {sync} was lost with its connection to PostgreSQL: another run may have"
            " begun, so this one stops; run it again"
        ) from error


def _release(connection: Connection, key: int) -> None:
    if connection.invalidated:
        return
    try:
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})
    except DBAPIError:
        connection.invalidate()


def _under_way(sync: str, holder: str) -> LedgerError:
    return LedgerError(f"another run of {sync} is under way ({holder})")
