"""syncd's own memory: links, the journal, lifecycle stamps and runs."""

from syncd.ledger.history import DONE, FAILED, MOOT, Line
from syncd.ledger.journal import Ended
from syncd.ledger.kept import Snapshot
from syncd.ledger.links import Remarked
from syncd.ledger.runs import BROKEN_OFF, Run
from syncd.ledger.standings import Reading, Standing
from syncd.ledger.store import Ledger, open_ledger

__all__ = [
    "BROKEN_OFF",
    "DONE",
    "FAILED",
    "MOOT",
    "Ended",
    "Ledger",
    "Line",
    "Reading",
    "Remarked",
    "Run",
    "Snapshot",
    "Standing",
    "open_ledger",
]
