"""The ledger: syncd's own memory, in SQLite or PostgreSQL."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Self

from pydantic import SecretStr
from sqlalchemy import Connection

from syncd.core.approval import ANYBODYS, Consent
from syncd.core.doubt import NOTHING, Settled
from syncd.core.hold import Hold
from syncd.core.memory import Link, Mark, Memory
from syncd.core.model import Key, Kind, Ref
from syncd.core.past import Missed, Where
from syncd.core.plan import Change, Plan
from syncd.database import Database, Trouble, database_url
from syncd.errors import LedgerError
from syncd.ledger import events, history, holds, journal, links, recall, runs, size, snapshot, stuck
from syncd.ledger.archive import Archive
from syncd.ledger.chronicle import Chronicle
from syncd.ledger.copying import copy_ledger
from syncd.ledger.daemons import Daemon
from syncd.ledger.desk import Desk
from syncd.ledger.history import Line
from syncd.ledger.journal import Ended
from syncd.ledger.kept import Snapshot
from syncd.ledger.leadership import Leadership
from syncd.ledger.lease import LIFE
from syncd.ledger.links import Remarked
from syncd.ledger.locks import Held, Locks, still
from syncd.ledger.past import LedgerPast
from syncd.ledger.register import Register
from syncd.ledger.runs import Run
from syncd.ledger.schema import SCHEMA
from syncd.ledger.snapshot import Head, Renewal
from syncd.ledger.stuck import Tries
from syncd.ledger.trail import Follower, Trail


class Ledger:
    def __init__(self, database: Database, *, write: bool, life: float = LIFE) -> None:
        self._database = database
        self._write = write
        self._locks = Locks(database, life)
        self._held: dict[str, Held] = {}
        self.desk = Desk(database.reading, self._writing)
        self.chronicle = Chronicle(database.reading)
        self.archive = Archive(database.reading, self._writing)
        self.register = Register(database.reading)
        self.trail = Trail(database.reading, database.writing)
        self.follower: Follower | None = None

    def followed_by(self, follower: Follower | None) -> None:
        """Whom to tell from now on whenever something was committed that the audit tells."""
        before, self.follower = self.follower, follower
        if before is not None:
            before.close()

    def follow(self) -> None:
        """Lets the audit tell what others have committed, or what it could not tell before.

        Raises `AuditError` where it is required and cannot be written.
        """
        if self.follower is not None:
            self.follower.follow()

    def sign(self, daemon: Daemon) -> None:
        """A daemon's sign of life. What the audit could not tell before, it may tell now."""
        self.desk.see(daemon)
        self.follow()

    @classmethod
    def in_memory(cls, *, write: bool = True) -> Self:
        """An empty one that is gone when it is closed."""
        database = Database(database_url("sqlite://"), SCHEMA, "the ledger", complaint)
        database.fill()
        return cls(database, write=write)

    def recall(
        self,
        sync: str,
        since: datetime,
        now: datetime | None = None,
        given: Consent = ANYBODYS,
        delays: Collection[timedelta] = (),
    ) -> Memory:
        """All that is remembered of the sync; `spent` counts from `since`, `approved` is what may
        run `now` by the consent that is `given`, nothing where no time is said, and `watched` is
        asked for these `delays`."""
        with self._database.reading() as connection:
            known = links.recall(connection, sync)
            return recall.memory(connection, sync, since, (now, given, delays), known)

    def recall_rest(
        self,
        sync: str,
        since: datetime,
        now: datetime,
        known: tuple[Link, ...],
        given: Consent = ANYBODYS,
        delays: Collection[timedelta] = (),
    ) -> Memory:
        """The same about the links that are `known` already."""
        with self._database.reading() as connection:
            return recall.memory(connection, sync, since, (now, given, delays), known)

    def recall_links(
        self, sync: str, keys: Collection[tuple[Kind, Key]], refs: Collection[tuple[Kind, Ref]]
    ) -> tuple[Link, ...]:
        """Those that have one of these keys or refs."""
        with self._database.reading() as connection:
            return recall.some_links(connection, sync, keys, refs)

    def recall_kind(self, sync: str, kind: Kind) -> tuple[Link, ...]:
        """All of one kind."""
        with self._database.reading() as connection:
            return recall.links_of_kind(connection, sync, kind)

    def has_open_lines(self, sync: str) -> bool:
        with self._database.reading() as connection:
            return history.any_open(connection, sync)

    def holds(self) -> tuple[Hold, ...]:
        """Those that nobody released; some may be over by their date."""
        with self._database.reading() as connection:
            return holds.lasting(connection)

    def snapshot(self, sync: str) -> Snapshot:
        return Snapshot(self._database, sync)

    def keep(
        self,
        sync: str,
        head: Head,
        renewals: Iterable[Renewal],
        decided: Iterable[tuple[Kind, Key]],
        left: Mapping[tuple[Kind, Key], bool],
        *,
        afresh: bool,
    ) -> None:
        """Renews the snapshot, or makes it `afresh`, all as one. Of the `decided` only those that
        are `left` are unsettled from now on, each with whether it is only told of."""
        with self._writing(sync) as (connection, _):
            if afresh:
                snapshot.clear(connection, sync)
            for renewal in renewals:
                snapshot.renew(connection, sync, renewal)
            snapshot.keep_unsettled(connection, sync, decided, left)
            snapshot.keep_head(connection, sync, head)

    def past(self, sync: str, made_by: str, *, afresh: bool = False) -> LedgerPast:
        """What was written, to be asked for as long as the ledger is open."""
        return LedgerPast(self._database.reading, sync, made_by, afresh=afresh)

    def keep_stuck(
        self, sync: str, tries: Tries, found: Iterable[Missed], gone: Collection[Where]
    ) -> None:
        """What came back otherwise in a run, and what does not any more."""
        with self._writing(sync) as (connection, _):
            stuck.keep(connection, sync, tries, found, gone)

    def begin_run(self, sync: str, plan: Plan, now: datetime) -> int:
        with self._writing(sync) as (connection, _):
            return runs.begin(connection, sync, plan, now)

    def end_run(self, run: int, outcome: str, done: int, failed: int, now: datetime) -> None:
        ended = {"outcome": outcome, "done": done, "failed": failed}
        with self._writing(partial(runs.sync_of, run=run)) as (connection, sync):
            runs.end(connection, run, sync, now, **ended)

    def begin(self, run: int, changes: Sequence[Change], now: datetime) -> list[int]:
        """A line for each change that is about to be tried, durable when this returns."""
        with self._writing(partial(runs.sync_of, run=run)) as (connection, sync):
            return journal.begin(connection, run, sync, changes, now)

    def withdraw(self, lines: Sequence[int], now: datetime) -> None:
        """These changes were not tried after all; there is at least one."""
        with self._writing(partial(history.sync_of, line=lines[0])) as (connection, sync):
            journal.withdraw(connection, sync, lines, now)

    def refs(self, run: int, kind: Kind, keys: Collection[Key]) -> dict[Key, Ref]:
        """What the links of these keys lead to, in the run's sync; without those that have none."""
        with self._database.reading() as connection:
            return links.refs(connection, runs.sync_of(connection, run), kind, keys)

    def end(self, ended: Sequence[Ended], now: datetime) -> None:
        """The outcomes, and the links and stamps they lead to, as one."""
        if not ended:
            return
        with self._writing(partial(history.sync_of, line=ended[0].line)) as (connection, sync):
            links.follow(connection, sync, ended, now)
            journal.end(connection, sync, ended, now)

    def mark(self, run: int, marks: Sequence[Mark], now: datetime) -> None:
        with self._writing(partial(runs.sync_of, run=run)) as (connection, sync):
            links.mark(connection, run, sync, marks, now)

    def rename(self, sync: str, names: Mapping[tuple[Kind, Ref], str]) -> None:
        """The links to these refs have these names."""
        if names:
            with self._writing(sync) as (connection, _):
                links.rename(connection, sync, names)

    def settle(self, sync: str, run: int, now: datetime, found: Settled = NOTHING) -> None:
        """Closes what earlier runs left open, by what was found out about it."""
        with self._writing(sync) as (connection, _):
            journal.settle(connection, sync, run, now, found)

    @contextmanager
    def lock(self, sync: str) -> Iterator[None]:
        """Held for a run; raises `LedgerError` at once where another run holds it.

        Where it is lost meanwhile, the run's writes to the ledger raise `LedgerError`.
        """
        self._check_write()
        grip = self._locks.run(sync)
        self._held[sync] = still(grip, sync)
        try:
            yield
        finally:
            del self._held[sync]
            grip.release()

    def held(self, run: int) -> Held:
        """What to ask before each write to the run's target: it raises `LedgerError` where the
        lock that the run was begun under was lost. Cheap, and for any thread."""
        with self._database.reading() as connection:
            sync = runs.sync_of(connection, run)
        return self._held.get(sync, _nobody_asks)

    def leadership(self) -> Leadership:
        """The right of one daemon among several; it is taken apart from any sync's lock."""
        self._check_write()
        return Leadership(self._locks)

    def runs(self, sync: str | None = None, limit: int = 20) -> list[Run]:
        """The newest first."""
        return self.chronicle.runs(sync, limit=limit)

    def lines(
        self,
        *,
        run: int | None = None,
        sync: str | None = None,
        key: Key | None = None,
        limit: int | None = None,
    ) -> list[Line]:
        """The journal, the newest first. A member's line is found by its user's key too."""
        with self._database.reading() as connection:
            return history.lines(connection, {"run": run, "sync": sync}, key, limit)

    def remarks(self, sync: str, key: Key) -> list[Remarked]:
        """The marks of one thing with their rules, the newest first."""
        with self._database.reading() as connection:
            return links.remarked(connection, sync, key)

    def size(self) -> int:
        """Bytes that it takes: its file and the journal beside it, or its tables."""
        return size.of(self._database)

    def copy(self, url: str, password: SecretStr | None = None) -> Mapping[str, int]:
        """Into an empty one; how many rows each table has there. See `copying`."""
        return copy_ledger(self._database, url, password)

    def close(self) -> None:
        self.followed_by(None)
        self._database.close()

    @contextmanager
    def _writing(
        self, whose: str | Callable[[Connection], str]
    ) -> Iterator[tuple[Connection, str]]:
        """Of a sync, which is found out where it is not named. Stores nothing where its lock was
        taken and is lost, be it meanwhile."""
        self._check_write()
        with self._database.writing() as connection:
            sync = whose if isinstance(whose, str) else whose(connection)
            held = self._held.get(sync, _nobody_asks)
            held()
            events.begin(connection)
            yield connection, sync
            told = events.write(connection)
            held()
        if told:
            self.follow()

    def _check_write(self) -> None:
        if not self._write:
            raise AssertionError("the ledger was opened for reading")


def _nobody_asks() -> None:
    """Of a sync that nobody took the lock of."""


def complaint(_trouble: Trouble, text: str) -> LedgerError:
    return LedgerError(text)
