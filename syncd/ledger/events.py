"""What was committed, as the audit tells it: a row for each event, stored with what it is about.

The rows are in the order in which they were committed. Of changes there is one row for all whose
outcome was stored at once: it names their lines of the journal, which have the rest.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, func, insert, select, text

from syncd.ledger.operation import EVENTS

CHANGES = "changes"
"""Of lines of the journal whose outcome is known: `lines` has their first numbers and last ones."""

MARKS = "marks"
"""Of what a run remarked: `marks` has the first number and the last, maybe with others' between."""

RUN_BEGUN = "run begun"

_TOLD = "syncd_told"


class Event(Struct, frozen=True):
    """`at` is when it happened by the clock of who did it. `facts` are of JSON's types."""

    number: int
    at: datetime
    what: str
    sync: str | None
    run: int | None
    facts: Mapping[str, Any]


def tell(
    connection: Connection,
    what: str,
    at: datetime,
    *,
    sync: str | None = None,
    run: int | None = None,
    **facts: object,
) -> None:
    """Stored by `write`, at the end of the transaction. Facts that are None are left out."""
    known = {name: fact for name, fact in facts.items() if fact is not None}
    row = {"at": at, "what": what, "sync": sync, "run": run, "facts": _json(known)}
    connection.info.setdefault(_TOLD, []).append(row)


def tell_changes(connection: Connection, sync: str, lines: Iterable[int], at: datetime) -> None:
    """Of these lines of the journal, in order, the outcome is known."""
    if stretches := list(_stretches(lines)):
        tell(connection, CHANGES, at, sync=sync, lines=stretches)


def begin(connection: Connection) -> None:
    """A transaction: what was told in one that was not stored is no more."""
    connection.info.pop(_TOLD, None)


def write(connection: Connection) -> bool:
    """Stores what was told in this transaction; whether that is anything. To be called last: on
    PostgreSQL others that tell wait for its end, so that numbers are in the order of commits, and
    who waits for somebody's rows meanwhile may wait for ever."""
    if not (rows := connection.info.pop(_TOLD, None)):
        return False
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('syncd events'))"))
    connection.execute(insert(EVENTS), rows)
    return True


def after(connection: Connection, number: int, limit: int) -> list[Event]:
    """The first ones with higher numbers."""
    statement = select(*_COLUMNS).where(EVENTS.c.number > number).order_by(EVENTS.c.number)
    return [_event(*row) for row in connection.execute(statement.limit(limit))]


def newest(connection: Connection) -> int:
    """The number of the last one; 0 before the first."""
    return connection.scalar(select(func.max(EVENTS.c.number))) or 0


def identity(connection: Connection) -> str:
    """By its first event one ledger is told from another; empty before that."""
    first = after(connection, 0, 1)
    return hashlib.sha256(msgspec.json.encode(first)).hexdigest()[:16] if first else ""


def configuration_before(connection: Connection, sync: str) -> str | None:
    """The digest of the configuration that the sync's last run began with."""
    newest_run = select(EVENTS.c.facts).where(EVENTS.c.sync == sync, EVENTS.c.what == RUN_BEGUN)
    facts = connection.scalar(newest_run.order_by(EVENTS.c.number.desc()).limit(1))
    return None if facts is None else _FACTS.decode(facts).get("configuration")


def _stretches(lines: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Numbers in order, as those that follow on each other."""
    first = last = None
    for line in lines:
        if first is None or last is None:
            first = line
        elif line != last + 1:
            yield first, last
            first = line
        last = line
    if first is not None and last is not None:
        yield first, last


def stretches_of(event: Event) -> Sequence[tuple[int, int]]:
    """What an event is about that is kept elsewhere: first numbers and last ones."""
    kept = event.facts["lines"] if event.what == CHANGES else event.facts["marks"]
    return [(int(first), int(last)) for first, last in kept]


def within(stretches: Collection[tuple[int, int]], after: int) -> list[tuple[int, int]]:
    """What of them is after that line."""
    return [(max(first, after + 1), last) for first, last in stretches if last > after]


def _json(facts: Mapping[str, object]) -> str:
    return msgspec.json.encode(facts).decode()


def _event(
    number: int, at: datetime, what: str, sync: str | None, run: int | None, facts: str
) -> Event:
    return Event(number, at, what, sync, run, _FACTS.decode(facts))


_COLUMNS = [EVENTS.c[name] for name in Event.__struct_fields__]
_FACTS = msgspec.json.Decoder(dict[str, Any])
