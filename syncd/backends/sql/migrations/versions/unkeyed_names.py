"""Indexes of only those rows whose normal forms other programs left out or left behind."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

NAMES = {"users": ("user_name", "email"), "groups": ("display_name",)}


def upgrade() -> None:
    for table, names in NAMES.items():
        missing = [f"({name} IS NOT NULL AND {name}_key IS NULL)" for name in names]
        wrong = [f"{name}_key <> lower({name})" for name in names]
        where = sa.text(" OR ".join(missing + wrong))
        op.create_index(
            f"{table}_unkeyed", table, ["id"], sqlite_where=where, postgresql_where=where
        )
