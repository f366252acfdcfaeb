"""The transaction that reads and writes of a SQL store go through.

Inside a batch, all go through the batch's one transaction, and each write has a savepoint of its
own. Outside, each write is a batch of one. A store that is not there yet reads as empty,
and is made by the first batch.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection, NestedTransaction, text
from sqlalchemy.engine import URL

from syncd.backends.sql.names import fill
from syncd.backends.sql.schema import SCHEMA
from syncd.database import Database, Standing, Trouble, complaints
from syncd.errors import BackendError, Denied, Rejected, Unavailable

T = TypeVar("T")
A = TypeVar("A")

_ERRORS: dict[Trouble, type[BackendError]] = {
    Trouble.UNAVAILABLE: Unavailable,
    Trouble.DENIED: Denied,
    Trouble.REJECTED: Rejected,
    Trouble.BROKEN: BackendError,
}


class Session:
    def __init__(self, name: str, url: URL) -> None:
        self._database = Database(url, SCHEMA, f"target {name},", _complaint)
        self.where = self._database.where
        self._batch: Connection | None = None
        self._lost: BackendError | None = None
        self._present = False
        self._prepared = False

    @contextmanager
    def reading(self) -> Iterator[Connection | None]:
        """None where there is no store yet."""
        if self._batch is not None:
            with complaints(self.where, _complaint):
                yield self._batch
        elif self._is_present():
            with self._database.reading() as connection:
                _wait_for_batches(connection)
                yield connection
        else:
            yield None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        with self._joined(), self._savepoint() as connection:
            yield connection

    def in_bulk(
        self,
        items: Sequence[T],
        together: Callable[[Connection, Sequence[T]], Sequence[A]],
        alone: Callable[[T], A],
    ) -> list[A | Rejected]:
        """The answer for each: all are tried together, and where that is rejected, each half is.

        So a culprit among thousands is found by a dozen more tries, and rejected alone.
        """
        with self._joined():
            return list(self._tried(items, together, alone))

    def _tried(
        self,
        items: Sequence[T],
        together: Callable[[Connection, Sequence[T]], Sequence[A]],
        alone: Callable[[T], A],
    ) -> Iterator[A | Rejected]:
        try:
            if len(items) > 1:
                with self.writing() as connection:
                    answers = together(connection, items)
                yield from answers
            else:
                yield from (alone(item) for item in items)
        except Rejected as error:
            half = len(items) // 2
            if half == 0:
                yield error
            else:
                yield from self._tried(items[:half], together, alone)
                yield from self._tried(items[half:], together, alone)

    @contextmanager
    def _joined(self) -> Iterator[None]:
        """In the batch that is under way, or in one of its own."""
        if self._batch is not None:
            yield
        else:
            with self.batch():
                yield

    @contextmanager
    def batch(self) -> Iterator[None]:
        if self._batch is not None:
            raise AssertionError("a batch inside a batch")
        self._prepare()
        with self._database.writing() as connection:
            _announce(connection)
            self._batch, self._lost = connection, None
            try:
                yield
                self._check()
            finally:
                self._batch = None

    def _prepare(self) -> None:
        """Once for each opening, and stored whatever becomes of the batch."""
        if self._prepared:
            return
        self._database.migrate()
        with self._database.writing() as connection:
            fill(connection)
        self._present = self._prepared = True

    def close(self) -> None:
        self._database.close()

    @contextmanager
    def _savepoint(self) -> Iterator[Connection]:
        self._check()
        connection = self._batch
        if connection is None:
            raise AssertionError("no batch is open")
        savepoint: NestedTransaction | None = None
        try:
            with complaints(self.where, _complaint):
                savepoint = connection.begin_nested()
                yield connection
                savepoint.commit()
        except Rejected:
            if savepoint is not None:
                savepoint.rollback()
            raise
        except BackendError as error:
            # The database may have ended the whole transaction by itself, savepoints and all
            # (https://sqlite.org/lang_transaction.html, section 3.1), and what is written after
            # that would be stored alone.
            self._lost = error
            raise

    def _check(self) -> None:
        """No write counts in a batch that was lost."""
        if self._lost is not None:
            raise self._lost

    def _is_present(self) -> bool:
        if not self._present:
            match self._database.standing():
                case Standing.OLDER:
                    raise self._database.older()
                case Standing.NEWER:
                    raise self._database.newer()
                case standing:
                    self._present = standing in {Standing.CURRENT, Standing.ALIKE}
        return self._present


_BATCHES = "hashtext('syncd store batches')"


def _announce(connection: Connection) -> None:
    """As long as this transaction is under way, nobody of ours begins to read."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock_shared({_BATCHES})"))


def _wait_for_batches(connection: Connection) -> None:
    """PostgreSQL may still be at the commit of a process that was killed, and that one counts."""
    if connection.dialect.name == "postgresql":
        taken = text(f"SELECT pg_advisory_lock({_BATCHES})")
        given_back = text(f"SELECT pg_advisory_unlock({_BATCHES})")
        connection.execute(taken)
        connection.execute(given_back)


def _complaint(trouble: Trouble, text: str) -> BackendError:
    return _ERRORS[trouble](text)
