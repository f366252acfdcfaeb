"""The journal in batches: what its lines have in common is written once."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _batches()
    _lines()
    _ends()
    _tallies()
    _carry_over()
    op.drop_table("ledger_journal")


def _batches() -> None:
    op.create_table(
        "ledger_batches",
        sa.Column("batch", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("last", NUMBER, nullable=False),
        sa.Column("run", NUMBER, sa.ForeignKey("ledger_runs.run"), nullable=False),
        sa.Column("sync", sa.Text, nullable=False),
        sa.Column("begun_at", TIME, nullable=False),
        sa.Column("open", sa.Integer, nullable=False),
        sa.Column("outcome", sa.Text),
        sa.Column("ended_at", TIME),
        sa.Column("refs", sa.Text),
    )
    op.create_index("ledger_batches_of_run", "ledger_batches", ["run"])
    _index_some("ledger_batches_open", "ledger_batches", "sync", "open > 0")


def _lines() -> None:
    op.create_table(
        "ledger_lines",
        sa.Column("line", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("batch", NUMBER, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("member", sa.Text),
        sa.Column("change", sa.Text, nullable=False),
    )
    op.create_index("ledger_lines_of_key", "ledger_lines", ["key"])
    _index_some("ledger_lines_of_member", "ledger_lines", "member", "member IS NOT NULL")


def _ends() -> None:
    op.create_table(
        "ledger_ends",
        sa.Column("line", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("outcome", sa.Text),
        sa.Column("ref", sa.Text),
        sa.Column("error", sa.Text),
        sa.Column("ended_at", TIME),
    )


def _tallies() -> None:
    op.create_table(
        "ledger_tallies",
        sa.Column("tally", NUMBER, primary_key=True),
        sa.Column("sync", sa.Text, nullable=False),
        sa.Column("ended_at", TIME, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("op", sa.Text, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
    )
    op.create_index("ledger_tallies_since", "ledger_tallies", ["sync", "ended_at"])


def _index_some(name: str, table: str, column: str, which: str) -> None:
    where = sa.text(which)
    op.create_index(name, table, [column], sqlite_where=where, postgresql_where=where)


def _carry_over() -> None:
    """Lines that one call began had one moment in common, and only they. Each keeps its own end."""
    op.execute("""
        INSERT INTO ledger_batches (batch, last, run, sync, begun_at, open, outcome, ended_at)
        SELECT min(line), max(line), run, min(sync), begun_at,
               sum(CASE WHEN outcome IS NULL THEN 1 ELSE 0 END),
               CASE WHEN count(*) = count(outcome) THEN 'done' END,
               CASE WHEN count(*) = count(outcome) THEN max(ended_at) END
        FROM ledger_journal GROUP BY run, begun_at
    """)
    _carry_lines_over()
    op.execute("""
        INSERT INTO ledger_ends (line, outcome, error, ended_at)
        SELECT line, outcome, error, ended_at FROM ledger_journal WHERE outcome IS NOT NULL
    """)
    op.execute("""
        INSERT INTO ledger_tallies (sync, ended_at, kind, op, done)
        SELECT sync, ended_at, kind, op, count(*) FROM ledger_journal
        WHERE outcome = 'done' GROUP BY sync, ended_at, kind, op
    """)


def _carry_lines_over() -> None:
    columns: Any = sa.table("ledger_journal", *map(sa.column, _KEPT)).c
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    build = sa.func.json_build_object if on_postgresql else sa.func.json_object
    words: list[Any] = []
    for name in _CHANGE:
        value = columns[name]
        if name in ("before", "after"):
            value = sa.cast(value, sa.JSON) if on_postgresql else sa.func.json(value)
        words += [sa.literal_column(f"'{name}'"), value]
    batch = sa.func.min(columns.line).over(partition_by=(columns.run, columns.begun_at))
    lines = sa.select(columns.line, batch, columns.key, columns.member, build(*words))
    into = sa.table("ledger_lines", *map(sa.column, ("line", "batch", "key", "member", "change")))
    op.execute(sa.insert(into).from_select(list(into.c.keys()), lines))


_CHANGE = ("op", "kind", "name", "reason", "ref", "member_ref", "before", "after")
_KEPT = ("line", "run", "begun_at", "key", "member", *_CHANGE)
