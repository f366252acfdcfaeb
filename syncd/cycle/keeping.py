"""What a cycle leaves in the ledger for the next one: the snapshot, renewed."""

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from syncd.core.merge import full_key, merging_value
from syncd.core.model import Key, Kind, UserRecord
from syncd.core.prints import SIZE, Print, point_of
from syncd.cycle.follow import items_of
from syncd.cycle.reads import PartRead, SourceRead, TargetRead
from syncd.cycle.workspace import Workspace
from syncd.ledger import Snapshot
from syncd.ledger.snapshot import LOOSE, Chunk, Item, Part, Renewal


class Keeping:
    """Which parts may be kept, and what becomes of each. Without a `base` all must be.

    Of a cycle that was `about_some` only, what the sources said of others was decided about by
    nobody: it is read again.
    """

    def __init__(
        self,
        sources: Mapping[str, SourceRead],
        target: TargetRead,
        work: Workspace,
        merged_by: str | None,
        *,
        afresh: bool,
        about_some: bool = False,
    ) -> None:
        self.sources, self.target = sources, target
        self._work, self._afresh, self._about_some = work, afresh, about_some
        self._points: dict[Part, Callable[[bytes], int | None]] = {}
        self._parts: list[tuple[PartRead[Any], bool]] = []
        for read in sources.values():
            whole = self.keeps(read)
            self._parts += [(read.users, whole), (read.groups, whole)]
            if merged_by is not None:
                self._points[read.users.standing.of.part] = _point(read.users, merged_by)
        for part in (target.users, target.groups, target.members):
            self._parts.append((part, target.proves))

    @property
    def possible(self) -> bool:
        return not self._afresh or self.everything

    @property
    def everything(self) -> bool:
        """Whether all that was read is kept."""
        return all(whole for _, whole in self._parts)

    def renewals(self) -> Iterator[Renewal]:
        for part, whole in self._parts:
            if whole:
                yield self._renewal(part)

    def keeps(self, read: SourceRead) -> bool:
        """Whether what was read of this source is kept."""
        return read.proves and not self._about_some and not self._is_doubled(read.users)

    def settled(self, base: Snapshot) -> set[tuple[Kind, Key]]:
        """What was open and has been decided: of who may not have been read it still is."""
        unkept = [name for name, read in self.sources.items() if not self.keeps(read)]
        doubtful = tuple(full_key(name, Key("")) for name in unkept)
        return {one for one in base.unsettled() if not one[1].startswith(doubtful)}

    def _is_doubled(self, part: PartRead[Any]) -> bool:
        """Of two things under one name a snapshot could keep only one."""
        return self._work.has_doubles(part.standing.of.part)

    def _renewal(self, read: PartRead[Any]) -> Renewal:
        part, work = read.standing.of.part, self._work
        met = read.follower is not None and not read.delta
        return Renewal(
            part=part,
            things=work.fresh(part),
            point=self._points.get(part),
            gone=work.gone(part),
            chunks=self._chunks(read, met=met),
            dropped=read.follower.dropped if met and read.follower else (),
            afresh=self._afresh,
        )

    def _chunks(self, read: PartRead[Any], *, met: bool) -> Iterator[Chunk]:
        part = read.standing.of.part
        if met:
            for one, until, items in self._work.chunks(part):
                yield Chunk(Print(one), items_of(items), until)
        loose = [Item(b"", name) for name in self._work.loose(part)]
        if loose:
            # They may be in no chunk yet, and their absence is to be noticed too; or in one that
            # has them as they were, and that proves nothing any more.
            yield Chunk(Print(os.urandom(SIZE)), loose, LOOSE)


def _point(read: PartRead[UserRecord], by: str) -> Callable[[bytes], int | None]:
    """Where records of one person meet."""
    decode = read.standing.of.decode

    def point(record: bytes) -> int | None:
        value = merging_value(decode(record), by)
        return point_of(value) if value else None

    return point
