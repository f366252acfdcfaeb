"""The ledger's journal, for one run."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from syncd.core.model import Key, Kind, Ref
from syncd.core.plan import Change
from syncd.ledger import Ended, Held, Ledger

Told = Callable[[int, Sequence[Ended]], None]
"""Called with the run and with changes of it whose outcome the ledger has."""


@dataclass(frozen=True)
class Journal:
    """Each call is durable when it returns. What went wrong is booked in words that `redact` went
    over: a target may echo what it was told."""

    ledger: Ledger
    run: int
    clock: Callable[[], datetime]
    told: Told = lambda _run, _ended: None
    redact: Callable[[str], str] = str

    def begin(self, changes: Sequence[Change]) -> list[int]:
        return self.ledger.begin(self.run, changes, self.clock())

    def end(self, ended: Sequence[Ended]) -> None:
        self.ledger.end(ended, self.clock())
        self.told(self.run, ended)

    def withdraw(self, lines: Sequence[int]) -> None:
        """Of changes that were not tried after all."""
        self.ledger.withdraw(lines, self.clock())

    def held(self) -> Held:
        """What to ask before each write: it raises where another run may be at the target."""
        return self.ledger.held(self.run)

    def refs(self, kind: Kind, keys: Collection[Key]) -> dict[Key, Ref]:
        """What the links of these lead to, where they have one."""
        return self.ledger.refs(self.run, kind, keys)
