"""One cycle of a sync: what is read, what of it is new, and all that a plan depends on."""

from syncd.cycle.again import Touched
from syncd.cycle.cycle import Cycle
from syncd.cycle.growth import GROWS
from syncd.cycle.mode import Mode

__all__ = ["GROWS", "Cycle", "Mode", "Touched"]
