"""How syncs stand, the plans that were made, approvals, daemons and what they are asked to do."""

import sqlalchemy as sa
from alembic import op

from syncd.database import UtcTime

revision = "0005"
down_revision = "0004"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "ledger_standings",
        sa.Column("sync", sa.Text, primary_key=True),
        sa.Column("standing", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    _plans()
    _approvals()
    _daemons()


def _plans() -> None:
    op.create_table(
        "ledger_plans",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("sync", sa.Text, nullable=False),
        sa.Column("run", NUMBER, nullable=False),
        sa.Column("head", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ledger_plans_of_sync", "ledger_plans", ["sync", "run"])
    op.create_table(
        "ledger_findings",
        sa.Column(
            "digest",
            sa.Text,
            sa.ForeignKey("ledger_plans.digest", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("section", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("content", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )


def _approvals() -> None:
    op.create_table(
        "ledger_approvals",
        sa.Column("approval", NUMBER, primary_key=True),
        sa.Column("sync", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("approved_by", sa.Text, nullable=False),
        sa.Column("approved_at", UtcTime, nullable=False),
        sa.Column("expires_at", UtcTime, nullable=False),
        sa.Column("withdrawn_at", UtcTime),
        sa.Column("changes", sa.Integer, nullable=False),
    )
    op.create_index("ledger_approvals_of_sync", "ledger_approvals", ["sync", "expires_at"])
    op.create_table(
        "ledger_approved",
        sa.Column(
            "approval",
            NUMBER,
            sa.ForeignKey("ledger_approvals.approval", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("change", sa.Text, primary_key=True),
        sa.Column("print", sa.Text, primary_key=True),
        sa.Column("used_by", NUMBER),
        sqlite_with_rowid=False,
    )


def _daemons() -> None:
    op.create_table(
        "ledger_daemons",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("started_at", UtcTime, nullable=False),
        sa.Column("seen_at", UtcTime, nullable=False),
        sa.Column("leads", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger_requests",
        sa.Column("request", NUMBER, primary_key=True),
        sa.Column("sync", sa.Text, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("asked_at", UtcTime, nullable=False),
        sa.Column("begun_at", UtcTime),
        sa.Column("ended_at", UtcTime),
        sa.Column("outcome", sa.Text),
    )
    op.create_index("ledger_requests_of_sync", "ledger_requests", ["sync", "request"])
