"""What a running daemon knows besides the ledger, for whoever shows it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from syncd.config.settings import Settings
from syncd.ledger import Ledger


class Progress(Struct, frozen=True):
    """A cycle that is under way. `what` is done `done` times of `total`, None where unknown."""

    sync: str
    since: datetime
    what: str = ""
    done: int = 0
    total: int | None = None
    writing: bool = False


class Known(Protocol):
    """What is known of the syncs, by whoever knows it."""

    @property
    def settings(self) -> Settings:
        """Those in force; a reload replaces them."""
        ...

    @property
    def ledger(self) -> Ledger:
        """Open for as long as this is. Raises `LedgerError` where it cannot be used."""
        ...

    def leads(self) -> bool:
        """Whether it is the one of its pair that runs syncs."""
        ...

    def next_runs(self) -> Mapping[str, datetime | None]:
        """When each enabled sync runs next; None where it will not, as in a daemon that waits."""
        ...

    def under_way(self) -> Mapping[str, Progress]: ...


class Live(Known, Protocol):
    """A daemon, from any thread. Nothing here waits for a cycle, a source or a target."""

    @property
    def started_at(self) -> datetime: ...

    @property
    def name(self) -> str:
        """Its process id and its host."""
        ...

    def alive(self) -> bool:
        """Whether the scheduler has given a sign of life lately, and no cycle hangs."""
        ...

    def unable(self) -> str:
        """Why it cannot do its work, such as that the ledger cannot be used; empty where it can."""
        ...

    def run_now(self, sync: str, by: str) -> int:
        """The number of the request. Raises `ConfigError` where there is no such sync."""
        ...
