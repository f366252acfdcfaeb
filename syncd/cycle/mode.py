"""How much a cycle reads."""

from enum import StrEnum


class Mode(StrEnum):
    """`FULL` reads everything. `QUICK` asks the sources for what has changed and reads from the
    target only whom that concerns; where that cannot be done safely it is full all the same.
    `DUE` is quick until the sync's `full_every` has passed since all was last read."""

    FULL = "full"
    QUICK = "quick"
    DUE = "due"
