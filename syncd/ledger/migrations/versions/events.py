"""What the audit tells and where it ended, and who approves, by whatever name and in what file."""

import sqlalchemy as sa
from alembic import op

from syncd.database import UtcTime

revision = "0006"
down_revision = "0005"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "ledger_events",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("sync", sa.Text),
        sa.Column("run", NUMBER),
        sa.Column("facts", sa.Text, nullable=False),
    )
    op.create_index("ledger_events_of_sync", "ledger_events", ["sync", "what", "number"])
    op.create_table(
        "ledger_audits",
        sa.Column("place", sa.Text, primary_key=True),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("offset", sa.BigInteger, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("checkpoint", sa.BigInteger, nullable=False),
        sa.Column("told", sa.BigInteger, nullable=False),
        sa.Column("told_item", sa.BigInteger, nullable=False),
        sa.Column("at", UtcTime, nullable=False),
        sqlite_with_rowid=False,
    )
    op.add_column("ledger_approvals", sa.Column("person", sa.Text))
    op.add_column("ledger_approvals", sa.Column("file", sa.Text))
