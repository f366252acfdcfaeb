"""A ledger with its audit, and runs that a test does in it."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from syncd.audit.audit import Audit, Rules
from syncd.audit.projection import Projection
from syncd.core.model import Key, Kind, Op, Ref
from syncd.core.plan import Change, Plan
from syncd.hidden import Hidden
from syncd.ledger import DONE, FAILED, Ended, Ledger, open_ledger
from tests.audited import records
from tests.servers.databases import Place

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Book:
    """`clock` is the audit's; what the ledger commits is told whenever it is."""

    def __init__(
        self, place: Place, directory: Path, *, hide: Sequence[str] = (), **rules: object
    ) -> None:
        self.place, self.directory = place, directory
        self.now = NOW
        self.alarms: list[str] = []
        self._rules = replace(Rules(directory), clock=lambda: self.now, **rules)
        self._hide = hide
        self.open()

    def open(self) -> None:
        """As a process does that has just begun."""
        self.ledger: Ledger = open_ledger(*self.place, write=True)
        self.audit = self.another()
        self.ledger.followed_by(self.audit)
        self.ledger.follow()

    def another(self, redact: Callable[[str], str] = str) -> Audit:
        trail = self.ledger.trail
        projection = Projection(trail, Hidden(self._hide), redact)
        return Audit(trail, projection, self._rules, self.alarms.append)

    def close(self) -> None:
        self.ledger.close()

    @contextmanager
    def closing(self) -> Iterator["Book"]:
        try:
            yield self
        finally:
            self.close()

    def begin(self, sync: str = "staff", **of: str) -> int:
        plan = Plan(sync=sync, target="wiki", created=NOW, config=of.get("config", "c"))
        return self.ledger.begin_run(sync, plan, self.now)

    def do(self, run: int, *keys: str, fails: Sequence[str] = ()) -> list[int]:
        """Makes these users in one batch, but for those that fail; the numbers of their lines."""
        made = [
            Change(Op.CREATE, Kind.USER, Key(key), key, after={"user_name": key, "phone": "0815"})
            for key in keys
        ]
        lines = self.ledger.begin(run, made, self.now)
        ended = [
            Ended(line, one, FAILED, None, f"{one.key} is taken: 0815")
            if one.key in fails
            else Ended(line, one, DONE, Ref(f"r-{one.key}"))
            for line, one in zip(lines, made, strict=True)
        ]
        self.ledger.end(ended, self.now)
        return lines

    def end(self, run: int) -> None:
        self.ledger.end_run(run, "done", 1, 0, self.now)

    def run(self, *keys: str) -> int:
        """A whole one."""
        run = self.begin()
        self.do(run, *keys)
        self.end(run)
        return run

    def pass_time(self, **by: int) -> None:
        self.now += timedelta(**by)

    def told(self) -> list[str]:
        """The events, the first one first; of changes, the keys."""
        return [str(one.get("key", one["event"])) for one in records(self.directory)]

    @property
    def newest(self) -> Path:
        return max(self.directory.glob("audit-*.jsonl"))

    def tear(self, octets: bytes) -> None:
        """As a loss of power leaves it: written in part."""
        with self.newest.open("ab") as file:
            file.write(octets)
            os.fsync(file.fileno())
