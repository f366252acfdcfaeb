"""Who reads a thing to put it back changed does so alone: two would undo each other's change."""

from threading import Lock

from syncd.core.model import Ref

_WIDTH = 64


class Turns:
    """Locks for any number of things; two that share one only wait."""

    def __init__(self) -> None:
        self._locks = [Lock() for _ in range(_WIDTH)]

    def of(self, ref: Ref) -> Lock:
        return self._locks[hash(ref) % _WIDTH]
