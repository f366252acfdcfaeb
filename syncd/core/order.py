"""Put changes in an order in which each finds what it needs already done.

Leavers go first, for each hour counts; then what takes away membership, then what
makes and changes, then new members, then deletions. What something needs comes before it.
"""

import heapq
from collections.abc import Collection, Iterable

from msgspec import Struct

from syncd.core.model import Kind, Op
from syncd.core.plan import Change, Refusal

_RANKS = {
    (Kind.USER, Op.SUSPEND): 0,
    (Kind.MEMBER, Op.REMOVE): 1,
    (Kind.GROUP, Op.CREATE): 2,
    (Kind.GROUP, Op.UPDATE): 2,
    (Kind.USER, Op.UPDATE): 3,
    (Kind.USER, Op.CREATE): 4,
    (Kind.USER, Op.RESTORE): 5,
    (Kind.MEMBER, Op.ADD): 6,
    (Kind.GROUP, Op.DELETE): 7,
    (Kind.USER, Op.DELETE): 8,
}


class Runnable(Struct, frozen=True):
    """Changes whose needs are all among them, and those that wait for one that is not."""

    changes: list[Change]
    held: list[Refusal]
    refused: list[Refusal]


def drop_waiting(changes: Iterable[Change], held: Collection[Refusal]) -> Runnable:
    """What needs a held change is held with it; what needs any other missing one is refused."""
    result = Runnable(list(changes), [], [])
    waiting_on_held = {refusal.change.id for refusal in held}
    while True:
        ids = {change.id for change in result.changes}
        lost = [change for change in result.changes if not ids.issuperset(change.needs)]
        if not lost:
            return result
        for change in lost:
            need = next(one for one in change.needs if one not in ids)
            refusal = Refusal(change, f"waits for {need}, which does not run")
            if need in waiting_on_held:
                waiting_on_held.add(change.id)
                result.held.append(refusal)
            else:
                result.refused.append(refusal)
        gone = {change.id for change in lost}
        result = Runnable(
            [change for change in result.changes if change.id not in gone],
            result.held,
            result.refused,
        )


def in_order(changes: Iterable[Change]) -> list[Change]:
    """Kahn's algorithm with a heap: by rank and key wherever needs leave a choice."""
    by_id = {change.id: change for change in changes}
    open_needs = {one: set(change.needs) & by_id.keys() for one, change in by_id.items()}
    waiting: dict[str, list[str]] = {}
    for one, needs in open_needs.items():
        for need in needs:
            waiting.setdefault(need, []).append(one)
    ready = [(_rank(change), one) for one, change in by_id.items() if not open_needs[one]]
    heapq.heapify(ready)
    ordered: list[Change] = []
    while ready:
        _, done = heapq.heappop(ready)
        ordered.append(by_id[done])
        for one in waiting.get(done, ()):
            open_needs[one].discard(done)
            if not open_needs[one]:
                heapq.heappush(ready, (_rank(by_id[one]), one))
    return ordered


def _rank(change: Change) -> tuple[int, str, str]:
    return _RANKS[change.kind, change.op], change.key, change.member or ""
