"""One sync with all that it stands on, each call of which can be watched, broken or died in.

Sources and target are in memory; the ledger is a real SQLite file, which a new process opens
again after a death. Who watches is told `before` and `after` each call what it is: `users.create`,
`batch.end`, `ledger.commit`, `ledger.begin`, `source.p`, `clock`, `disk`.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from syncd.core.approval import ANYBODYS, Consent
from syncd.core.desired import Desired, desire
from syncd.core.plan import Plan
from syncd.core.question import Question
from syncd.core.records import Records
from syncd.cycle import Mode
from syncd.engine import ask, plan
from syncd.ledger import Ledger
from syncd.sync import Sync
from tests.core.events import World
from tests.promises.ledgerfile import LedgerFile, ledger_file
from tests.promises.telling import Telling
from tests.wired import Wired, nothing

Hook = Callable[[str, str], None]


class Death(BaseException):
    """The process is no more. Nothing may catch it and go on."""


@dataclass
class Site(World):
    """`file` is its ledger's. `watch` is told of each call. `consent` is by what is let through what
    is over budget, `keep_evidence` as a sync has it."""

    file: LedgerFile = field(default_factory=ledger_file)
    watch: Hook = nothing
    dead: bool = False
    consent: Consent = ANYBODYS
    keep_evidence: timedelta | None = timedelta(days=90)

    @property
    def sync(self) -> Sync:
        return replace(super().sync, consent=self.consent, keep_evidence=self.keep_evidence)

    @classmethod
    def of(cls, world: World) -> "Site":
        """The world with its people, on an empty ledger."""
        given = {name: getattr(world, name) for name in ("policy", "merge", "users", "groups")}
        site = cls(**given, ledger=None, planted=set(world.planted))
        inner = world.backend.inner
        site.backend = Wired(inner, site.call, batch_size=world.backend.batch_size)
        site.sources = {
            name: Telling(
                list(one.people), list(one.groups), supplies=one.supplies, name=name, call=site.call
            )
            for name, one in world.sources.items()
        }
        site.file.empty()
        site.ledger = site.opened()
        return site

    def call(self, when: str, what: str) -> None:
        """Whoever is dead calls nobody."""
        if self.dead:
            raise Death
        try:
            self.watch(when, what)
        except Death:
            self.dead = True
            raise

    def clock(self):
        self.call("before", "clock")
        return self.now

    def opened(self) -> Ledger:
        return self.file.opened(self.call)

    def restart(self) -> None:
        """Another process: of the one before only what is on disk is left."""
        self.dead, self.watch = False, nothing
        self.ledger.close()
        self.ledger = self.opened()

    def scratch(self) -> Callable[..., sqlite3.Connection]:
        """What opens temporary files: each time that many rows are written, it calls the disk."""
        connect, call = sqlite3.connect, self.call

        class Scratch(sqlite3.Connection):
            def executemany(self, *given: Any) -> sqlite3.Cursor:
                call("before", "disk")
                return super().executemany(*given)

        def opens(database: str, *given: Any, **how: Any) -> sqlite3.Connection:
            how |= {"factory": Scratch} if database == "" else {}
            return connect(database, *given, **how)

        return opens

    @contextmanager
    def watched(self, watch: Hook) -> Iterator[None]:
        """A death in the block ends there, and a new process begins."""
        self.watch = watch
        try:
            with patch.object(sqlite3, "connect", self.scratch()):
                yield
        except Death:
            pass
        finally:
            dead, self.watch = self.dead, nothing
            if dead:
                self.restart()

    def planned(self, mode: Mode = Mode.FULL, undo: int | None = None) -> Plan:
        return plan(self.sync, self.ledger, self.now, mode=mode, undo=undo)

    def asked(self) -> Question:
        return ask(self.sync, self.ledger, self.now)

    @property
    def well(self) -> bool:
        """Whether no source is broken in any way."""
        return not any(source.broken for source in self.sources.values())

    def desired(self) -> Desired:
        """Of sources that are well, without asking them."""
        records = {
            name: Records(tuple(one.people), tuple(one._groups()))
            for name, one in self.sources.items()
        }
        return desire(records, self.sync.rules)

    @property
    def sources_whole(self) -> bool:
        """Whether what was heard of them last was whole."""
        return all(source.whole for source in self.sources.values())

    @property
    def target_broken(self) -> bool:
        cut, inner = self.backend.cut, self.memory
        return any(
            after < sum(1 for _ in getattr(inner, name).read()) for name, after in cut.items()
        )

    def close(self) -> None:
        self.ledger.close()
