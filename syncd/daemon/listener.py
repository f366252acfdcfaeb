"""Whoever is told what the daemon does: the log, the metrics, the messages."""

from collections.abc import Sequence
from typing import Protocol

from syncd.ledger import Ended, Standing


class Listener(Protocol):
    """Told from the threads that do the work, so that it must be quick and raise nothing."""

    def cycle_begun(self, sync: str) -> None: ...

    def changes(self, sync: str, run: int, ended: Sequence[Ended]) -> None:
        """The ledger has the outcome of these, which are of that run."""
        ...

    def cycle_ended(self, before: Standing | None, standing: Standing, seconds: float) -> None:
        """How the sync stood before the cycle, and stands now."""
        ...

    def happened(self, event: str, **words: object) -> None:
        """Anything else: a reload, a lead won or lost, a pause after a failure."""
        ...


class Listeners:
    """All of them as one."""

    def __init__(self, those: Sequence[Listener]) -> None:
        self.those = those

    def cycle_begun(self, sync: str) -> None:
        for one in self.those:
            one.cycle_begun(sync)

    def changes(self, sync: str, run: int, ended: Sequence[Ended]) -> None:
        for one in self.those:
            one.changes(sync, run, ended)

    def cycle_ended(self, before: Standing | None, standing: Standing, seconds: float) -> None:
        for one in self.those:
            one.cycle_ended(before, standing, seconds)

    def happened(self, event: str, **words: object) -> None:
        for one in self.those:
            one.happened(event, **words)
