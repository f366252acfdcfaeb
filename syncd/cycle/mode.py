"""How much a cycle reads."""

from enum import StrEnum


class Mode(StrEnum):
    """`FULL` reads everything. `QUICK` asks the sources for what has changed and reads from the
    target only whom that concerns; where that cannot be done safely it is full all the same."""

    FULL = "full"
    QUICK = "quick"
