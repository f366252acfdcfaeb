"""Keeps octets in the order in which they came, in memory while they are few and then in a file."""

import sqlite3
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from weakref import finalize

from syncd.errors import SourceError

_IN_MEMORY = 1 << 24


@contextmanager
def room() -> Iterator[None]:
    """Raises `SourceError` where the disk that temporary files are on does not do."""
    try:
        yield
    except (OSError, sqlite3.Error) as exc:
        raise SourceError(
            f"what was read cannot be kept in a temporary file: {exc}; is there room for it?"
        ) from None


class Shelf:
    """What was added first is at 0."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed with the shelf
        finalize(self, self._file.close)
        self._ends = array("Q", [0])

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, at: int) -> bytes:
        with room():
            self._file.seek(self._ends[at])
            return self._file.read(self._ends[at + 1] - self._ends[at])

    def add(self, octets: bytes) -> None:
        with room():
            self._file.seek(self._ends[-1])
            self._file.write(octets)
        self._ends.append(self._ends[-1] + len(octets))
