"""What a cycle's readings came to: one part, one source, the target."""

from typing import Any, Generic, TypeVar

from msgspec import Struct

from syncd.core.model import Ref
from syncd.cycle.follow import Follower
from syncd.cycle.standing import Standing
from syncd.ports import Cursor

T = TypeVar("T")


class PartRead(Struct, Generic[T]):
    """One part after its reading. `follower` is None where it was not read at all."""

    standing: Standing[T]
    follower: Follower[T] | None = None
    delta: bool = False

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
    untold: int = 0
    """What quick cycles had not been told of and this reading found."""


class TargetRead(Struct):
    """The target after its reading, whole or of some only."""

    users: PartRead[Any]
    groups: PartRead[Any]
    members: PartRead[Any]
    own: Ref | None
    gaps: tuple[str, ...] = ()
    quick: bool = False
    """Whether only those were read that a quick cycle asked for."""
