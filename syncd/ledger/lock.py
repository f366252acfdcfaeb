"""One holder at a time, by locks that their holder's death releases.

A file lock beside a SQLite ledger, a lease on PostgreSQL (`lease.py`). What stands in the lock's
file is for people only; the lock itself is the kernel's.
"""

import fcntl
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Protocol

from syncd.database import myself
from syncd.errors import LedgerError


class Taken(Exception):
    """Somebody else has the lock: `str` of this says who, and since when."""


class Grip(Protocol):
    """A lock that is held since this was made."""

    def held(self) -> bool:
        """Whether it still is; cheap enough to be asked before each write."""
        ...

    def release(self) -> None: ...


class FileLock:
    """Raises `Taken`, or `LedgerError` where the file cannot be opened or locked."""

    def __init__(self, path: Path) -> None:
        # The file stays: to remove it would let two lock two files of one name.
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise LedgerError(f"the lock {path} cannot be opened: {error.strerror}") from error
        try:
            self._take(path)
        except BaseException:
            os.close(self._descriptor)
            raise

    def _take(self, path: Path) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self._descriptor, 100, 0).decode(errors="replace")
            raise Taken(holder or f"it holds {path}") from error
        except OSError as error:
            raise LedgerError(f"{path} cannot be locked: {error.strerror}") from error
        with suppress(OSError):  # a full disk: who holds it cannot be told, and holds it
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, _holder().encode(), 0)

    def held(self) -> bool:
        return True

    def release(self) -> None:
        os.close(self._descriptor)


class MemoryLock:
    """Of a ledger that no other process has. Raises `Taken`."""

    def __init__(self, lock: Lock) -> None:
        if not lock.acquire(blocking=False):
            raise Taken(myself().removeprefix("syncd "))
        self._lock = lock

    def held(self) -> bool:
        return True

    def release(self) -> None:
        self._lock.release()


def _holder() -> str:
    return f"{myself().removeprefix('syncd ')} since {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
