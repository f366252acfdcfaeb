"""What this run has made, for changes that stand on it: the newest at hand, the rest by links."""

from collections.abc import Iterator, Mapping, Sequence

from syncd.core.model import Key, Kind, Op, Ref
from syncd.core.plan import Change
from syncd.executor.journal import Journal

_AT_HAND = 50_000


class Refs:
    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._at_hand: dict[tuple[Kind, Key], Ref] = {}

    def add(self, made: Mapping[tuple[Kind, Key], Ref]) -> None:
        self._at_hand.update(made)

    def journaled(self) -> None:
        """All that was made is linked by now."""
        if len(self._at_hand) > _AT_HAND:
            self._at_hand.clear()

    def of(self, changes: Sequence[Change]) -> dict[tuple[Kind, Key], Ref]:
        """Those that the changes stand on, as far as they were made before."""
        wanted = {one for change in changes for one in _stands_on(change)}
        if not wanted:
            return {}
        wanted -= {(one.kind, one.key) for one in changes if one.op is Op.CREATE}
        known = {one: self._at_hand[one] for one in wanted & self._at_hand.keys()}
        for kind in (Kind.USER, Kind.GROUP):
            if keys := [key for of, key in wanted - known.keys() if of is kind]:
                found = self._journal.refs(kind, keys)
                known.update({(kind, key): ref for key, ref in found.items()})
        return known


def _stands_on(change: Change) -> Iterator[tuple[Kind, Key]]:
    """Things that had no ref yet when it was planned."""
    if change.kind is Kind.MEMBER:
        if change.ref is None:
            yield Kind.GROUP, change.key
        if change.member_ref is None and change.member is not None:
            yield Kind.USER, change.member
    elif change.ref is None and change.op is not Op.CREATE:
        yield change.kind, change.key
