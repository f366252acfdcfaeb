"""Which tray a change is put into, and what becomes of each tray once all are counted.

What no budget and no need stops runs, and so does what is approved.
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from syncd.core.model import Kind, Op
from syncd.core.order import place_after
from syncd.core.plan import Refusal
from syncd.core.spool import Row

TIED, HELD, REFUSED = "tied", "held", "refused"
UNSETTLED, DRIFTED = "unsettled", "drifted"
"""Trays of those about which all is known when they are put there."""

APPROVED, WAITS_HELD, WAITS_REFUSED = ".approved", ".held", ".refused"
"""What is added to a tray's name: for changes that somebody approved, and, after that, for those
that wait for one that is held, or refused."""


def tray_of(kind: Kind, op: Op, *, approved: bool = False) -> str:
    return f"{kind}.{op}{APPROVED if approved else ''}"


def refusal_row(one: Refusal) -> Row:
    return place_after(one.change), one.change, one.rule


class Sorted(Struct, frozen=True):
    """Trays that run; those that are held and refused, with the rule where all have one."""

    ready: list[str]
    held: dict[str, str]
    refused: dict[str, str]


def sort(planned: Iterable[tuple[Kind, Op]], rules: Mapping[tuple[Kind, Op], str]) -> Sorted:
    """By what was `planned`, and the `rules` by which all of a kind is held."""
    found = Sorted([TIED], {HELD: ""}, {REFUSED: ""})
    for kind, op in planned:
        if kind is not Kind.GROUP:
            _sort_one(found, tray_of(kind, op), rules.get((kind, op), ""))
            _sort_one(found, tray_of(kind, op, approved=True), "")
    return found


def _sort_one(found: Sorted, tray: str, rule: str) -> None:
    waits_held, waits_refused = tray + WAITS_HELD, tray + WAITS_REFUSED
    if rule:
        found.held.update(dict.fromkeys((tray, waits_held, waits_refused), rule))
    else:
        found.ready.append(tray)
        found.held[waits_held] = found.refused[waits_refused] = ""
