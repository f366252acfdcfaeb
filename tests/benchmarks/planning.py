"""A first plan for many people whom no directory holds: what planning alone costs.

python -m tests.benchmarks.planning PEOPLE CONFIG
"""

import os
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from syncd.config import load_settings
from syncd.config.assemble import assemble, ledger
from syncd.core.model import GroupRecord, Key, UserRecord
from syncd.core.plan import Plan
from syncd.engine import plan
from syncd.ledger import Ledger
from syncd.ports import Cursor
from syncd.sync import Sync
from tests.benchmarks import people
from tests.benchmarks.telling import tell

_NAMES = {
    "user_name": "uid",
    "email": "mail",
    "given_name": "givenName",
    "family_name": "sn",
    "display_name": "displayName",
    "title": "title",
    "phone": "telephoneNumber",
    "locale": "preferredLanguage",
    "employee_number": "employeeNumber",
}


@dataclass(frozen=True)
class Made:
    """A source, and its reading, of people who are made as they are read."""

    count: int
    supplies: frozenset[str] = frozenset(_NAMES)
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    groups: tuple[GroupRecord, ...] = ()
    cursor: Cursor | None = None

    def read(self, _since: Cursor | None = None) -> "Made":
        return self

    @property
    def users(self) -> Iterator[UserRecord]:
        for number in range(self.count):
            person = people.person(number)
            attributes = {ours: person[theirs] for ours, theirs in _NAMES.items()}
            yield UserRecord(Key(people.key(number)), attributes, None, f"person {number}")

    def close(self) -> None:
        pass


def creations(sync: Sync, memory: Ledger) -> int:
    """The one place where the benchmarks call the engine's plan; all of it is looked at."""
    made: Plan = plan(sync, memory, datetime.now(UTC))
    return sum(1 for _ in made.changes)


def main() -> int:
    count, config = int(sys.argv[1]), Path(sys.argv[2])
    settings = load_settings(config, os.environ)
    (name,) = settings.syncs
    with (
        closing(ledger(settings, write=True)) as memory,
        closing(assemble(settings, name)) as sync,
    ):
        began = perf_counter()
        planned = creations(replace(sync, sources={"made": Made(count)}), memory)
        seconds = perf_counter() - began
    tell("plan", seconds, "s")
    tell("creates", planned, "changes")
    tell("rate", planned / seconds, "changes/s")
    return 0 if planned == count else 1


if __name__ == "__main__":
    sys.exit(main())
