"""One cycle of a sync: what is read, what of it is new, and all that a plan depends on."""

from syncd.cycle.cycle import Cycle, Touched
from syncd.cycle.growth import GROWS
from syncd.cycle.mode import Mode

__all__ = ["GROWS", "Cycle", "Mode", "Touched"]
