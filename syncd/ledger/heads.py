"""The ledger's memory of where each machine's audit ended, so that a cut-off end is found."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection, delete, insert, select

from syncd.ledger.operation import AUDITS


class Head(Struct, frozen=True):
    """The last line of the audit at a `place`: the name of the machine and the directory where it
    began.

    It ends at that `offset` of the `file`. `checkpoint` is the sequence number of the last line
    that was signed, 0 before there is one. Up to the event `told`, and of one
    that is told in part up to `told_item`, all is told.
    """

    place: str
    file: str
    offset: int
    sequence: int
    hash: str
    checkpoint: int
    told: int
    told_item: int
    at: datetime


def of(connection: Connection, places: Sequence[str], directory: str) -> Head | None:
    """That of the first of these places that is known. A ledger in a file is one machine's: there
    it is the newest of that directory, whatever the machine was called."""
    known = {head.place: head for head in every(connection)}
    for place in places:
        if place in known:
            return known[place]
    if connection.dialect.name != "sqlite":
        return None
    same = [head for head in known.values() if head.place.endswith(f":{directory}")]
    return max(same, key=lambda head: head.at, default=None)


def every(connection: Connection) -> list[Head]:
    return [Head(*row) for row in connection.execute(_SELECTED.order_by(AUDITS.c.place))]


def keep(connection: Connection, head: Head) -> None:
    connection.execute(delete(AUDITS).where(AUDITS.c.place == head.place))
    row = {name: getattr(head, name) for name in Head.__struct_fields__}
    connection.execute(insert(AUDITS), [row])


_SELECTED = select(*(AUDITS.c[name] for name in Head.__struct_fields__))
