"""syncd installed in a directory of its own, with a store and a ledger to look into."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, insert, select, update

from syncd.backends.sql.schema import GROUPS, MEMBERS, USERS
from syncd.database import database_url
from syncd.ledger.schema import JOURNAL, LINKS, RUNS
from tests.moved import accept_moved
from tests.servers.postgres import PASSWORD
from tests.world import ANY_NUMBER

WATCHING = "watching"
"""Instead of the digest of a plan: a run that `pass_days` made up."""

ROOT = Path(__file__).parents[2]
SYNC = "staff"
SYNCD = (sys.executable, "-c", "from syncd.cli import main; main()")
_OWN = {"id", "created_at", "updated_at"}
_PASSWORDS = ("SYNCD_TARGETS__STORE__PASSWORD", "SYNCD_LEDGER__PASSWORD")
_SQLITE = {"store": "sqlite:///store.db", "ledger": "sqlite:///.syncd/ledger.db"}


@dataclass(frozen=True)
class Installation:
    """`databases` are the URLs of the store and of the ledger."""

    place: Path
    databases: Mapping[str, str]

    @classmethod
    def new(cls, place: Path, **databases: str) -> "Installation":
        """With SQLite for whatever no database is given."""
        place.mkdir(parents=True)
        one = cls(place, {**_SQLITE, **databases})
        one.configure(batch_size=500)
        return one

    def copy(self, place: Path, batch_size: int, **databases: str) -> "Installation":
        """The same in another place; `databases` are copies of this one's that are there already."""
        shutil.copytree(self.place, place)
        one = Installation(place, {**self.databases, **databases})
        one.configure(batch_size)
        accept_moved(one.engine("ledger"), self.place, place)
        return one

    def configure(self, batch_size: int) -> None:
        """The smaller the batches, the more there are to be killed in."""
        policy = {"leavers": "delete", "vanished_groups": "delete", "budget": ANY_NUMBER}
        store = {"type": "sql", "url": self.databases["store"], "batch_size": batch_size}
        settings = {
            # Who is stopped on purpose keeps its lock for as long as a test takes.
            "ledger": {"url": self.databases["ledger"], "lock_life": "2m"},
            "sources": {"people": {"type": "yaml", "paths": ["people.yaml"]}},
            "targets": {"store": store, "other": {"type": "sql", "url": "sqlite:///other.db"}},
            "syncs": {
                SYNC: {"sources": ["people"], "target": "store", "policy": policy},
                "other": {"sources": ["people"], "target": "other", "enabled": False},
            },
        }
        (self.place / "config.yaml").write_text(json.dumps(settings))

    def directory(self, people: Mapping[str, Any]) -> None:
        """This is what the people file says from now on."""
        (self.place / "people.yaml").write_text(json.dumps(people))

    def start(
        self, *verb: str, program: Sequence[str] = SYNCD, **how: Any
    ) -> subprocess.Popen[str]:
        """`syncd` itself, in a process of its own."""
        command = [*program, "--config", str(self.place / "config.yaml"), *(verb or APPLY)]
        words = dict.fromkeys(_PASSWORDS, PASSWORD)
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, cwd=ROOT, env={**os.environ, **words}, **pipes, **how)

    def run(self, *verb: str, program: Sequence[str] = SYNCD, **how: Any) -> tuple[int, str, str]:
        """Its exit code and what it said, on both streams."""
        process = self.start(*verb, program=program, **how)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    def engine(self, which: str) -> Engine:
        url = database_url(self.databases[which], None, self.place)
        if url.drivername.startswith("postgresql"):
            url = url.set(password=PASSWORD)
        return create_engine(url)

    def rows(self, which: str, statement: Any) -> list[Any]:
        engine = self.engine(which)
        with engine.connect() as connection:
            found = list(connection.execute(statement).all())
        engine.dispose()
        return found

    def pass_days(self, days: int) -> None:
        """Everything that the ledger remembers is that much longer ago, with a run in between that
        found nothing: no delay is over that no run has watched."""
        engine, ago = self.engine("ledger"), timedelta(days=days)
        with engine.begin() as connection:
            for run in connection.execute(select(RUNS)).all():
                stamps = {"begun_at": run.begun_at - ago}
                connection.execute(update(RUNS).where(RUNS.c.run == run.run).values(stamps))
            for sync in connection.scalars(select(RUNS.c.sync).distinct()).all():
                at = datetime.now(UTC) - ago / 2
                idle = {"sync": sync, "target": "", "digest": WATCHING, "begun_at": at}
                idle |= {"ended_at": at, "outcome": "done", "withheld": "[]"}
                idle |= dict.fromkeys(("planned", "held", "refused", "conflicts"), 0)
                connection.execute(insert(RUNS), [idle])
            for row in connection.execute(select(LINKS)).all():
                stamps = {
                    name: stamp - timedelta(days=days)
                    for name in ("left_at", "suspended_at")
                    if (stamp := getattr(row, name)) is not None
                }
                if stamps:
                    this = (
                        LINKS.c.kind == row.kind,
                        LINKS.c.key == row.key,
                        LINKS.c.sync == row.sync,
                    )
                    connection.execute(update(LINKS).where(*this).values(stamps))
        engine.dispose()

    def state(self) -> dict[str, Any]:
        """Store and ledger, without what differs between any two runs: refs and times."""
        store, memory = self.engine("store"), self.engine("ledger")
        with store.connect() as there, memory.connect() as remembered:
            keys = {
                row.id: row.external_id
                for table in (USERS, GROUPS)
                for row in there.execute(select(table))
            }
            found = {
                "users": _entities(there, USERS),
                "groups": _entities(there, GROUPS),
                "members": sorted(
                    (keys[row.group_id], keys[row.user_id])
                    for row in there.execute(select(MEMBERS))
                ),
                "links": _links(remembered, keys),
            }
        store.dispose()
        memory.dispose()
        return found

    def outcomes(self) -> list[str | None]:
        """Of the runs, the oldest first, without those that only let time pass."""
        statement = select(RUNS.c.outcome).where(RUNS.c.digest != WATCHING).order_by(RUNS.c.run)
        return [row[0] for row in self.rows("ledger", statement)]

    def journal(self) -> list[tuple[int, str | None]]:
        """Each line's run and outcome."""
        statement = select(JOURNAL.c.run, JOURNAL.c.outcome).order_by(JOURNAL.c.line)
        return [tuple(row) for row in self.rows("ledger", statement)]

    def open_lines(self) -> int:
        return sum(outcome is None for _, outcome in self.journal())


APPLY = ("apply", "--yes")
CREATION = "INSERT INTO users|COPY users"
"""How the statement begins (SQLite's or PostgreSQL's) that is in the middle of a batch, in the middle of an apply."""


def doomed(signal: str, *numbers: int, steps: str = "all") -> tuple[str, ...]:
    """The program that signals itself at these steps (see `doomed.py`)."""
    which = ",".join(map(str, numbers))
    return (sys.executable, "-m", "tests.faults.doomed", signal, steps, which)


def _entities(connection: Connection, table: Any) -> list[dict[str, Any]]:
    rows = [dict(row) for row in connection.execute(select(table)).mappings()]
    plain = [{name: value for name, value in row.items() if name not in _OWN} for row in rows]
    return sorted(plain, key=lambda row: (row["external_id"], sorted(row.items(), key=str)))


def _links(connection: Connection, keys: Mapping[str, str]) -> list[tuple[Any, ...]]:
    """The last is the key of whom the link's ref leads to."""
    return sorted(
        (row.kind, row.key, row.name, bool(row.left_at), bool(row.suspended_at), keys.get(row.ref))
        for row in connection.execute(select(LINKS))
    )
