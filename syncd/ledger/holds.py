"""Legal holds that somebody set: who, why, until when, and who released them."""

from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, func, insert, or_, select, update

from syncd.core.hold import Hold
from syncd.core.model import Key, Kind
from syncd.errors import LedgerError
from syncd.ledger import events
from syncd.ledger.operation import HOLDS
from syncd.ledger.schema import LINKS


class KeptHold(Struct, frozen=True):
    """`name` is what the person of that full key was called; empty where nobody was known by it.

    Of a hold that nobody released the last two are None.
    """

    hold: int
    key: Key
    name: str
    reason: str
    set_by: str
    set_at: datetime
    until: datetime | None
    suspend: bool
    released_by: str | None = None
    released_at: datetime | None = None


class Wanted(Struct, frozen=True, kw_only=True):
    """A hold that is to be set."""

    key: Key
    name: str
    reason: str
    by: str
    at: datetime
    until: datetime | None = None
    suspend: bool = True


def add(connection: Connection, wanted: Wanted) -> KeptHold:
    row = {
        "key": wanted.key,
        "name": wanted.name,
        "reason": wanted.reason,
        "set_by": wanted.by,
        "set_at": wanted.at,
        "until": wanted.until,
        "suspend": wanted.suspend,
    }
    number = int(connection.scalars(insert(HOLDS).returning(HOLDS.c.hold), [row]).one())
    until = wanted.until.isoformat() if wanted.until else None
    told: dict[str, Any] = {
        "key": wanted.key,
        "reason": wanted.reason,
        "by": wanted.by,
        "until": until,
    }
    events.tell(connection, "hold set", wanted.at, hold=number, suspend=wanted.suspend, **told)
    return one(connection, number)


def one(connection: Connection, number: int) -> KeptHold:
    """Raises `LedgerError` where there is none of that number."""
    row = connection.execute(_SELECTED.where(HOLDS.c.hold == number)).first()
    if row is None:
        raise LedgerError(f"there is no hold {number}")
    return _hold(row)


def of(connection: Connection, *, released: bool) -> list[KeptHold]:
    """The oldest first, with those that were `released` or without."""
    statement = _SELECTED if released else _SELECTED.where(_LASTING)
    return [_hold(row) for row in connection.execute(statement.order_by(HOLDS.c.hold))]


def lasting(connection: Connection) -> tuple[Hold, ...]:
    """Those that nobody released, as plans know them; some may be over by their date."""
    return tuple(
        Hold(one.key, one.reason, one.set_by, one.set_at, one.until, one.suspend)
        for one in of(connection, released=False)
    )


def release(connection: Connection, number: int, by: str, now: datetime) -> KeptHold:
    """Raises `LedgerError` where there is none, or it was released before."""
    found = one(connection, number)
    if found.released_at is not None:
        raise LedgerError(
            f"hold {number} was released already, by {found.released_by} at "
            f"{found.released_at:%Y-%m-%d %H:%M} UTC"
        )
    gone = update(HOLDS).where(HOLDS.c.hold == number)
    connection.execute(gone.values(released_by=by, released_at=now))
    events.tell(connection, "hold released", now, hold=number, key=found.key, by=by)
    return one(connection, number)


def people(connection: Connection, who: str) -> dict[Key, str]:
    """Key -> name of those whose key, name or ref it is in any sync, whatever their state."""
    word = who.lower()
    those = or_(LINKS.c.key == who, LINKS.c.ref == who, func.lower(LINKS.c.name) == word)
    found = select(LINKS.c.key, LINKS.c.name).where(LINKS.c.kind == Kind.USER, those)
    return {Key(key): name for key, name in connection.execute(found)}


def _hold(row: Row[*tuple[Any, ...]]) -> KeptHold:
    return KeptHold(**row._asdict())


_LASTING: ColumnElement[bool] = HOLDS.c.released_at.is_(None)
_SELECTED = select(*(HOLDS.c[name] for name in KeptHold.__struct_fields__))
