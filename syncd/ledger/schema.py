"""The ledger's tables of what was done. `migrations/` leads to exactly these and those of
`operation`; a test holds them together."""

from pathlib import Path

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    and_,
    false,
    func,
    select,
    text,
)

from syncd.database import Schema, UtcTime
from syncd.ledger import operation
from syncd.ledger.metadata import METADATA, NUMBER

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
    Column("stripped_at", UtcTime),
    # The run of the newest of these steps.
    Column("stepped_in", NUMBER, nullable=False, server_default="0"),
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
    # The run that this one goes back on.
    Column("undoes", NUMBER),
    Index("ledger_runs_of_sync", "sync", "run"),
)

BATCHES = Table(
    "ledger_batches",
    METADATA,
    # Its lines' first number and their last, and none of this sync's others between them.
    Column("batch", NUMBER, primary_key=True, autoincrement=False),
    Column("last", NUMBER, nullable=False),
    Column("run", NUMBER, ForeignKey("ledger_runs.run"), nullable=False),
    Column("sync", Text, nullable=False),
    Column("begun_at", UtcTime, nullable=False),
    # So many lines have no end. At 0 the batch has an end, of which theirs say what differs.
    Column("open", Integer, nullable=False),
    Column("outcome", Text),
    Column("ended_at", UtcTime),
    # JSON: for each line the ref that its change gave, or null; the first line's first.
    Column("refs", Text),
    Index("ledger_batches_of_run", "run"),
)

LINES = Table(
    "ledger_lines",
    METADATA,
    Column("line", NUMBER, primary_key=True, autoincrement=False),
    Column("batch", NUMBER, nullable=False),
    Column("key", Text, nullable=False),
    Column("member", Text),
    # JSON, as `history.Kept` has it.
    Column("change", Text, nullable=False),
    Index("ledger_lines_of_key", "key"),
)

ENDS = Table(
    "ledger_ends",
    METADATA,
    Column("line", NUMBER, primary_key=True, autoincrement=False),
    Column("outcome", Text),
    Column("ref", Text),
    Column("error", Text),
    Column("ended_at", UtcTime),
)

FREE = "-"
"""Of what drew on no budget, since it was approved: it is counted as done and not as spent."""

TALLIES = Table(
    "ledger_tallies",
    METADATA,
    Column("tally", NUMBER, primary_key=True),
    Column("sync", Text, nullable=False),
    Column("ended_at", UtcTime, nullable=False),
    Column("kind", Text, nullable=False),
    # An op, or what else has a budget: a name, an administrator's rights.
    Column("op", Text, nullable=False),
    Column("done", Integer, nullable=False),
    # A group's key, or a field, where the budget is that one's; or what is in `FREE`.
    Column("detail", Text, nullable=False, server_default=text("''")),
    Index("ledger_tallies_since", "sync", "ended_at"),
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
    Column("point", BigInteger),
    sqlite_with_rowid=False,
)

UNSETTLED = Table(
    "ledger_unsettled",
    METADATA,
    Column("sync", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    # Whether all about it is decided, and a plan only tells of it again.
    Column("told", Boolean, nullable=False, server_default=false()),
    sqlite_with_rowid=False,
)

STUCK = Table(
    "ledger_stuck",
    METADATA,
    Column("sync", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    # "" for the thing itself, and for no field.
    Column("member", Text, primary_key=True),
    Column("field", Text, primary_key=True),
    # Under which configuration and version it was tried so often.
    Column("made_by", Text, nullable=False),
    # JSON, as `past.Stuck` has it.
    Column("content", Text, nullable=False),
    sqlite_with_rowid=False,
)

EVIDENCE = Table(
    "ledger_evidence",
    METADATA,
    Column("run", NUMBER, ForeignKey("ledger_runs.run"), primary_key=True, autoincrement=False),
    Column("sync", Text, nullable=False),
    Column("asked_at", UtcTime, nullable=False),
    # MessagePack: the prints of its pieces by section, in order.
    Column("pieces", LargeBinary, nullable=False),
    Index("ledger_evidence_of_sync", "sync", "run"),
)

PIECES = Table(
    "ledger_pieces",
    METADATA,
    Column("sync", Text, primary_key=True),
    Column("print", LargeBinary, primary_key=True),
    # The newest run whose evidence it is in.
    Column("last_run", NUMBER, nullable=False),
    # MessagePack, compressed: its rows in order.
    Column("content", LargeBinary, nullable=False),
    Index("ledger_pieces_by_run", "sync", "last_run"),
)

# Where a member's line is, by its user's key.
Index(
    "ledger_lines_of_member",
    LINES.c.member,
    sqlite_where=LINES.c.member.is_not(None),
    postgresql_where=LINES.c.member.is_not(None),
)

# Where things meet those of other parts, for the few syncs in which they can.
Index(
    "ledger_things_at",
    *(THINGS.c[name] for name in ("point", "sync", "part")),
    sqlite_where=THINGS.c.point.is_not(None),
    postgresql_where=THINGS.c.point.is_not(None),
)

# Leavers that may come back under another key are few, and hard to find among all links.
_MAY_RETURN = and_(LINKS.c.left_at.is_not(None), LINKS.c.aliases != "[]")
Index(
    "ledger_links_may_return",
    *(LINKS.c[name] for name in ("sync", "kind")),
    sqlite_where=_MAY_RETURN,
    postgresql_where=_MAY_RETURN,
)

# Open lines are few, and every plan asks for them.
Index(
    "ledger_batches_open",
    BATCHES.c.sync,
    sqlite_where=BATCHES.c.open > 0,
    postgresql_where=BATCHES.c.open > 0,
)

JOURNAL = (
    select(
        *(LINES.c[name] for name in ("line", "batch", "key", "member", "change")),
        *(BATCHES.c[name] for name in ("run", "sync", "begun_at", "open")),
        ENDS.c.ref,
        func.coalesce(ENDS.c.outcome, BATCHES.c.outcome).label("outcome"),
        func.coalesce(ENDS.c.ended_at, BATCHES.c.ended_at).label("ended_at"),
        func.coalesce(ENDS.c.error, "").label("error"),
    )
    # The numbers lead from a batch to its lines, for which there is no index.
    .join_from(
        LINES,
        BATCHES,
        and_(
            LINES.c.batch == BATCHES.c.batch, LINES.c.line.between(BATCHES.c.batch, BATCHES.c.last)
        ),
    )
    .outerjoin(ENDS, ENDS.c.line == LINES.c.line)
    .subquery("journal")
)
"""Each line with what its batch says of it. One without an outcome is open."""

SCHEMA = Schema(
    metadata=operation.METADATA,
    migrations=Path(__file__).parent / "migrations",
    revisions=(
        *("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", "0011"),
        "0012",
    ),
    version_table="syncd_ledger_version",
    private=True,
)
