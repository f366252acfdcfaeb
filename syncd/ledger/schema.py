"""The ledger's tables. `migrations/` leads to exactly these; a test holds the two together."""

from pathlib import Path

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from syncd.database import Schema, UtcTime

METADATA = MetaData()

# SQLite gives out numbers by itself only for a column of exactly the type INTEGER:
# https://sqlite.org/autoinc.html
NUMBER = BigInteger().with_variant(Integer(), "sqlite")

LINKS = Table(
    "ledger_links",
    METADATA,
    Column("sync", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("left_at", UtcTime),
    Column("suspended_at", UtcTime),
    Column("aliases", Text, nullable=False, server_default="[]"),
    # No common first column: without statistics PostgreSQL would take one for the other, and walk
    # through all links of a sync to find one.
    PrimaryKeyConstraint("key", "sync", "kind", name="ledger_links_by_key"),
    UniqueConstraint("ref", "sync", "kind", name="ledger_links_by_ref"),
)

RUNS = Table(
    "ledger_runs",
    METADATA,
    Column("run", NUMBER, primary_key=True),
    Column("sync", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("begun_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Column("outcome", Text),
    Column("planned", Integer, nullable=False),
    Column("held", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("conflicts", Integer, nullable=False),
    Column("withheld", Text, nullable=False),
    Column("done", Integer, nullable=False, server_default="0"),
    Column("failed", Integer, nullable=False, server_default="0"),
    Index("ledger_runs_of_sync", "sync", "run"),
)

JOURNAL = Table(
    "ledger_journal",
    METADATA,
    Column("line", NUMBER, primary_key=True),
    Column("run", NUMBER, ForeignKey("ledger_runs.run"), nullable=False),
    Column("sync", Text, nullable=False),
    Column("op", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("ref", Text),
    Column("member", Text),
    Column("member_ref", Text),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("begun_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Column("outcome", Text),
    Column("error", Text, nullable=False),
    Index("ledger_journal_of_run", "run"),
    Index("ledger_journal_of_key", "sync", "key"),
    Index("ledger_journal_ended", "sync", "ended_at"),
)

MARKS = Table(
    "ledger_marks",
    METADATA,
    Column("mark", NUMBER, primary_key=True),
    Column("run", NUMBER, ForeignKey("ledger_runs.run"), nullable=False),
    Column("sync", Text, nullable=False),
    Column("remark", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("old_key", Text),
    Column("at", UtcTime, nullable=False),
    Index("ledger_marks_of_key", "sync", "key"),
)

SNAPSHOTS = Table(
    "ledger_snapshots",
    METADATA,
    Column("sync", Text, primary_key=True),
    Column("head", Text, nullable=False),
)

CHUNKS = Table(
    "ledger_chunks",
    METADATA,
    Column("sync", Text, primary_key=True),
    Column("part", Text, primary_key=True),
    Column("print", LargeBinary, primary_key=True),
    Column("until", BigInteger),
    Column("things", LargeBinary, nullable=False),
)

THINGS = Table(
    "ledger_things",
    METADATA,
    Column("sync", Text, primary_key=True),
    Column("part", Text, primary_key=True),
    # Sorted as Python sorts, wherever the database stands.
    Column("name", Text().with_variant(Text(collation="C"), "postgresql"), primary_key=True),
    Column("record", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

UNSETTLED = Table(
    "ledger_unsettled",
    METADATA,
    Column("sync", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    sqlite_with_rowid=False,
)

# Open lines are few, and every plan asks for them.
Index(
    "ledger_journal_open",
    JOURNAL.c.sync,
    sqlite_where=JOURNAL.c.outcome.is_(None),
    postgresql_where=JOURNAL.c.outcome.is_(None),
)

SCHEMA = Schema(
    metadata=METADATA,
    migrations=Path(__file__).parent / "migrations",
    revisions=("0001", "0003"),
    version_table="syncd_ledger_version",
    private=True,
)
