"""What a cycle's readings came to: one part, one source, the target."""

from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar

from msgspec import Struct

from syncd.core.model import Ref
from syncd.core.prints import print_of
from syncd.cycle.follow import Follower
from syncd.cycle.standing import Standing
from syncd.ledger import Reading
from syncd.ports import Cursor

T = TypeVar("T")


class PartRead(Struct, Generic[T]):
    """One part after its reading. `follower` is None where it was not read at all."""

    standing: Standing[T]
    follower: Follower[T] | None = None
    delta: bool = False

    @property
    def told(self) -> int:
        """How many were read, were it all or what has changed."""
        return 0 if self.follower is None else self.follower.seen

    @property
    def seen(self) -> int | None:
        """How many there are, where all were read."""
        return None if self.follower is None or self.delta else self.follower.seen


class SourceRead(Struct):
    """One source after its reading."""

    users: PartRead[Any]
    groups: PartRead[Any]
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    cursor: Cursor | None = None
    strange: bool = False
    """Whether it cannot be believed, though it was read to its end."""
    since: Cursor | None = None
    """Where a reading of changes began."""
    untold: int = 0
    """What quick cycles had not been told of and this reading found."""
    seconds: float = 0.0

    @property
    def told_of(self) -> tuple[str, ...]:
        """The notes for a plan."""
        if not self.untold:
            return self.notes
        found = "1 change" if self.untold == 1 else f"{self.untold} changes"
        return (*self.notes, f"{found} that no quick cycle was told of, found now by reading all")

    @property
    def digest(self) -> str:
        """Of what was read, in whatever order it came, and since when; empty where nothing was."""
        if self.users.follower is None or self.groups.follower is None:
            return ""
        parts = self.since, self.users.follower.fold, self.groups.follower.fold
        return print_of(repr(parts).encode()).hex()

    @property
    def proves(self) -> bool:
        """Whether who is not there is known not to be there."""
        return not self.gaps and not self.strange


class TargetRead(Struct):
    """The target after its reading, whole or of some only."""

    users: PartRead[Any]
    groups: PartRead[Any]
    members: PartRead[Any]
    own: Ref | None
    gaps: tuple[str, ...] = ()
    strange: bool = False
    """Whether it cannot be believed, though it was read to its end."""
    emptied: bool = False
    """Whether somebody has said that it may hold none of what was linked; once all was read,
    whether it holds none."""
    quick: bool = False
    """Whether only those were read that a quick cycle asked for."""
    seconds: float = 0.0

    @property
    def proves(self) -> bool:
        """Whether what is not there is known not to be there."""
        return not self.gaps and not self.strange

    def doubt(self, strange: tuple[str, ...]) -> tuple[str, ...]:
        """All gaps, with what is `strange` about it unless somebody has said that it is meant."""
        self.strange = bool(strange) and not self.emptied
        self.emptied = self.emptied and bool(strange)
        return (*self.gaps, *strange) if self.strange else self.gaps


def digests(sources: Mapping[str, SourceRead]) -> dict[str, str]:
    """Of those that were read."""
    return {name: digest for name, read in sorted(sources.items()) if (digest := read.digest)}


def referring(sources: Mapping[str, SourceRead]) -> Iterator[str]:
    """Those with groups that name users of other sources."""
    for source, read in sources.items():
        if any(group.elsewhere for group in read.groups.standing.all()):
            yield source


def readings(
    sources: Mapping[str, SourceRead], target: TargetRead
) -> tuple[dict[str, Reading], Reading]:
    """What is told of them when all is over."""
    return {
        name: Reading(one.users.told, one.groups.told, one.users.delta, one.gaps, one.seconds)
        for name, one in sources.items()
    }, Reading(target.users.told, target.groups.told, target.quick, target.gaps, target.seconds)
