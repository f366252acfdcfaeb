"""Evidence: what each run was decided from, so that it can be looked at and decided again.

It lies in pieces, each under the print of its content. What is as it was in an earlier run is the
same piece: the evidence of one change among a million people costs what changed.
"""

import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, delete, func, insert, select, update

from syncd.core.stream import batches
from syncd.ledger import runs
from syncd.ledger.rows import insert_rows
from syncd.ledger.schema import EVIDENCE, PIECES

Reading = Callable[[], AbstractContextManager[Connection]]
Fenced = Callable[[str], AbstractContextManager[tuple[Connection, str]]]

HEAD = ""
"""The section that the head is in."""

_LONGEST = 1000
_ENDS_AT = 0xFF
"""A piece ends with a row whose checksum has these bits: after 256 rows, by chance."""

_QUICKEST = 1
_AT_ONCE = 50


class KeptEvidence(Struct, frozen=True):
    """Which pieces one run's evidence is in, by section and in order. `asked_at` is the time that
    the question was about."""

    run: int
    sync: str
    asked_at: datetime
    pieces: Mapping[str, tuple[bytes, ...]]


class Archive:
    """Part of a ledger. What is written is durable when the call returns."""

    def __init__(self, reading: Reading, writing: Fenced) -> None:
        self._reading, self._writing = reading, writing

    def keep(
        self,
        sync: str,
        run: int,
        asked_at: datetime,
        head: bytes,
        sections: Mapping[str, Iterable[bytes]],
    ) -> None:
        """Under the sync's lock: nobody else forgets its pieces before they are asked for."""
        pieces = {HEAD: self._store(sync, run, [head])}
        for section, rows in sections.items():
            pieces[section] = self._store(sync, run, rows)
        with self._writing(sync) as (connection, _):
            row = {"run": run, "sync": sync, "asked_at": asked_at, "pieces": _ENCODE(pieces)}
            connection.execute(insert(EVIDENCE), [row])

    def _store(self, sync: str, run: int, rows: Iterable[bytes]) -> list[bytes]:
        """The prints of the pieces that these rows make."""
        prints: list[bytes] = []
        for some in batches(_pieces(rows), _AT_ONCE):
            found = {hashlib.sha256(piece).digest(): piece for piece in some}
            prints += [hashlib.sha256(piece).digest() for piece in some]
            with self._writing(sync) as (connection, _):
                _renew(connection, sync, run, found)
        return prints

    def of(self, run: int) -> KeptEvidence | None:
        """None where the run has none, or it was forgotten."""
        with self._reading() as connection:
            statement = select(EVIDENCE).where(EVIDENCE.c.run == run)
            return next(map(_kept, connection.execute(statement)), None)

    def back_from(self, sync: str, run: int) -> Iterator[KeptEvidence]:
        """That of this run and those before it, the newest first."""
        while True:
            with self._reading() as connection:
                statement = select(EVIDENCE).where(EVIDENCE.c.sync == sync, EVIDENCE.c.run <= run)
                statement = statement.order_by(EVIDENCE.c.run.desc()).limit(_AT_ONCE)
                found = [_kept(row) for row in connection.execute(statement)]
            yield from found
            if not found:
                return
            run = found[-1].run - 1

    def newest(self, sync: str, until: datetime) -> KeptEvidence | None:
        """The last that is about that time or an earlier one."""
        with self._reading() as connection:
            statement = select(EVIDENCE).where(
                EVIDENCE.c.sync == sync, EVIDENCE.c.asked_at <= until
            )
            statement = statement.order_by(EVIDENCE.c.run.desc()).limit(1)
            return next(map(_kept, connection.execute(statement)), None)

    def oldest(self, sync: str) -> KeptEvidence | None:
        with self._reading() as connection:
            statement = select(EVIDENCE).where(EVIDENCE.c.sync == sync)
            statement = statement.order_by(EVIDENCE.c.run).limit(1)
            return next(map(_kept, connection.execute(statement)), None)

    def rows(self, kept: KeptEvidence, section: str) -> Iterator[bytes]:
        for some in batches(kept.pieces.get(section, ()), _AT_ONCE):
            with self._reading() as connection:
                of_sync = select(PIECES.c.print, PIECES.c.content).where(PIECES.c.sync == kept.sync)
                found = connection.execute(of_sync.where(PIECES.c.print.in_(some))).all()
            contents = {bytes(one): bytes(content) for one, content in found}
            for one in some:
                yield from _ROWS.decode(zlib.decompress(contents[one]))

    def head(self, kept: KeptEvidence) -> bytes:
        return next(self.rows(kept, HEAD))

    def forget(self, sync: str, run: int, keep: timedelta | None, now: datetime) -> None:
        """What is about times so long ago, by the clock and by the runs before this one: a clock
        that jumps once makes nothing old. For None all of it."""
        which = [EVIDENCE.c.sync == sync]
        which += [EVIDENCE.c.asked_at < now - keep] if keep else []
        with self._reading() as connection:
            if connection.execute(select(EVIDENCE.c.run).where(*which).limit(1)).first() is None:
                return
            if keep is not None:
                over = runs.watched(connection, sync, None, {keep}, before=run).get(keep)
                which += [EVIDENCE.c.run <= (over.run if over else 0)]
        with self._writing(sync) as (connection, _):
            connection.execute(delete(EVIDENCE).where(*which))
            oldest = select(func.min(EVIDENCE.c.run)).where(EVIDENCE.c.sync == sync)
            first = connection.scalar(oldest)
            unused = [PIECES.c.last_run < first] if first is not None else []
            connection.execute(delete(PIECES).where(PIECES.c.sync == sync, *unused))


def _pieces(rows: Iterable[bytes]) -> Iterator[bytes]:
    """Rows in order, cut where a row says so by itself: one more or less changes one piece."""
    some: list[bytes] = []
    for row in rows:
        some.append(row)
        if zlib.crc32(row) & _ENDS_AT == _ENDS_AT or len(some) == _LONGEST:
            yield _ENCODE(some)
            some = []
    if some:
        yield _ENCODE(some)


def _renew(connection: Connection, sync: str, run: int, pieces: Mapping[bytes, bytes]) -> None:
    """Those that are there already are now needed by this run too."""
    there = select(PIECES.c.print).where(PIECES.c.sync == sync, PIECES.c.print.in_(list(pieces)))
    known = {bytes(one) for one in connection.scalars(there)}
    if known:
        again = PIECES.c.sync == sync, PIECES.c.print.in_(list(known))
        connection.execute(update(PIECES).where(*again).values(last_run=run))
    new = (
        (sync, one, run, zlib.compress(piece, _QUICKEST))
        for one, piece in pieces.items()
        if one not in known
    )
    insert_rows(connection, PIECES, ("sync", "print", "last_run", "content"), new)


def _kept(row: Any) -> KeptEvidence:
    return KeptEvidence(row.run, row.sync, row.asked_at, _PIECES.decode(bytes(row.pieces)))


_ENCODE = msgspec.msgpack.Encoder().encode
_ROWS = msgspec.msgpack.Decoder(list[bytes])
_PIECES = msgspec.msgpack.Decoder(dict[str, tuple[bytes, ...]])
