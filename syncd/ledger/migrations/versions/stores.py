"""Which store an approval is for, and which one links lead into."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    for name in ("identity", "config"):
        column = sa.Column(name, sa.Text, nullable=False, server_default=sa.text("''"))
        op.add_column("ledger_approvals", column)
    op.create_table(
        "ledger_targets",
        sa.Column("sync", sa.Text, primary_key=True),
        sa.Column("identity", sa.Text, nullable=False),
        sa.Column("emptied", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
