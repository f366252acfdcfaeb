"""What became of each change of a run."""

from collections.abc import Iterable

from msgspec import Struct, field

from syncd.core.model import Key, Kind, Op, Ref
from syncd.core.plan import Change
from syncd.ledger import DONE, Ended


class Failed(Struct, frozen=True, gc=False):
    change: Change
    why: str


class Execution(Struct):
    """`unknown` may have happened. `untried` were not begun, for the reason in `stopped`."""

    done: list[Change] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    unknown: list[Failed] = field(default_factory=list)
    untried: list[Change] = field(default_factory=list)
    stopped: str = ""
    denied: bool = False
    made: dict[tuple[Kind, Key], Ref] = field(default_factory=dict)

    def record(self, ended: Iterable[Ended]) -> None:
        """What has its end in the journal."""
        for one in ended:
            change = one.change
            if one.outcome != DONE:
                self.failed.append(Failed(change, one.error))
                continue
            self.done.append(change)
            if change.op is Op.CREATE and one.ref is not None:
                self.made[change.kind, change.key] = one.ref

    def doubt(self, changes: Iterable[Change], why: str) -> None:
        self.unknown += [Failed(change, why) for change in changes]

    def leave(self, changes: Iterable[Change]) -> None:
        self.untried += changes

    def refs(self, kind: Kind) -> frozenset[Ref]:
        """All users, or groups, that a change was tried on."""
        tried = [*self.done, *(one.change for one in (*self.failed, *self.unknown))]
        old = {change.ref for change in tried if change.kind is kind and change.ref is not None}
        return frozenset(old | {ref for (of, _), ref in self.made.items() if of is kind})
