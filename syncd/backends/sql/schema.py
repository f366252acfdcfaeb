"""The SQL store's tables, made to be read by other programs; docs/sql-store.md describes them.

`*_key` columns hold the normal form of the name beside them, without case, so that the database
itself keeps "Ada" and "ada" apart. No database's own `lower()` does that for all of Unicode
alike (https://sqlite.org/lang_corefunc.html#lower).
"""

from pathlib import Path

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from syncd.database import Schema

METADATA = MetaData()

_JSON = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def _row_columns() -> list[Column[object]]:
    """What every user and group has beside its own fields."""
    return [
        Column("attributes", _JSON, nullable=False, server_default=text("'{}'")),
        Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    ]


def unkeyed(*names: str) -> str:
    """The rows of others whose normal forms are not there, or no longer right.

    An index has no other rows, so that they are found without looking at all of them.
    """
    missing = (f"({name} IS NOT NULL AND {name}_key IS NULL)" for name in names)
    wrong = (f"{name}_key <> lower({name})" for name in names)
    return " OR ".join([*missing, *wrong])


def _unkeyed(table: str, *names: str) -> Index:
    where = text(unkeyed(*names))
    return Index(f"{table}_unkeyed", "id", sqlite_where=where, postgresql_where=where)


USERS = Table(
    "users",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("external_id", Text),
    Column("user_name", Text, nullable=False),
    Column("user_name_key", Text),
    Column("email", Text),
    Column("email_key", Text),
    Column("given_name", Text),
    Column("family_name", Text),
    Column("display_name", Text),
    Column("title", Text),
    Column("phone", Text),
    Column("locale", Text),
    Column("active", Boolean, nullable=False, server_default=true()),
    Column("admin", Boolean),
    *_row_columns(),
    UniqueConstraint("user_name", name="users_user_name"),
    UniqueConstraint("user_name_key", name="users_user_name_key"),
    UniqueConstraint("email", name="users_email"),
    UniqueConstraint("email_key", name="users_email_key"),
    CheckConstraint("json_valid(attributes)", "users_attributes").ddl_if(dialect="sqlite"),
    Index("users_external_id", "external_id"),
    _unkeyed("users", "user_name", "email"),
)

GROUPS = Table(
    "groups",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("external_id", Text),
    Column("display_name", Text, nullable=False),
    Column("display_name_key", Text),
    *_row_columns(),
    UniqueConstraint("display_name", name="groups_display_name"),
    UniqueConstraint("display_name_key", name="groups_display_name_key"),
    CheckConstraint("json_valid(attributes)", "groups_attributes").ddl_if(dialect="sqlite"),
    Index("groups_external_id", "external_id"),
    _unkeyed("groups", "display_name"),
)

MEMBERS = Table(
    "members",
    METADATA,
    Column("group_id", Text, ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", Text, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Index("members_user_id", "user_id"),
)

SCHEMA = Schema(
    metadata=METADATA,
    migrations=Path(__file__).parent / "migrations",
    revisions=("0001", "0002"),
    alike=frozenset({"0001"}),
    version_table="syncd_store_version",
)
