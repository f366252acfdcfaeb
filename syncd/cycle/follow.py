"""Follow a reading and take in only what it brings that is new.

Things are told apart in chunks: runs that end where a print happens to be small, so that a thing
that comes or goes changes one chunk and not the rest. A chunk that was met before is known by
its own print, and nothing in it is decoded.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Generic, TypeVar

import msgspec

from syncd.core.prints import Print, fold, print_of
from syncd.cycle.parts import PartOf
from syncd.cycle.workspace import Workspace
from syncd.ledger import Snapshot
from syncd.ledger.snapshot import Item
from syncd.paging import Page

T = TypeVar("T")

_ENDS_BELOW = 2
"""A chunk ends at a print whose last octet is smaller: at each 128th, by chance."""

_LONGEST = 1000
_AT_ONCE = 500


class Follower(Generic[T]):
    """One part's reading. `seen` counts all things, `decoded` those that were looked into, `pages`
    what they came in; `fold` is of the prints of all.

    Of a `delta` nothing is known by its chunk, nor missing: it need not tell of what is as it was.
    """

    def __init__(
        self,
        of: PartOf[T],
        base: Snapshot | None,
        work: Workspace,
        now: datetime,
        *,
        delta: bool = False,
    ) -> None:
        self._of, self._base, self._work, self._delta = of, base, work, delta
        self._now = now.timestamp()
        chunked = base if not delta else None
        self._stored = chunked.chunk_prints(of.part) if chunked else {}
        loose = chunked.chunks_of_loose(of.part) if chunked else set()
        self._known: Mapping[Print, int | None] = {
            one: until for one, until in self._stored.items() if one not in loose
        }
        self._met: set[Print] = set()
        self._rows: list[tuple[str, int, bytes]] = []
        self._pending: list[tuple[Page[T], int, int]] = []
        self._length = 0
        self.seen = 0
        self.pages = 0
        self.decoded = 0
        self.fold = 0

    def forget(self) -> None:
        """Nothing is known any more: all is decoded from here on."""
        self._known = {}

    def take(self, page: Page[T]) -> None:
        prints = page.prints
        self.pages += 1
        self.seen += len(prints)
        self.fold ^= fold(prints)
        start = 0
        for end in [at + 1 for at, one in enumerate(prints) if one[-1] < _ENDS_BELOW]:
            self._grow(page, start, end)
            self._end_chunk()
            start = end
        if start < len(prints):
            self._grow(page, start, len(prints))

    def finish(self) -> None:
        """The reading has come to its end."""
        self._end_chunk()
        self._flush()

    def _grow(self, page: Page[T], start: int, end: int) -> None:
        while start < end:
            upto = min(end, start + _LONGEST - self._length)
            self._pending.append((page, start, upto))
            self._length += upto - start
            if self._length == _LONGEST and upto < end:
                self._end_chunk()
            start = upto

    def _end_chunk(self) -> None:
        pending, self._pending, self._length = self._pending, [], 0
        if not pending:
            return
        prints = [one for page, start, end in pending for one in page.prints[start:end]]
        chunk = print_of(b"".join(prints))
        until = self._known.get(chunk, 0)
        if until is None or until > self._now:
            self._met.add(chunk)
            return
        self._decode(chunk, pending)

    def _decode(self, chunk: Print, pending: list[tuple[Page[T], int, int]]) -> None:
        items: list[Item] = []
        earliest: float | None = None
        name_of, encode, rows = self._of.name_of, self._of.encode, self._rows
        for page, start, end in pending:
            prints, decode = page.prints, page.decode
            for at in range(start, end):
                sighting = decode(at)
                record = sighting.record
                if sighting.until is not None:
                    until = sighting.until.timestamp()
                    earliest = until if earliest is None else min(earliest, until)
                if record is None:
                    continue
                name = name_of(record)
                items.append(Item(prints[at], name))
                rows.append((name, self.decoded, encode(record)))
                self.decoded += 1
        if len(rows) >= _AT_ONCE:
            self._flush()
        if chunk in self._met:
            return  # the very same things again: a reading may repeat itself
        self._work.put_chunk(
            self._of.part, chunk, None if earliest is None else int(earliest), _ITEMS.encode(items)
        )

    def _flush(self) -> None:
        part = self._of.part
        self._work.put((part, name, number, record) for name, number, record in self._rows)
        self._rows.clear()

    @property
    def dropped(self) -> set[Print]:
        """The chunks of the snapshot that were not met again."""
        return self._stored.keys() - self._met

    def compare(self) -> None:
        """What is fresh and not as in the snapshot is moved; what is missing is gone."""
        base, work, part = self._base, self._work, self._of.part
        if base is None:
            return
        if not self._delta:
            work.put_old(part, (item.name for item in base.items(part, self.dropped)))
        for names in name_batches(work.missing(part)):
            work.put_gone(part, [name for name, _ in base.records(part, names)])
        for some in batches(work.fresh(part)):
            self._compare_some(base, some)

    def _compare_some(self, base: Snapshot, some: list[tuple[str, bytes]]) -> None:
        work, part = self._work, self._of.part
        before = dict(base.records(part, [name for name, _ in some]))
        same = [name for name, record in some if before.get(name) == record]
        moved = [(name, record) for name, record in some if before.get(name) != record]
        for name, _ in moved:
            if name in before and not self._delta and not work.is_old(part, name):
                # It stands in a chunk that was met as well: two things under one name.
                work.put([(part, name, -1, before[name])])
        work.forget_fresh(part, set(same) - {name for name, _ in moved})
        work.put_moved(part, [name for name, _ in moved])


def batches(
    rows: Iterable[tuple[str, bytes]], size: int = _AT_ONCE
) -> Iterator[list[tuple[str, bytes]]]:
    remaining = iter(rows)
    while some := list(islice(remaining, size)):
        yield some


def name_batches(names: Iterable[str], size: int = _AT_ONCE) -> Iterator[list[str]]:
    remaining = iter(names)
    while some := list(islice(remaining, size)):
        yield some


def items_of(octets: bytes) -> list[Item]:
    return _DECODER.decode(octets)


_ITEMS = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(list[Item])
