"""Copy a ledger into an empty one: a backup, or the way from SQLite to PostgreSQL."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pydantic import SecretStr
from sqlalchemy import Connection, Integer, Table, func, insert, select, text

from syncd.database import Database, Standing, Trouble, database_url
from syncd.errors import LedgerError
from syncd.ledger.operation import DAEMONS
from syncd.ledger.schema import SCHEMA

_AT_ONCE = 1000


def copy_ledger(source: Database, url: str, password: SecretStr | None = None) -> Mapping[str, int]:
    """How many rows each table has there now. Of the source it is one moment, whoever writes to it.

    Raises `LedgerError` where the other one is not empty, or has other counts when all is done;
    then nothing of it is stored there.
    """
    target = Database(database_url(url, password), SCHEMA, "the ledger", _complaint)
    try:
        if target.standing() is not Standing.ABSENT:
            _refuse_what_is_filled(target)
        target.migrate()
        with _at_one_moment(source) as old, target.writing() as new:
            return {table.name: _copy(old, new, table) for table in _tables()}
    finally:
        target.close()


def _tables() -> list[Table]:
    """Those that others refer to come first. Which daemons there are is no memory."""
    return [table for table in SCHEMA.metadata.sorted_tables if table is not DAEMONS]


def _refuse_what_is_filled(target: Database) -> None:
    if target.standing() is not Standing.CURRENT:
        raise LedgerError(f"{target.where} is there already: copy to an empty place")
    with target.reading() as connection:
        for table in _tables():
            if connection.execute(select(table).limit(1)).first() is not None:
                raise LedgerError(f"{target.where} has runs already: copy to an empty place")


@contextmanager
def _at_one_moment(database: Database) -> Iterator[Connection]:
    """https://www.postgresql.org/docs/current/transaction-iso.html; in SQLite each reader has that
    (https://sqlite.org/isolation.html)."""
    with database.reading() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        yield connection


def _copy(old: Connection, new: Connection, table: Table) -> int:
    rows = old.execution_options(yield_per=_AT_ONCE).execute(select(table))
    for some in rows.mappings().partitions():
        new.execute(insert(table), [dict(row) for row in some])
    counts = [one.scalar(select(func.count()).select_from(table)) or 0 for one in (old, new)]
    if counts[0] != counts[1]:
        raise LedgerError(f"{counts[1]:,} of {counts[0]:,} rows of {table.name} were copied")
    if new.dialect.name == "postgresql":
        _go_on_counting(new, table)
    return counts[1]


def _go_on_counting(connection: Connection, table: Table) -> None:
    """The next number that PostgreSQL gives out comes after those that were given elsewhere."""
    column = table.autoincrement_column
    if column is None or not isinstance(column.type, Integer):
        return
    sequence = connection.scalar(
        text("SELECT pg_get_serial_sequence(:table, :column)"),
        {"table": table.name, "column": column.name},
    )
    greatest = connection.scalar(select(func.max(column)))
    if sequence and greatest:
        connection.execute(
            text("SELECT setval(:sequence, :n)"), {"sequence": sequence, "n": greatest}
        )


def _complaint(_trouble: Trouble, words: str) -> LedgerError:
    return LedgerError(words)
