"""Snapshots: what sources and target held when they were last read."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "ledger_snapshots",
        sa.Column("sync", sa.Text, primary_key=True),
        sa.Column("head", sa.Text, nullable=False),
    )
    op.create_table(
        "ledger_chunks",
        sa.Column("sync", sa.Text, primary_key=True),
        sa.Column("part", sa.Text, primary_key=True),
        sa.Column("print", sa.LargeBinary, primary_key=True),
        sa.Column("until", sa.BigInteger),
        sa.Column("things", sa.LargeBinary, nullable=False),
    )
    name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "ledger_things",
        sa.Column("sync", sa.Text, primary_key=True),
        sa.Column("part", sa.Text, primary_key=True),
        sa.Column("name", name, primary_key=True),
        sa.Column("record", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger_unsettled",
        sa.Column("sync", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sqlite_with_rowid=False,
    )
