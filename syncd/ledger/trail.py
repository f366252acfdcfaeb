"""What the audit is made of: what was committed, in its order, and where each audit ended."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import Connection, and_, or_

from syncd.ledger import events, heads, history, links
from syncd.ledger.events import Event
from syncd.ledger.heads import Head
from syncd.ledger.history import Outcome
from syncd.ledger.links import Remarked
from syncd.ledger.schema import JOURNAL, MARKS

Transaction = Callable[[], AbstractContextManager[Connection]]
Stretches = Sequence[tuple[int, int]]


class Follower(Protocol):
    """Who tells what was committed: the audit.

    `trouble` is why it lacks some of that now, `damage` what of it was found to be gone or changed
    since this process began; each is empty where all is well.
    """

    trouble: str
    damage: str

    def follow(self) -> None:
        """Called after each commit that it has to tell of. Raises `AuditError`."""
        ...

    def close(self) -> None: ...


class Trail:
    """Part of a ledger. What is written is durable when the call returns."""

    def __init__(self, reading: Transaction, writing: Transaction) -> None:
        self._reading, self._writing = reading, writing

    def events_after(self, number: int, limit: int) -> list[Event]:
        """In the order in which they were committed."""
        with self._reading() as connection:
            return events.after(connection, number, limit)

    def newest(self) -> int:
        """The number of the last event; 0 before the first."""
        with self._reading() as connection:
            return events.newest(connection)

    def identity(self) -> str:
        """Of this ledger; empty before its first event."""
        with self._reading() as connection:
            return events.identity(connection)

    def outcomes(self, stretches: Stretches, limit: int) -> list[Outcome]:
        """Of the first of those lines of the journal that have one."""
        among = or_(*(JOURNAL.c.line.between(*stretch) for stretch in stretches))
        with self._reading() as connection:
            return history.outcomes(connection, [among], limit)

    def marks(self, run: int, stretches: Stretches, limit: int) -> list[tuple[int, Remarked]]:
        """The first of those marks that the run made, with their numbers."""
        among = or_(*(MARKS.c.mark.between(*stretch) for stretch in stretches))
        with self._reading() as connection:
            return links.marks_where(connection, and_(among, MARKS.c.run == run), limit)

    def head(self, places: Sequence[str], directory: str) -> Head | None:
        """Of the audit in that directory, which may be known by these places."""
        with self._reading() as connection:
            return heads.of(connection, places, directory)

    def heads(self) -> list[Head]:
        """Of every machine that ever kept an audit of this ledger."""
        with self._reading() as connection:
            return heads.every(connection)

    def keep(self, head: Head) -> None:
        with self._writing() as connection:
            heads.keep(connection, head)
