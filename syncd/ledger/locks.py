"""The locks of one ledger: one for each sync's run, and the leader's, each as its database can."""

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from urllib.parse import quote

from syncd.database import Database
from syncd.errors import Busy, LedgerError
from syncd.ledger.lease import Lease
from syncd.ledger.lock import FileLock, Grip, MemoryLock, Taken

Held = Callable[[], None]
"""Raises `LedgerError` where the lock was lost meanwhile."""


_LEADER = "-leader.lock"


def were_taken(file: Path) -> bool:
    """Whether a ledger in that file was ever locked: then there was one."""
    beside = [path.name for path in file.parent.iterdir() if path.name.endswith(".lock")]
    return any(name.startswith((f"{file.name}.", f"{file.name}{_LEADER}")) for name in beside)


class Locks:
    """`life` is for how many seconds PostgreSQL bears a holder's silence."""

    def __init__(self, database: Database, life: float) -> None:
        self._database = database
        self._life = life
        self._in_memory: defaultdict[str, Lock] = defaultdict(Lock)

    def run(self, sync: str) -> Grip:
        """Raises `Busy` at once where another run of the sync is under way."""
        try:
            return self._grip(f"run {sync}", f".{quote(sync, safe='')}.lock")
        except Taken as taken:
            raise Busy(f"another run of {sync} is under way ({taken})") from taken

    def leader(self) -> Grip:
        """Raises `Taken` at once where somebody else leads."""
        return self._grip("leader", _LEADER)

    def _grip(self, name: str, suffix: str) -> Grip:
        file = self._database.file
        if file is not None:
            path = Path(file)
            return FileLock(path.with_name(path.name + suffix))
        if self._database.engine.dialect.name == "postgresql":
            return Lease(self._database, name, self._life)
        return MemoryLock(self._in_memory[name])


def still(grip: Grip, sync: str) -> Held:
    def held() -> None:
        if not grip.held():
            raise LedgerError(
                f"the lock of {sync} was lost with its connection to PostgreSQL: another run may"
                " have begun, so this one stops; run it again"
            )

    return held
