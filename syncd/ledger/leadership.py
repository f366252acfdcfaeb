"""Who leads: of several daemons with one ledger, one does the work and the others stand by."""

from syncd.ledger.lock import Grip, Taken
from syncd.ledger.locks import Locks


class Leadership:
    """One daemon's part in it; got by `Ledger.leadership()`, and nobody leads by that alone.

        leadership = ledger.leadership()
        while going_on:
            if leadership.take():
                work(while_true=leadership.holds)
            else:
                tell(leadership.holder)
            wait(a_second_or_two)
        leadership.give_up()

    For one thread, but for `holds`, which several may ask. A run that is under way when the lead is
    lost is held back by its own lock, which is lost in the same ways.
    """

    def __init__(self, locks: Locks) -> None:
        self._locks = locks
        self._grip: Grip | None = None
        self.holder = ""
        """Who led when `take` last said no (`pid 12 on wiki1 since 2026-03-01T06:00:00Z`)."""

    def take(self) -> bool:
        """Whether this one leads now: still, or because nobody else does. Waits for nobody.

        Raises `LedgerError` where the ledger cannot be asked; then this one does not lead. On
        PostgreSQL each try that takes the lead, or is told no, is a new connection.
        """
        if self.holds():
            return True
        self.give_up()
        try:
            self._grip = self._locks.leader()
        except Taken as taken:
            self.holder = str(taken)
            return False
        self.holder = ""
        return True

    def holds(self) -> bool:
        """Whether this one leads. A lead once lost stays lost until it is taken again."""
        grip = self._grip
        return grip is not None and grip.held()

    def give_up(self) -> None:
        """Free for others when this returns; no harm where this one does not lead."""
        grip, self._grip = self._grip, None
        if grip is not None:
            grip.release()
