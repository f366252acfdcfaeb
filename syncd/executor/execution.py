"""What became of each change of a run."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice

import msgspec
from msgspec import Struct, field

from syncd.core.model import Kind, Op
from syncd.core.plan import Change
from syncd.core.stream import Stream, encode
from syncd.ledger import DONE, Ended


class Failed(Struct, frozen=True, gc=False):
    change: Change
    why: str


class Execution(Struct):
    """`unknown` may have happened. `untried` were not begun, for the reason in `stopped`.

    Of the plan's `changes`, the first `begun` were begun but for those `withdrawn`, by id. What
    went well is not kept besides; `done_by` counts it by kind and op.
    """

    changes: Sequence[Change] = ()
    begun: int = 0
    done_by: Counter[tuple[Kind, Op]] = field(default_factory=Counter)
    failed: list[Failed] = field(default_factory=list)
    unknown: list[Failed] = field(default_factory=list)
    withdrawn: set[str] = field(default_factory=set)
    stopped: str = ""
    denied: bool = False

    def record(self, ended: Iterable[Ended]) -> None:
        """What has its end in the journal."""
        for one in ended:
            change = one.change
            if one.outcome == DONE:
                self.done_by[change.kind, change.op] += 1
            else:
                self.failed.append(Failed(change, one.error))

    def doubt(self, changes: Iterable[Change], why: str) -> None:
        self.unknown += [Failed(change, why) for change in changes]

    def withdraw(self, changes: Iterable[Change]) -> None:
        """These were begun, and not tried after all."""
        self.withdrawn |= {change.id for change in changes}

    @property
    def done(self) -> Sequence[Change]:
        """In the plan's order."""
        others = self.withdrawn | {one.change.id for one in (*self.failed, *self.unknown)}

        def some() -> Iterator[Change]:
            begun = islice(self.changes, self.begun)
            return (one for one in begun if one.id not in others) if others else begun

        return self._some(self.begun - len(others), some)

    @property
    def untried(self) -> Sequence[Change]:
        """In the plan's order."""

        def some() -> Iterator[Change]:
            begun = islice(self.changes, self.begun if self.withdrawn else 0)
            withdrawn = (one for one in begun if one.id in self.withdrawn)
            return chain(withdrawn, islice(self.changes, self.begun, None))

        return self._some(len(self.withdrawn) + len(self.changes) - self.begun, some)

    @property
    def counts(self) -> tuple[int, int]:
        """How many were done, and how many failed."""
        return len(self.done), len(self.failed)

    def _some(self, length: int, some: Callable[[], Iterator[Change]]) -> Sequence[Change]:
        """A list, or where the plan is a stream, a stream."""
        if isinstance(self.changes, Stream):
            return Picked(length, some)
        return list(some())


class Picked(Stream[Change]):
    """Some of a stream's changes, picked anew whenever they are read."""

    def __init__(self, length: int, some: Callable[[], Iterator[Change]]) -> None:
        super().__init__(length, lambda: map(encode, some()), _DECODE)
        self._some = some

    def __iter__(self) -> Iterator[Change]:
        return self._some()


_DECODE = msgspec.json.Decoder(Change).decode
