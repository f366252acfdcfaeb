"""Which tray a change is put into, by what will become of it."""

from syncd.core.model import Kind, Op
from syncd.core.order import place_after
from syncd.core.plan import Refusal
from syncd.core.spool import Row

TIED, HELD, REFUSED = "tied", "held", "refused"
UNSETTLED, DRIFTED = "unsettled", "drifted"
"""Trays of those about which all is known when they are put there."""


def tray_of(kind: Kind, op: Op) -> str:
    """Of those that run unless that is over budget."""
    return f"{kind}.{op}"


def refusal_row(one: Refusal) -> Row:
    return place_after(one.change), one.change, one.rule
