"""Where changes are put as they are found, and taken from in order once all are known."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from syncd.core.order import Place, refusal_place
from syncd.core.plan import Change, Refusal

Row = tuple[Place, Change, str]
"""A change, its place, and the rule by which it does not run, where it has one of its own."""


class Spool(Protocol):
    """Changes lie in trays by what will become of them together.

    Rows of one place come out in the order in which they were put in.
    """

    def put(self, tray: str, rows: Iterable[Row]) -> None: ...

    def rows(self, tray: str) -> Iterator[Row]:
        """All in this tray, in any order. Others may be filled meanwhile."""
        ...

    def changes(self, trays: Sequence[str]) -> Sequence[Change]:
        """All in these trays, by their places."""
        ...

    def refusals(self, trays: Mapping[str, str]) -> Sequence[Refusal]:
        """All in these trays, as `refusal_place` says: with the tray's rule, or where that is ""
        their own."""
        ...


class Trays:
    """In memory."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Row]] = defaultdict(list)

    def put(self, tray: str, rows: Iterable[Row]) -> None:
        self._rows[tray] += rows

    def rows(self, tray: str) -> Iterator[Row]:
        return iter(self._rows[tray])

    def changes(self, trays: Sequence[str]) -> Sequence[Change]:
        rows = [row for tray in sorted(trays) for row in self._rows[tray]]
        rows.sort(key=lambda row: row[0])
        return tuple(change for _, change, _ in rows)

    def refusals(self, trays: Mapping[str, str]) -> Sequence[Refusal]:
        some = [
            Refusal(change, rule or own)
            for tray, rule in sorted(trays.items())
            for _, change, own in self._rows[tray]
        ]
        return tuple(sorted(some, key=refusal_place))
