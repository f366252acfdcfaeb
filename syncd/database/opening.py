"""A database of ours: where its tables stand, bringing them up to date, and its transactions."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto
from functools import cache
from pathlib import Path
from threading import RLock
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, MetaData, Text, column, inspect, select, table, text
from sqlalchemy.engine import URL, Engine

from syncd.database.engine import WRITES, open_engine
from syncd.database.faults import Complaint, Trouble, complaints
from syncd.database.limit import limited
from syncd.database.url import SQLITE, shown, sqlite_file

_MAGIC = b"SQLite"
_HEADER = 100
"""Bytes at the beginning of a SQLite file."""

_MIGRATING = RLock()
"""Alembic keeps the migration under way in a module's global."""


class Schema(Struct, frozen=True):
    """Tables of ours. `revisions` are oldest first; `private` files are their owner's only.

    `alike` are older revisions that are read as the newest is.
    """

    metadata: MetaData
    migrations: Path
    revisions: tuple[str, ...]
    version_table: str
    private: bool = False
    alike: frozenset[str] = frozenset()


class Standing(Enum):
    ABSENT = auto()
    OLDER = auto()
    ALIKE = auto()
    CURRENT = auto()
    NEWER = auto()


class Database:
    def __init__(
        self, url: URL, schema: Schema, what: str, complaint: Complaint, *, silence: float = 5.0
    ) -> None:
        """`what` names it in messages; `complaint` makes the errors that are raised. `silence` is
        how many seconds PostgreSQL waits for a writer's next word before it undoes its work."""
        self.url = url
        self.schema = schema
        self.where = f"{what} {shown(url)}"
        self.file = sqlite_file(url)
        self.complaint = complaint
        self.engine = open_engine(url)
        self._in_memory = url.drivername == SQLITE and self.file is None
        self._turn = RLock()
        self._silence = silence

    def standing(self) -> Standing:
        """Where the tables stand. Creates nothing, not even an empty file."""
        if self.file is not None:
            if self._absent(self.file):
                return Standing.ABSENT
            self._check_end(self.file)
        with self.reading() as connection:
            return self._standing(connection)

    def migrate(self) -> None:
        """Creates or upgrades the tables; where they are current, only looks."""
        if self.file is not None:
            self._create_file(self.file)
            self._check_end(self.file)
        with self.reading() as connection:
            current = self._standing(connection) is Standing.CURRENT
        if not current:
            with _MIGRATING, self.writing() as connection:
                self._upgrade(connection)

    def fill(self) -> None:
        """Makes the tables in a database in memory that has none."""
        with self.engine.connect() as here, _filled(self.schema).connect() as there:
            template: Any = there.connection.driver_connection
            template.backup(here.connection.driver_connection)

    def newer(self) -> Exception:
        """What to raise where the tables are of a newer syncd."""
        with self.reading() as connection:
            found = self._revision(connection)
        return self.complaint(
            Trouble.BROKEN,
            f"{self.where} is at revision {found}, and this syncd knows revisions up to"
            f" {self.schema.revisions[-1]}: use the newer syncd that wrote it",
        )

    def older(self) -> Exception:
        """What to raise where the tables must be upgraded first."""
        with self.reading() as connection:
            found = self._revision(connection)
        return self.complaint(
            Trouble.BROKEN,
            f"{self.where} is at revision {found}, and this syncd needs"
            f" {self.schema.revisions[-1]}: run `syncd apply` to upgrade it",
        )

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads."""
        if self._in_memory:
            with self.writing() as connection:
                yield connection
            return
        with (
            complaints(self.where, self.complaint),
            self.engine.connect() as connection,
            limited(connection),
        ):
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed when the block ends, or where it raises, undone."""
        with self._turn, complaints(self.where, self.complaint), self.engine.connect() as plain:
            connection = plain.execution_options(**{WRITES: True})
            with connection.begin():
                self._bound(connection)
                yield connection

    def close(self) -> None:
        self.engine.dispose()

    def _bound(self, connection: Connection) -> None:
        """Who is frozen or cut off in the middle keeps nobody else from these rows for ever.

        https://www.postgresql.org/docs/current/runtime-config-client.html
        """
        if connection.dialect.name == "postgresql":
            milliseconds = round(self._silence * 1000)
            setting = f"idle_in_transaction_session_timeout = {milliseconds}"
            connection.exec_driver_sql(f"SET LOCAL {setting}")

    def _absent(self, path: Path) -> bool:
        """Only where the system says so: what may not be looked at may well be there."""
        try:
            path.stat()
        except FileNotFoundError:
            return True
        except OSError as error:
            raise self._closed("read", path, error) from error
        return False

    def _closed(self, verb: str, path: Path, error: OSError) -> Exception:
        why = error.strerror
        if isinstance(error, NotADirectoryError | FileExistsError):
            why = f"{path.parent} is no directory"
        elif isinstance(error, PermissionError):
            why = f"{why}; this user needs access to {path.parent}"
        return self.complaint(Trouble.DENIED, f"{self.where} cannot be {verb}: {why}")

    def _create_file(self, path: Path) -> None:
        private = self.schema.private
        try:
            path.parent.mkdir(mode=0o700 if private else 0o777, parents=True, exist_ok=True)
            path.touch(mode=0o600 if private else 0o666)
        except OSError as error:
            raise self._closed("created", path, error) from error
        if path.stat().st_size == 0:
            with complaints(self.where, self.complaint), self.engine.connect() as connection:
                connection.connection.execute("PRAGMA journal_mode=WAL")

    def _check_end(self, path: Path) -> None:
        """Raises where the last page is cut off, which SQLite fills up with zeros and believes.

        https://sqlite.org/fileformat2.html#the_database_header: the page size is at 16; 1 stands
        for 65536.
        """
        try:
            with path.open("rb") as file:
                header = file.read(_HEADER)
            size, page = path.stat().st_size, int.from_bytes(header[16:18])
        except OSError as error:
            raise self._closed("read", path, error) from error
        whole = len(header) == _HEADER and page and size % (65536 if page == 1 else page) == 0
        if size and _MAGIC.startswith(header[: len(_MAGIC)]) and not whole:
            why = f"its last page is not whole, at {size:,} bytes"
            raise self.complaint(
                Trouble.BROKEN, f"{self.where} is damaged; restore it from a backup ({why})"
            )

    def _standing(self, connection: Connection) -> Standing:
        found = self._revision(connection)
        if found is None:
            return Standing.ABSENT
        if found == self.schema.revisions[-1]:
            return Standing.CURRENT
        if found in self.schema.alike:
            return Standing.ALIKE
        return Standing.OLDER if found in self.schema.revisions else Standing.NEWER

    def _revision(self, connection: Connection) -> str | None:
        versions = table(self.schema.version_table, column("version_num", Text))
        if not inspect(connection).has_table(versions.name):
            return None
        return connection.scalars(select(versions.c.version_num)).first()

    def _upgrade(self, connection: Connection) -> None:
        postgresql = connection.dialect.name == "postgresql"
        if postgresql:
            # What is done in between, such as loading all that migrates, may take a while.
            connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        from syncd.database.migration import upgrade  # noqa: PLC0415  a slow import, seldom needed

        if postgresql:
            key = text("SELECT pg_advisory_xact_lock(hashtext(:name))")
            connection.execute(key, {"name": self.schema.version_table})
        if self._standing(connection) is Standing.NEWER:
            raise self.newer()
        upgrade(connection, self.schema.migrations, self.schema.version_table)


@cache
def _filled(schema: Schema) -> Engine:
    """SQLite copies pages sooner than it makes tables."""
    engine = open_engine(URL.create(SQLITE))
    with engine.begin() as connection:
        schema.metadata.create_all(connection)
    return engine
