"""Into which store the links of each sync lead: refs mean nothing in another one."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Connection, insert, select, update

from syncd.ledger import events, snapshot
from syncd.ledger.operation import TARGETS


class KnownTarget(Struct, frozen=True):
    """`emptied` is whether somebody has said that the store may hold none of what was linked."""

    sync: str
    identity: str
    emptied: bool = False


class Acceptance(Struct, frozen=True):
    """Who says that a store is the right one, when, and how many of the `accounts` were there."""

    by: str
    at: datetime
    accounts: int
    there: int


def of(connection: Connection, sync: str) -> KnownTarget | None:
    """None before the first run, or where an older syncd made that."""
    columns = (TARGETS.c[name] for name in KnownTarget.__struct_fields__)
    row = connection.execute(select(*columns).where(TARGETS.c.sync == sync)).first()
    return None if row is None else KnownTarget(*row)


def keep(connection: Connection, known: KnownTarget) -> None:
    row = asdict(known)
    changed = update(TARGETS).where(TARGETS.c.sync == known.sync).values(**row)
    if connection.execute(changed).rowcount == 0:
        connection.execute(insert(TARGETS), [row])


def accept(connection: Connection, known: KnownTarget, given: Acceptance) -> None:
    """What was read there is forgotten with it, so that the next cycle reads everything."""
    before = of(connection, known.sync)
    snapshot.clear(connection, known.sync)
    keep(connection, known)
    events.tell(
        connection,
        "target accepted",
        given.at,
        sync=known.sync,
        before=before and before.identity,
        after=known.identity,
        by=given.by,
        accounts=given.accounts,
        there=given.there,
    )
