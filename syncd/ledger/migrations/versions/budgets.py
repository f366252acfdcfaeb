"""What budgets have seen, by group and by field."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    detail = sa.Column("detail", sa.Text, nullable=False, server_default=sa.text("''"))
    op.add_column("ledger_tallies", detail)
