"""The ledger's memory of where each machine's audit ended, so that a cut-off end is found."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection, delete, insert, select

from syncd.ledger.operation import AUDITS


class Head(Struct, frozen=True):
    """The last line of the audit at a `place`, which is a machine's name and a directory there.

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


def of(connection: Connection, place: str) -> Head | None:
    row = connection.execute(_SELECTED.where(AUDITS.c.place == place)).first()
    return None if row is None else Head(*row)


def every(connection: Connection) -> list[Head]:
    return [Head(*row) for row in connection.execute(_SELECTED.order_by(AUDITS.c.place))]


def keep(connection: Connection, head: Head) -> None:
    connection.execute(delete(AUDITS).where(AUDITS.c.place == head.place))
    row = {name: getattr(head, name) for name in Head.__struct_fields__}
    connection.execute(insert(AUDITS), [row])


_SELECTED = select(*(AUDITS.c[name] for name in Head.__struct_fields__))
