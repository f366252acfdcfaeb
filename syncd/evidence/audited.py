"""What the audit says of one run: its lines as they stand there, each with its own hash."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from syncd.audit.record import NoLine, decode
from syncd.audit.segments import segments
from syncd.errors import ConfigError


class _Whose(Struct):
    run: int | None = None
    ledger: str | None = None


def lines_of(directory: Path, ledger: str, run: int) -> Iterator[bytes]:
    """With their ends, in order, of the run of that number in that ledger; none where there is no
    audit. Raises `ConfigError` where it cannot be read."""
    mark = b'"run":%d' % run
    try:
        for path in segments(directory):
            with path.open("rb") as file:
                yield from (line for line in file if mark in line and _is_of(line, ledger, run))
    except OSError as error:
        raise ConfigError(f"the audit in {directory} cannot be read: {error.strerror}") from None


def _is_of(line: bytes, ledger: str, run: int) -> bool:
    try:
        whose = _WHOSE.decode(line)
    except msgspec.MsgspecError:
        return False
    return whose.run == run and whose.ledger in {None, ledger}


def problems(lines: Iterable[bytes]) -> Iterator[str]:
    """What is not as the audit wrote it: a line, or that which followed right on it."""
    last = None
    for number, octets in enumerate(lines, 1):
        try:
            line = decode(octets.rstrip(b"\n"))
        except NoLine as error:
            yield f"line {number} {error}"
            continue
        if last is not None and line.seq == last.seq + 1 and line.prev != last.hash:
            yield f"line {number} does not follow the one before it"
        last = line


_WHOSE = msgspec.json.Decoder(_Whose)
