"""What waits in vain, among changes that come one after another and each after what it needs.

`drop_waiting` looks at all of them again and again; here one look does, with notes on those before.
A change is lost as soon as one of its needs is, so of several the one that was lost first is told.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec import Struct

from syncd.core.notes import Notes
from syncd.core.order import Runnable
from syncd.core.plan import Change, Refusal
from syncd.core.stream import encode


class _Lost(Struct, frozen=True, array_like=True):
    """`round` is how many changes had to be lost before this one: none, where it is missing."""

    round: int
    held: bool


class Waiting:
    """`held` has what is held from the beginning. `fates` will know whom it was asked about."""

    def __init__(self, held: Notes, fates: Notes) -> None:
        self._held, self._fates = held, fates

    def drop(self, some: Sequence[Change]) -> Runnable:
        """As `drop_waiting`, of the next few."""
        result = Runnable([], [], [])
        needs = {need for change in some for need in change.needs}
        held = self._held.of(needs)
        known = {one: _DECODE(fate) for one, fate in self._fates.of(needs).items()}
        fates: list[tuple[str, bytes]] = []
        for change in some:
            need, lost = _first_lost(change.needs, known)
            if lost is None:
                result.changes.append(change)
            else:
                lost = _Lost(lost.round + 1, lost.held or need in held)
                refusal = Refusal(change, f"waits for {need}, which does not run")
                (result.held if lost.held else result.refused).append(refusal)
            one = change.id
            known[one] = lost
            fates.append((one, encode(lost) if lost else _RUNS))
        self._fates.note(fates)
        return result


def _first_lost(
    needs: Iterable[str], known: Mapping[str, _Lost | None]
) -> tuple[str, _Lost | None]:
    lost = [(need, fate) for need in needs if (fate := known.get(need, _MISSING))]
    return min(lost, key=lambda one: one[1].round) if lost else ("", None)


_RUNS = b"null"
_MISSING = _Lost(0, held=False)
_DECODE = msgspec.json.Decoder(_Lost | None).decode
