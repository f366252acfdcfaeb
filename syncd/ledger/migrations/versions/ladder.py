"""The further rungs of the ladder, in which run each was taken, and legal holds that stop it."""

import sqlalchemy as sa
from alembic import op

from syncd.database import UtcTime

revision = "0008"
down_revision = "0007"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("ledger_links", sa.Column("stripped_at", UtcTime))
    stepped_in = sa.Column("stepped_in", NUMBER, nullable=False, server_default="0")
    op.add_column("ledger_links", stepped_in)
    op.create_table(
        "ledger_holds",
        sa.Column("hold", NUMBER, primary_key=True),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("set_by", sa.Text, nullable=False),
        sa.Column("set_at", UtcTime, nullable=False),
        sa.Column("until", UtcTime),
        sa.Column("suspend", sa.Boolean, nullable=False),
        sa.Column("released_by", sa.Text),
        sa.Column("released_at", UtcTime),
    )
