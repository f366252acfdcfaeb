"""What a verification is held against, and what it finds."""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct

from syncd.audit.checkpoint import Checkpoint, Verifier
from syncd.ledger.heads import Head


class Problem(Struct, frozen=True):
    """What is wrong and where: `line` counts from 1 in its `file`, 0 is the file as a whole.

    `seq` is the sequence number that should be there.
    """

    file: str
    line: int
    seq: int
    what: str
    expected: str = ""
    found: str = ""


class Verdict(Struct):
    """`notes` are what a reader should know and is not wrong."""

    lines: int = 0
    files: int = 0
    first: int = 0
    last: int = 0
    last_hash: str = ""
    checkpoints: int = 0
    unchecked: int = 0
    problems: list[Problem] = []
    notes: list[str] = []

    @property
    def whole(self) -> bool:
        return not self.problems


class Anchors(NamedTuple):
    """What the chain is held against: the ledger's memory of its end, signed checkpoints that were
    kept elsewhere, and the key of who signed. `alone` is for one segment without its neighbours.
    The last file is read up to that `size`, for somebody may be writing to it; None for all."""

    head: Head | None = None
    checkpoints: Sequence[Checkpoint] = ()
    key: Verifier | None = None
    alone: bool = False
    size: int | None = None
