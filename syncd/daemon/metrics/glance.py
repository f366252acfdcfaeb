"""A look into the ledger that ends in time, whatever the ledger does."""

import time
from collections.abc import Mapping
from datetime import datetime
from threading import Lock, Thread

from msgspec import MsgspecError, Struct
from msgspec.structs import replace

from syncd.daemon.live import Live
from syncd.errors import LedgerError
from syncd.ledger import Standing

_PATIENCE = 3.0
"""Seconds: a scraper waits for ten, a database that is cut off answers after many more."""
_SIZE_LASTS = 300.0
"""Seconds until the ledger's size is asked for again: PostgreSQL looks at each table's files."""


class Seen(Struct, frozen=True):
    """What the ledger last told; `daemons` are those with a sign of life. None is unknown."""

    up: bool = False
    standings: Mapping[str, Standing] = {}
    daemons: int | None = None
    size: int | None = None


class Glance:
    """For any thread. While the ledger does not answer, what is known is told."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._seen = Seen()
        self._sized = -_SIZE_LASTS
        self._turn = Lock()
        self._thread: Thread | None = None

    def look(self, now: datetime) -> Seen:
        with self._turn:
            thread = self._thread
            if thread is None or not thread.is_alive():
                # One that never gets its answer keeps no daemon from ending.
                thread = Thread(target=self._ask, args=(now,), name="syncd metrics", daemon=True)
                self._thread = thread
                thread.start()
        thread.join(_PATIENCE)
        return replace(self._seen, up=False) if thread.is_alive() else self._seen

    def keep(self, standing: Standing) -> None:
        """What a cycle has just put into the ledger, or could not."""
        known = {**self._seen.standings, standing.sync: standing}
        self._seen = replace(self._seen, standings=known)

    def _ask(self, now: datetime) -> None:
        try:
            self._seen = self._asked(now)
        except (LedgerError, MsgspecError):  # the latter where a newer syncd wrote it
            self._seen = replace(self._seen, up=False)

    def _asked(self, now: datetime) -> Seen:
        ledger = self._live.ledger
        standings = ledger.desk.standings()
        daemons = sum(not one.silent(now) for one in ledger.desk.daemons())
        size, clock = self._seen.size, time.monotonic()
        if size is None or clock - self._sized >= _SIZE_LASTS:
            size, self._sized = ledger.size(), clock
        return Seen(True, standings, daemons, size)
