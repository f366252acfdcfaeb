"""The real command, except that it signals itself just before certain steps on its databases.

    python -m tests.faults.doomed SIGNAL STEPS NUMBERS syncd-arguments...

STEPS `all` are statements and commits. `edges` are beginnings of transactions and commits: a
database keeps nothing of a transaction that does not reach its commit, so that to be killed at
each of these is to be killed in every way that makes a difference. `begin` are the beginnings,
where no transaction is open. Anything else is how a statement begins. NUMBERS are which, such as
60 or 60,61.
"""

import os
import signal
import sys
from collections.abc import Iterable
from itertools import count

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
        if text.startswith(steps):
            step()

    for name in EVENTS.get(steps, ()):
        event.listen(Engine, name, step)
    if steps not in EVENTS:
        event.listen(Engine, "before_cursor_execute", statement)


if __name__ == "__main__":
    name, steps, numbers, *arguments = sys.argv[1:]
    doom(signal.Signals[f"SIG{name}"], steps, map(int, numbers.split(",")))
    sys.argv[1:] = arguments
    main()
