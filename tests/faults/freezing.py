"""A run into a file that stops itself, as SIGSTOP does, where it would hurt most.

    python -m tests.faults.freezing LEDGER-URL LIFE FILE WHERE

WHERE is `begun`: the journal has what is to be done and the target nothing of it; `between` two
calls, `abreast` the same with three calls under way; or `batch`, before a batch is stored. A line
in the file is a call that came to the target, and one that says `batch` what a batch stored.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from syncd.core.model import Key, Kind, Op, Ref
from syncd.core.plan import Change, Plan
from syncd.errors import LedgerError
from syncd.executor import Journal, execute
from syncd.fence import ask
from syncd.ledger import open_ledger
from syncd.ports import Nothing

SYNC = "staff"
COUNT = 12


@dataclass(frozen=True)
class StoppingJournal(Journal):
    at: Callable[[str], None] = lambda _: None

    def begin(self, changes):
        lines = super().begin(changes)
        self.at("begun")
        return lines


class FileTarget:
    """`at` is told where it is."""

    def __init__(self, path: Path, where: str, at: Callable[[str], None]) -> None:
        self.batch_size = 5 if where == "batch" else 1
        self.concurrency = 3 if where == "abreast" else 1
        self.users, self.groups, self.members = self, Nothing(), Nothing()
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._at = at
        self._batch: list[str] | None = None
        self._calls = 0

    @contextmanager
    def batch(self) -> Iterator[None]:
        self._batch = []
        yield
        for line in self._batch:
            self._write(line)
        self._batch = None

    def create(self, key: Key, _entity: object) -> Ref:
        if self._batch is None:
            self._write(key)
        else:
            self._batch.append(f"batch {key}")
        self._calls += 1
        if self._calls == (3 if self._batch is None else self.batch_size):
            self._at("called")
        return Ref(f"ref-{key}")

    def _write(self, line: str) -> None:
        if self._batch is None:
            ask()
        os.write(self._file, f"{line}\n".encode())


def main(url: str, life: str, file: str, where: str) -> None:
    awaited = "begun" if where == "begun" else "called"

    def at(place: str) -> None:
        nonlocal awaited
        if place == awaited:
            awaited = ""
            os.kill(os.getpid(), signal.SIGSTOP)

    changes = [
        Change(
            Op.CREATE, Kind.USER, Key(f"u{number}"), f"u{number}", after={"user_name": str(number)}
        )
        for number in range(COUNT)
    ]
    now = datetime.now(UTC)
    plan = Plan(sync=SYNC, target="file", created=now, config="", changes=changes)
    ledger = open_ledger(url, write=True, life=float(life))
    with ledger.lock(SYNC):
        journal = StoppingJournal(
            ledger, ledger.begin_run(SYNC, plan, now), lambda: datetime.now(UTC), at=at
        )
        target = FileTarget(Path(file), where, at)
        try:
            execution = execute(plan, target, journal, lambda: False, lambda *_: None)
        except LedgerError as error:
            sys.exit(str(error))
    sys.stdout.write(f"done {len(execution.done)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
