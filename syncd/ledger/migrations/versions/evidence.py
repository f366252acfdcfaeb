"""What runs were decided from, in pieces under their prints."""

import sqlalchemy as sa
from alembic import op

from syncd.database import UtcTime

revision = "0009"
down_revision = "0008"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "ledger_evidence",
        sa.Column(
            "run", NUMBER, sa.ForeignKey("ledger_runs.run"), primary_key=True, autoincrement=False
        ),
        sa.Column("sync", sa.Text, nullable=False),
        sa.Column("asked_at", UtcTime, nullable=False),
        sa.Column("pieces", sa.LargeBinary, nullable=False),
    )
    op.create_index("ledger_evidence_of_sync", "ledger_evidence", ["sync", "run"])
    op.create_table(
        "ledger_pieces",
        sa.Column("sync", sa.Text, primary_key=True),
        sa.Column("print", sa.LargeBinary, primary_key=True),
        sa.Column("last_run", NUMBER, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_index("ledger_pieces_by_run", "ledger_pieces", ["sync", "last_run"])
