"""The ledger's tables for whoever operates syncd: how syncs stand, plans, approvals, daemons."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text, text

from syncd.database import UtcTime
from syncd.ledger.metadata import METADATA, NUMBER

__all__ = [
    "APPROVALS",
    "APPROVED",
    "AUDITS",
    "DAEMONS",
    "EVENTS",
    "FINDINGS",
    "HOLDS",
    "METADATA",
    "PLANS",
    "REQUESTS",
    "STANDINGS",
    "TARGETS",
]

STANDINGS = Table(
    "ledger_standings",
    METADATA,
    Column("sync", Text, primary_key=True),
    # JSON, as `standing.Standing` has it.
    Column("standing", Text, nullable=False),
    sqlite_with_rowid=False,
)

PLANS = Table(
    "ledger_plans",
    METADATA,
    Column("digest", Text, primary_key=True),
    Column("sync", Text, nullable=False),
    # The newest run that had this plan.
    Column("run", NUMBER, nullable=False),
    # JSON: what of the plan is no list, and how long the lists are.
    Column("head", Text, nullable=False),
    Index("ledger_plans_of_sync", "sync", "run"),
    sqlite_with_rowid=False,
)

FINDINGS = Table(
    "ledger_findings",
    METADATA,
    # What a plan has besides its changes: held, refused, conflicts, failures; each list in order.
    Column("digest", Text, ForeignKey("ledger_plans.digest", ondelete="CASCADE"), primary_key=True),
    Column("section", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("content", Text, nullable=False),
    sqlite_with_rowid=False,
)

APPROVALS = Table(
    "ledger_approvals",
    METADATA,
    Column("approval", NUMBER, primary_key=True),
    Column("sync", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("approved_by", Text, nullable=False),
    Column("approved_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("withdrawn_at", UtcTime),
    # How many changes it is of.
    Column("changes", Integer, nullable=False),
    # Who it is, however the name was written, and the file of the approval where it came in one.
    Column("person", Text),
    Column("file", Text),
    # Which store its plan was made for, and with which configuration.
    Column("identity", Text, nullable=False, server_default=text("''")),
    Column("config", Text, nullable=False, server_default=text("''")),
    Index("ledger_approvals_of_sync", "sync", "expires_at"),
)

APPROVED = Table(
    "ledger_approved",
    METADATA,
    Column(
        "approval",
        NUMBER,
        ForeignKey("ledger_approvals.approval", ondelete="CASCADE"),
        primary_key=True,
    ),
    # The id and the print of a change that may be made once; `used_by` is the run that made it.
    Column("change", Text, primary_key=True),
    Column("print", Text, primary_key=True),
    Column("used_by", NUMBER),
    sqlite_with_rowid=False,
)

HOLDS = Table(
    "ledger_holds",
    METADATA,
    Column("hold", NUMBER, primary_key=True),
    # A full key, SOURCE:KEY: it is of that person in every sync.
    Column("key", Text, nullable=False),
    # What the person was called when it was set; empty where nobody of that key was known.
    Column("name", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("set_by", Text, nullable=False),
    Column("set_at", UtcTime, nullable=False),
    Column("until", UtcTime),
    Column("suspend", Boolean, nullable=False),
    Column("released_by", Text),
    Column("released_at", UtcTime),
)

TARGETS = Table(
    "ledger_targets",
    METADATA,
    # Which store the sync's links lead into.
    Column("sync", Text, primary_key=True),
    Column("identity", Text, nullable=False),
    # Whether somebody has said that it may hold none of what they lead to.
    Column("emptied", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

DAEMONS = Table(
    "ledger_daemons",
    METADATA,
    # Host and process id.
    Column("name", Text, primary_key=True),
    Column("version", Text, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Column("leads", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

REQUESTS = Table(
    "ledger_requests",
    METADATA,
    Column("request", NUMBER, primary_key=True),
    Column("sync", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", UtcTime, nullable=False),
    Column("begun_at", UtcTime),
    Column("ended_at", UtcTime),
    Column("outcome", Text),
    Index("ledger_requests_of_sync", "sync", "request"),
)

EVENTS = Table(
    "ledger_events",
    METADATA,
    Column("number", NUMBER, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("what", Text, nullable=False),
    Column("sync", Text),
    Column("run", NUMBER),
    # JSON: what else is to be said, by name.
    Column("facts", Text, nullable=False),
    Index("ledger_events_of_sync", "sync", "what", "number"),
)

AUDITS = Table(
    "ledger_audits",
    METADATA,
    # A machine, and the directory of its audit.
    Column("place", Text, primary_key=True),
    Column("file", Text, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
    Column("checkpoint", BigInteger, nullable=False),
    Column("told", BigInteger, nullable=False),
    Column("told_item", BigInteger, nullable=False),
    Column("at", UtcTime, nullable=False),
    sqlite_with_rowid=False,
)
