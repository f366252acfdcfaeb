"""What a decision leaves to those that follow."""

from collections.abc import Mapping

from msgspec import Struct

from syncd.core.model import Key, Kind, Ref
from syncd.core.question import Beyond


class Left(Struct, frozen=True):
    """`open` are the things about which anything was found: all others are as they should be.

    The `told` among them are decided, and a plan tells of them again; of the `undecided` nobody
    knows whether they are as they should be. `totals` is what is counted
    of everybody, to be `beyond` the questions that follow. `administrators` are those in the
    target who can log in.
    """

    open: frozenset[tuple[Kind, Key]]
    totals: Beyond
    administrators: frozenset[Ref]
    told: frozenset[tuple[Kind, Key]] = frozenset()
    undecided: frozenset[tuple[Kind, Key]] = frozenset()


class Growth(Struct, frozen=True):
    """What a run made, and which administrators are among that."""

    made: Mapping[Kind, int]
    administrators: frozenset[Ref]
