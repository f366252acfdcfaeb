"""The chain of lines on disk: found again, appended to, and begun anew in another segment."""

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from syncd.audit.record import FIRST, Line, NoLine, decode, encode, members
from syncd.audit.segments import (
    backwards,
    last_of,
    name_of,
    segments,
    sync_directory,
    write_private,
)

FORMAT = 1
"""Of what the lines say."""


class End(Struct, frozen=True):
    """Where the chain ends. `ledger`, `entry` and `item` say up to where of what all is told.

    `begun` is when its segment was. `closed` says that the segment takes no more lines.
    """

    file: Path | None = None
    offset: int = 0
    seq: int = 0
    hash: str = FIRST
    ledger: str = ""
    entry: int = 0
    item: int = 0
    begun: datetime | None = None
    closed: bool = False


class Said(NamedTuple):
    """What a line is to say; `facts` are members of a JSON object. With the line all is told up to
    that `item` of that `entry`; None where it tells of no event."""

    at: datetime
    event: str
    facts: bytes
    entry: int | None = None
    item: int = 0


def of_its_own(at: datetime, event: str, **facts: object) -> Said:
    """What the audit says of itself."""
    return Said(at, event, members(facts))


class Torn(NamedTuple):
    """Octets that were half written, and the file that has them now."""

    file: str
    octets: int


class Chain:
    """Whoever appends holds the audit's lock. Raises `OSError`; then `end` is as it was."""

    def __init__(self, directory: Path, end: End) -> None:
        self._directory, self.end = directory, end
        self._descriptor: int | None = None

    @classmethod
    def found(cls, directory: Path) -> tuple["Chain", list[Torn]]:
        """As its files end. What is torn there is set aside, and is to be told of."""
        torn: list[Torn] = []
        for path in reversed(segments(directory)):
            last = last_of(path)
            size = path.stat().st_size
            if last.end < size:
                _set_aside(path, last.end, size - last.end)
            torn += _set_aside_before(path, last.end)
            if last.line is not None:
                return cls(directory, _end(path, last.end, last.line)), torn
            path.unlink()
        return cls(directory, End()), torn

    def moved(self) -> bool:
        """Whether another process has written since, or somebody took the file away."""
        if self.end.file is None:
            return bool(segments(self._directory))
        try:
            return self.end.file.stat().st_size != self.end.offset
        except FileNotFoundError:
            return True

    def last_told(self) -> Line | None:
        """The last line that tells of an event, in whichever file."""
        found = (
            one.line for path in reversed(segments(self._directory)) for one in backwards(path)
        )
        return next((line for line in found if line and line.entry is not None), None)

    def go_on(self, seq: int, hash_: str) -> None:
        """After a line that is not here any more."""
        self.end = replace(self.end, seq=seq, hash=hash_)

    def follow(self, ledger: str, entry: int, item: int) -> None:
        """Up to there of that ledger nothing need be told."""
        self.end = replace(self.end, ledger=ledger, entry=entry, item=item)

    def append(self, lines: Iterable[Said]) -> None:
        """Durable when this returns."""
        end, octets = self.end, bytearray()
        seq, hash_, entry, item = end.seq, end.hash, end.entry, end.item
        ledger = members({"ledger": end.ledger})
        for said in lines:
            seq += 1
            if said.entry is None:
                facts = b"%b,%b" % (said.facts, members({"told": entry, "told_item": item}))
            else:
                facts, entry, item = said.facts, said.entry, said.item
            line, hash_ = encode(seq, said.at, said.event, b"%b,%b" % (ledger, facts), hash_)
            octets += line
        if octets:
            self._write(octets)
            offset = end.offset + len(octets)
            self.end = replace(end, seq=seq, hash=hash_, entry=entry, item=item, offset=offset)

    def close_segment(self, now: datetime) -> None:
        """No line is added to it after the one that says so."""
        following = name_of(self.end.seq + 2)
        self.append([of_its_own(now, "segment closed", closes=True, next=following)])
        self.release()
        self.end = replace(self.end, closed=True)

    def open_segment(self, now: datetime, machine: str, place: str) -> None:
        """`place` is what the ledger calls the audit."""
        self.release()
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._directory / name_of(self.end.seq + 1)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        self._descriptor = os.open(path, flags, 0o600)
        before, self.end = self.end, replace(self.end, file=path, offset=0, begun=now, closed=False)
        try:
            facts: dict[str, object] = {"format": FORMAT, "machine": machine, "place": place}
            self.append([of_its_own(now, "segment opened", **facts)])
            sync_directory(self._directory)
        except OSError:
            self.end = before
            path.unlink()
            raise

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _write(self, octets: bytearray) -> None:
        if self._descriptor is None:
            if self.end.file is None:
                raise AssertionError("no segment is open")
            flags = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
            self._descriptor = os.open(self.end.file, flags)
        try:
            rest = memoryview(octets)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
            os.fsync(self._descriptor)
        except OSError:
            # Half a line would be taken for a loss of power; and whether what was written is on
            # the disk, nobody knows: it is written again.
            os.ftruncate(self._descriptor, self.end.offset)
            self.release()
            raise


def _end(path: Path, offset: int, line: Line) -> End:
    with path.open("rb") as file:
        begun = _time_of(file.readline())
    return End(
        file=path,
        offset=offset,
        seq=line.seq,
        hash=line.hash,
        ledger=line.ledger or "",
        entry=line.entry if line.entry is not None else line.told or 0,
        item=line.line or line.mark or 0 if line.entry is not None else line.told_item,
        begun=begun or line.at,
        closed=line.closes,
    )


def _time_of(octets: bytes) -> datetime | None:
    try:
        return decode(octets.rstrip(b"\n")).at
    except NoLine:
        return None


def _set_aside(path: Path, at: int, octets: int) -> None:
    """Copied before it is cut off, so that nothing is lost between."""
    with path.open("rb") as file:
        file.seek(at)
        content = file.read(octets)
    number = 1
    while (aside := path.with_name(f"{path.name}.torn-{at}-{number}")).exists():
        number += 1
    write_private(aside, content)
    with path.open("r+b") as file:
        file.truncate(at)
        os.fsync(file.fileno())


def _set_aside_before(path: Path, at: int) -> list[Torn]:
    """What was set aside at the end as it is now, and so has not been told of."""
    found = path.parent.glob(f"{path.name}.torn-{at}-*")
    return [Torn(one.name, one.stat().st_size) for one in sorted(found)]
