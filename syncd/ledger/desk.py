"""The desk of who operates syncd: how syncs stand, what daemons there are and are asked to do."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime

from sqlalchemy import Connection

from syncd.ledger import daemons, history, recall, runs, standings
from syncd.ledger.daemons import Daemon, Request
from syncd.ledger.history import Line
from syncd.ledger.runs import Run
from syncd.ledger.standings import Standing

Transaction = Callable[[], AbstractContextManager[Connection]]
Fenced = Callable[[str], AbstractContextManager[tuple[Connection, str]]]
"""A transaction that is stored only where the named sync's lock was not lost meanwhile."""

_NO_SYNC = ""


class Desk:
    """Part of a ledger. What is written is durable when the call returns."""

    def __init__(self, reading: Transaction, writing: Fenced) -> None:
        self._reading, self._writing = reading, writing

    def standing(self, sync: str) -> Standing | None:
        """None before its first cycle."""
        with self._reading() as connection:
            return standings.of(connection, sync)

    def standings(self) -> dict[str, Standing]:
        """Of every sync that ever ran, by its name."""
        with self._reading() as connection:
            return standings.every(connection)

    def stand(self, standing: Standing) -> None:
        with self._writing(standing.sync) as (connection, _):
            standings.keep(connection, standing)

    def tell(self, sync: str, told: Mapping[str, str | None]) -> bool:
        """Somebody was told of these events of the sync; those with None are over. False where it
        could not be written for a cycle that ended just then."""
        with self._writing(sync) as (connection, _):
            return standings.tell(connection, sync, told)

    def runs(self, sync: str | None, limit: int, before: int | None = None) -> list[Run]:
        """The newest first; of those before that run, where it is given."""
        with self._reading() as connection:
            return runs.newest(connection, sync, limit, before)

    def run(self, number: int) -> Run | None:
        with self._reading() as connection:
            return runs.of_number(connection, number)

    def lines(self, run: int, after: int, limit: int) -> list[Line]:
        """The run's part of the journal after that line, in its order."""
        with self._reading() as connection:
            return history.page(connection, run, after, limit)

    def suspensions(
        self, sync: str, since: datetime, until: datetime
    ) -> list[tuple[datetime, datetime]]:
        """When each leaver who was suspended in that time was first missed, and when suspended."""
        with self._reading() as connection:
            return recall.suspensions(connection, sync, since, until)

    def daemons(self) -> list[Daemon]:
        """Who gave a sign of life within a day; who leads comes first."""
        with self._reading() as connection:
            return daemons.seen(connection)

    def see(self, daemon: Daemon) -> None:
        with self._writing(_NO_SYNC) as (connection, _):
            daemons.see(connection, daemon)

    def leave(self, name: str) -> None:
        """The daemon has ended."""
        with self._writing(_NO_SYNC) as (connection, _):
            daemons.leave(connection, name)

    def ask(self, sync: str, mode: str, by: str, now: datetime) -> int:
        """The number of the request that the sync be run now."""
        with self._writing(_NO_SYNC) as (connection, _):
            return daemons.ask(connection, sync, mode, by, now)

    def requests(self) -> list[Request]:
        """Those that nobody has begun, the oldest first."""
        with self._reading() as connection:
            return daemons.waiting(connection)

    def request(self, number: int) -> Request | None:
        with self._reading() as connection:
            return daemons.request(connection, number)

    def begin(self, number: int, now: datetime) -> None:
        with self._writing(_NO_SYNC) as (connection, _):
            daemons.begin(connection, number, now)

    def end(self, number: int, outcome: str, now: datetime) -> None:
        with self._writing(_NO_SYNC) as (connection, _):
            daemons.end(connection, number, outcome, now)
