"""Daemons that share the ledger, and what they are asked to do."""

from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, delete, insert, select, update

from syncd.ledger import events
from syncd.ledger.operation import DAEMONS, REQUESTS

_SILENT = timedelta(minutes=1)
"""Who gave no sign of life for so long is gone, or cut off: they give one every few seconds."""

_FORGOTTEN = timedelta(days=1)
"""After so long without a sign of life a daemon is no longer told of."""

_KEPT = timedelta(days=30)
"""So long it is known what was asked for."""


class Daemon(Struct, frozen=True):
    """A daemon by its last sign of life; `name` has its process id and its host."""

    name: str
    version: str
    started_at: datetime
    seen_at: datetime
    leads: bool

    def silent(self, now: datetime) -> bool:
        """Whether it is most likely gone, so that it neither leads nor waits any more."""
        return now - self.seen_at >= _SILENT

    def leading(self, now: datetime) -> bool:
        """Whether it leads; who was killed said so to the last."""
        return self.leads and not self.silent(now)


class Request(Struct, frozen=True):
    """Somebody's wish that a sync run now. `outcome` is that of the cycle that it led to."""

    request: int
    sync: str
    mode: str
    asked_by: str
    asked_at: datetime
    begun_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: str | None = None


def see(connection: Connection, daemon: Daemon) -> None:
    """A sign of life; those that have given none for long are forgotten. There is one leader."""
    before = next((one for one in seen(connection) if one.name == daemon.name), None)
    connection.execute(delete(DAEMONS).where(DAEMONS.c.name == daemon.name))
    connection.execute(delete(DAEMONS).where(DAEMONS.c.seen_at < daemon.seen_at - _FORGOTTEN))
    if daemon.leads:
        connection.execute(update(DAEMONS).where(DAEMONS.c.leads).values(leads=False))
    row = {name: getattr(daemon, name) for name in Daemon.__struct_fields__}
    connection.execute(insert(DAEMONS), row)
    _tell(connection, daemon, before)


def _tell(connection: Connection, daemon: Daemon, before: Daemon | None) -> None:
    """That it has started, and that it leads from now on."""
    known = before is not None and before.started_at == daemon.started_at
    whose: dict[str, Any] = {"daemon": daemon.name, "version": daemon.version}
    if not known:
        events.tell(connection, "daemon started", daemon.started_at, **whose)
    if daemon.leads and not (known and before is not None and before.leads):
        events.tell(connection, "daemon leads", daemon.seen_at, **whose)


def leave(connection: Connection, name: str, now: datetime) -> None:
    if connection.execute(delete(DAEMONS).where(DAEMONS.c.name == name)).rowcount:
        events.tell(connection, "daemon stopped", now, daemon=name)


def seen(connection: Connection) -> list[Daemon]:
    """Who leads comes first."""
    columns = [DAEMONS.c[name] for name in Daemon.__struct_fields__]
    found = select(*columns).order_by(DAEMONS.c.leads.desc(), DAEMONS.c.seen_at.desc())
    return [Daemon(*row) for row in connection.execute(found)]


def ask(connection: Connection, sync: str, mode: str, by: str, now: datetime) -> int:
    connection.execute(delete(REQUESTS).where(REQUESTS.c.asked_at < now - _KEPT))
    row = {"sync": sync, "mode": mode, "asked_by": by, "asked_at": now}
    number = connection.scalars(insert(REQUESTS).returning(REQUESTS.c.request), [row]).one()
    events.tell(connection, "run asked for", now, sync=sync, request=number, mode=mode, by=by)
    return int(number)


def unanswered(connection: Connection) -> list[Request]:
    """The oldest first."""
    found = select(*_COLUMNS).where(REQUESTS.c.ended_at.is_(None))
    return [Request(*row) for row in connection.execute(found.order_by(REQUESTS.c.request))]


def request(connection: Connection, number: int) -> Request | None:
    row = connection.execute(select(*_COLUMNS).where(REQUESTS.c.request == number)).first()
    return None if row is None else Request(*row)


def begin(connection: Connection, number: int, now: datetime) -> None:
    connection.execute(update(REQUESTS).where(REQUESTS.c.request == number).values(begun_at=now))


def end(connection: Connection, number: int, outcome: str, now: datetime) -> None:
    ended = {"ended_at": now, "outcome": outcome}
    connection.execute(update(REQUESTS).where(REQUESTS.c.request == number).values(ended))


_COLUMNS = [REQUESTS.c[name] for name in Request.__struct_fields__]
