"""Links, runs, journal and marks."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _links()
    _runs()
    _journal()
    _marks()


def _links() -> None:
    op.create_table(
        "ledger_links",
        sa.Column("sync", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("left_at", TIME),
        sa.Column("suspended_at", TIME),
        sa.Column("aliases", sa.Text, nullable=False, server_default="[]"),
        sa.PrimaryKeyConstraint("key", "sync", "kind", name="ledger_links_by_key"),
        sa.UniqueConstraint("ref", "sync", "kind", name="ledger_links_by_ref"),
    )


def _runs() -> None:
    op.create_table(
        "ledger_runs",
        sa.Column("run", NUMBER, primary_key=True),
        sa.Column("sync", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("begun_at", TIME, nullable=False),
        sa.Column("ended_at", TIME),
        sa.Column("outcome", sa.Text),
        sa.Column("planned", sa.Integer, nullable=False),
        sa.Column("held", sa.Integer, nullable=False),
        sa.Column("refused", sa.Integer, nullable=False),
        sa.Column("conflicts", sa.Integer, nullable=False),
        sa.Column("withheld", sa.Text, nullable=False),
        sa.Column("done", sa.Integer, nullable=False, server_default="0"),
        sa.Column("failed", sa.Integer, nullable=False, server_default="0"),
    )
    op.create_index("ledger_runs_of_sync", "ledger_runs", ["sync", "run"])


def _journal() -> None:
    op.create_table(
        "ledger_journal",
        sa.Column("line", NUMBER, primary_key=True),
        sa.Column("run", NUMBER, sa.ForeignKey("ledger_runs.run"), nullable=False),
        sa.Column("sync", sa.Text, nullable=False),
        sa.Column("op", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("ref", sa.Text),
        sa.Column("member", sa.Text),
        sa.Column("member_ref", sa.Text),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("after", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("begun_at", TIME, nullable=False),
        sa.Column("ended_at", TIME),
        sa.Column("outcome", sa.Text),
        sa.Column("error", sa.Text, nullable=False),
    )
    op.create_index("ledger_journal_of_run", "ledger_journal", ["run"])
    op.create_index("ledger_journal_of_key", "ledger_journal", ["sync", "key"])
    op.create_index("ledger_journal_ended", "ledger_journal", ["sync", "ended_at"])
    unended = sa.text("outcome IS NULL")
    op.create_index(
        "ledger_journal_open",
        "ledger_journal",
        ["sync"],
        sqlite_where=unended,
        postgresql_where=unended,
    )


def _marks() -> None:
    op.create_table(
        "ledger_marks",
        sa.Column("mark", NUMBER, primary_key=True),
        sa.Column("run", NUMBER, sa.ForeignKey("ledger_runs.run"), nullable=False),
        sa.Column("sync", sa.Text, nullable=False),
        sa.Column("remark", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("old_key", sa.Text),
        sa.Column("at", TIME, nullable=False),
    )
    op.create_index("ledger_marks_of_key", "ledger_marks", ["sync", "key"])
