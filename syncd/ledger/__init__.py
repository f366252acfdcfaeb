"""syncd's own memory: links, the journal, lifecycle stamps, runs, plans, approvals, holds."""

from syncd.ledger.approvals import Approval, Signature
from syncd.ledger.chronicle import Day
from syncd.ledger.daemons import Daemon, Request
from syncd.ledger.history import DONE, FAILED, MOOT, Line
from syncd.ledger.holds import KeptHold, Wanted
from syncd.ledger.journal import Ended
from syncd.ledger.kept import Snapshot
from syncd.ledger.leadership import Leadership
from syncd.ledger.lease import LIFE
from syncd.ledger.links import Remarked
from syncd.ledger.locks import Held
from syncd.ledger.opening import open_ledger
from syncd.ledger.plans import KeptPlan
from syncd.ledger.runs import BROKEN_OFF, Run
from syncd.ledger.standings import Reading, Standing
from syncd.ledger.store import Ledger
from syncd.ledger.stuck import Tries
from syncd.ledger.targets import Acceptance, KnownTarget

__all__ = [
    "BROKEN_OFF",
    "DONE",
    "FAILED",
    "LIFE",
    "MOOT",
    "Acceptance",
    "Approval",
    "Daemon",
    "Day",
    "Ended",
    "Held",
    "KeptHold",
    "KeptPlan",
    "KnownTarget",
    "Leadership",
    "Ledger",
    "Line",
    "Reading",
    "Remarked",
    "Request",
    "Run",
    "Signature",
    "Snapshot",
    "Standing",
    "Tries",
    "Wanted",
    "open_ledger",
]
