"""One process of a machine writes to the audit at a time."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from syncd.errors import AuditError

_PATIENCE = 2.0
"""Seconds for another process to write its lines; then it is theirs to write ours, or later."""

_GLANCE = 0.005


@contextmanager
def writing(directory: Path) -> Iterator[None]:
    """Raises `AuditError` where another process writes for long, and `OSError`."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    with _locked(directory, flags, fcntl.LOCK_EX):
        yield


@contextmanager
def reading(directory: Path) -> Iterator[None]:
    """Nobody writes meanwhile. Raises as `writing` does."""
    with _locked(directory, os.O_RDONLY | os.O_CLOEXEC, fcntl.LOCK_SH):
        yield


@contextmanager
def _locked(directory: Path, flags: int, how: int) -> Iterator[None]:
    # The file stays: to remove it would let two lock two files of one name.
    descriptor = os.open(directory / "lock", flags, 0o600)
    try:
        _take(descriptor, how, directory)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, how: int, directory: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                words = f"another process has been writing to the audit in {directory} for long"
                raise AuditError(f"{words}; what is missing there is appended later") from None
            time.sleep(_GLANCE)
        else:
            return
