"""The real command, except that it signals itself just before certain steps on its databases.

    python -m tests.faults.doomed SIGNAL STEPS NUMBERS syncd-arguments...

STEPS `all` are statements and commits. `edges` are beginnings of transactions and commits: a
database keeps nothing of a transaction that does not reach its commit, so that to be killed at
each of these is to be killed in every way that makes a difference. `begin` are the beginnings,
where no transaction is open. Anything else is how a statement begins, this way | or that. NUMBERS
are which, such as 60 or 60,61.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any

import psycopg
from sqlalchemy import Engine, event

from syncd.cli import main

EVENTS = {
    "all": ("before_cursor_execute", "commit"),
    "edges": ("begin", "commit"),
    "begin": ("begin",),
}


def doom(signum: int, steps: str, numbers: Iterable[int]) -> None:
    """A process that outlives the signal goes on."""
    fatal = frozenset(numbers)
    counted = count(1)

    def step(*_: object) -> None:
        if next(counted) in fatal:
            os.kill(os.getpid(), signum)

    def statement(_connection: object, _cursor: object, text: str, *_rest: object) -> None:
        if steps == "all" or text.startswith(tuple(steps.split("|"))):
            step()

    for name in EVENTS.get(steps, ()):
        event.listen(Engine, name, step)
    if steps not in EVENTS:
        event.listen(Engine, "before_cursor_execute", statement)
    if steps not in {"edges", "begin"}:
        watch_copies(statement)


def watch_copies(statement: Callable[..., None]) -> None:
    """COPY is the driver's own, past SQLAlchemy."""
    plain = psycopg.Cursor.copy

    def copy(cursor: psycopg.Cursor[Any], text: str, *rest: Any) -> Any:
        statement(None, cursor, text)
        return plain(cursor, text, *rest)

    psycopg.Cursor.copy = copy  # type: ignore[method-assign]  the same, and counted


if __name__ == "__main__":
    name, steps, numbers, *arguments = sys.argv[1:]
    doom(signal.Signals[f"SIG{name}"], steps, map(int, numbers.split(",")))
    sys.argv[1:] = arguments
    main()
