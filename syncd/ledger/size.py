"""How much room the ledger takes."""

from pathlib import Path

from sqlalchemy import Connection, text

from syncd.database import Database
from syncd.ledger.schema import SCHEMA


def of(database: Database) -> int:
    """Bytes. Raises `LedgerError` where it cannot be asked."""
    if database.file is not None:
        return _of_file(Path(database.file))
    postgresql = database.engine.dialect.name == "postgresql"
    with database.reading() as connection:
        return _of_tables(connection) if postgresql else _of_pages(connection)


def _of_file(path: Path) -> int:
    """Bytes of the database's file and of the journal beside it (https://sqlite.org/wal.html)."""
    return sum(_length(file) for file in (path, path.with_name(f"{path.name}-wal")))


def _length(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _of_tables(connection: Connection) -> int:
    """Bytes of the tables with their indexes, on PostgreSQL
    (https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-DBSIZE)."""
    names = [table.name for table in SCHEMA.metadata.sorted_tables]
    found = text(
        "SELECT coalesce(sum(pg_total_relation_size(to_regclass(name))), 0)"
        " FROM unnest(CAST(:names AS text[])) AS name"
    )
    return int(connection.scalar(found, {"names": names}) or 0)


def _of_pages(connection: Connection) -> int:
    """Bytes of a SQLite database that is in no file."""
    pages, each = (
        int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
        for name in ("page_count", "page_size")
    )
    return pages * each
