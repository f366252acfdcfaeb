"""How each sync stands by its last cycle: what whoever looks after it wants to know first."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, delete, insert, select, update

from syncd.ledger.operation import STANDINGS


class Reading(Struct, frozen=True):
    """What a cycle read of one source, or of the target.

    `users` and `groups` are as many as were read, of a `delta` as many as it told of. `gaps` say
    why it is not whole. `seconds` are what it took.
    """

    users: int = 0
    groups: int = 0
    delta: bool = False
    gaps: tuple[str, ...] = ()
    seconds: float = 0.0


class Standing(Struct, frozen=True, kw_only=True):
    """What the last cycle of a sync came to, and when all was well.

    `outcome` is the run's word, or of which part it was that made it fail; `trouble` are the words.
    `verified_at` is when a cycle last read all sources and the target whole, did all that it
    might and found it there. `failures` counts cycles that failed in a row, `failing_since` is
    the first's time. `planned`, `done`, `failed` and `held` count changes by kind and op.
    `never_settling` counts fields that are not written any more, and `drifted` those that were
    found changed outside, by what became of them: `put_back` or `reported`. `told` has
    the events that somebody was told of and that are not over.
    """

    sync: str
    target: str
    began_at: datetime
    ended_at: datetime
    outcome: str
    trouble: str = ""
    run: int | None = None
    digest: str = ""
    verified_at: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    planned: Mapping[str, int] = {}
    done: Mapping[str, int] = {}
    failed: Mapping[str, int] = {}
    held: Mapping[str, int] = {}
    refused: int = 0
    conflicts: int = 0
    unmapped: int = 0
    unsettled: int = 0
    never_settling: int = 0
    drifted: Mapping[str, int] = {}
    withheld: tuple[str, ...] = ()
    withheld_changes: Mapping[str, int] = {}
    sources: Mapping[str, Reading] = {}
    target_reading: Reading = Reading()
    told: Mapping[str, str] = {}

    @property
    def pending(self) -> int:
        """Changes that were planned, might run, and are not made."""
        return sum(self.planned.values()) - sum(self.done.values())


def keep(connection: Connection, standing: Standing) -> None:
    """With what was told meanwhile: a cycle does not know of that."""
    known = _text(connection, standing.sync)
    if known is not None:
        standing = replace(standing, told=_DECODER.decode(known).told)
    connection.execute(delete(STANDINGS).where(STANDINGS.c.sync == standing.sync))
    row = {"sync": standing.sync, "standing": msgspec.json.encode(standing).decode()}
    connection.execute(insert(STANDINGS), row)


def tell(connection: Connection, sync: str, told: Mapping[str, str | None]) -> bool:
    """What somebody was told of, and, with None, what is over. False where a cycle was quicker."""
    known = _text(connection, sync)
    if known is None:
        return False
    standing = _DECODER.decode(known)
    now = {name: word for name, word in {**standing.told, **told}.items() if word is not None}
    text = msgspec.json.encode(replace(standing, told=now)).decode()
    # Never over what another has written: who reads before and writes after would undo it.
    is_that = STANDINGS.c.sync == sync, STANDINGS.c.standing == known
    changed = connection.execute(update(STANDINGS).where(*is_that).values(standing=text))
    return changed.rowcount == 1


def _text(connection: Connection, sync: str) -> str | None:
    """Until the transaction's end it is this one's alone, on PostgreSQL; SQLite has one writer."""
    found = select(STANDINGS.c.standing).where(STANDINGS.c.sync == sync).with_for_update()
    return connection.scalars(found).first()


def of(connection: Connection, sync: str) -> Standing | None:
    found = select(STANDINGS.c.standing).where(STANDINGS.c.sync == sync)
    text = connection.scalars(found).first()
    return None if text is None else _DECODER.decode(text)


def every(connection: Connection) -> dict[str, Standing]:
    rows = connection.execute(select(STANDINGS.c.sync, STANDINGS.c.standing))
    return {sync: _DECODER.decode(text) for sync, text in rows}


_DECODER = msgspec.json.Decoder(Standing)
