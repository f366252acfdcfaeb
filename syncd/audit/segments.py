"""The audit's files: each is a segment, named by the sequence number of its first line."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from syncd.audit.record import Line, NoLine, decode

_NAME = re.compile(r"audit-(\d{12,})\.jsonl")
_BLOCK = 1 << 16


def name_of(seq: int) -> str:
    return f"audit-{seq:012}.jsonl"


def first_of(path: Path) -> int:
    """The sequence number that a segment's name says; 0 where it is no segment's name."""
    found = _NAME.fullmatch(path.name)
    return int(found[1]) if found else 0


def segments(directory: Path) -> list[Path]:
    """In the order of their lines. Raises `OSError`."""
    if not directory.is_dir():
        return []
    found = [path for path in directory.iterdir() if _NAME.fullmatch(path.name)]
    return sorted(found, key=first_of)


class Last(NamedTuple):
    """The last good line of a segment and where it ends; what comes after is torn."""

    line: Line | None
    end: int


def last_of(path: Path, before: int | None = None) -> Last:
    """Of the octets `before` that offset, or all. Raises `OSError`."""
    return next(backwards(path, before), Last(None, 0))


def backwards(path: Path, before: int | None = None) -> Iterator[Last]:
    """All good lines, the last one first. Raises `OSError`."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        for start, end in _backwards(file.fileno(), size if before is None else before):
            try:
                yield Last(decode(os.pread(file.fileno(), end - start - 1, start)), end)
            except NoLine:
                continue


def ends_at(path: Path, offset: int) -> Line | None:
    """The good line that ends just there; None where there is none. Raises `OSError`."""
    try:
        line, end = last_of(path, offset)
    except FileNotFoundError:
        return None
    return line if end == offset else None


def _backwards(descriptor: int, size: int) -> Iterator[tuple[int, int]]:
    """From where to where whole lines are, the last one first; each with its end."""
    ends: list[int] = []
    at = size
    while at > 0:
        begin = max(0, at - _BLOCK)
        block = os.pread(descriptor, at - begin, begin)
        place = len(block)
        while (place := block.rfind(b"\n", 0, place)) >= 0:
            ends.append(begin + place + 1)
            if len(ends) > 1:
                yield ends[-1], ends[-2]
        at = begin
    if ends:
        yield 0, ends[-1]


def sync_directory(directory: Path) -> None:
    """What was created or renamed there is so after a loss of power, too."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_private(path: Path, content: bytes) -> None:
    """As one, durable, and for its owner only. Raises `OSError`."""
    new = path.with_name(f".{path.name}.new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    new.replace(path)
    sync_directory(path.parent)
