"""The normal forms beside unique names: each write keeps them, and others' rows are filled in."""

from collections.abc import Mapping

from sqlalchemy import Connection, Table, TextClause, select, text, update
from sqlalchemy.exc import IntegrityError

from syncd.backends.sql.schema import GROUPS, USERS, unkeyed
from syncd.core.model import Value
from syncd.core.normal import normal

UNIQUE: dict[str, tuple[str, ...]] = {
    USERS.name: ("user_name", "email"),
    GROUPS.name: ("display_name",),
}


def key_of(value: Value) -> str | None:
    return normal(value, caseless=True) if isinstance(value, str) else None


def with_keys(table: Table, columns: Mapping[str, Value]) -> dict[str, Value]:
    """The columns, and for each unique name among them its normal form."""
    names = columns.keys() & set(UNIQUE[table.name])
    return {**columns, **{f"{name}_key": key_of(columns[name]) for name in names}}


def fill(connection: Connection) -> None:
    """Sets the normal forms that another program left out, or left as they were at a renaming.

    Two rows whose names differ only in case cannot both have it: the later one stays without.
    """
    if connection.dialect.name == "postgresql":
        # It takes "differs" for true of nearly every row, and so would not think of the index.
        connection.execute(text("SET LOCAL enable_seqscan = off"))
    for table in (USERS, GROUPS):
        # A name beyond ASCII is looked at in vain where the database's `lower` differs.
        doubtful = text(unkeyed(*UNIQUE[table.name]))
        for name in UNIQUE[table.name]:
            _fill(connection, table, doubtful, name)


def _fill(connection: Connection, table: Table, doubtful: TextClause, name: str) -> None:
    key = table.c[f"{name}_key"]
    found = connection.execute(select(table.c.id, table.c[name], key).where(doubtful)).all()
    wrong = [(ref, key_of(value)) for ref, value, kept in found if key_of(value) != kept]
    for ref, _ in wrong:
        connection.execute(update(table).where(table.c.id == ref).values({key: None}))
    for ref, right in wrong:
        try:
            with connection.begin_nested():
                connection.execute(update(table).where(table.c.id == ref).values({key: right}))
        except IntegrityError:
            continue
