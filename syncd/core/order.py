"""Put changes in an order in which each finds what it needs already done.

Leavers go first, for each hour counts; then what takes away membership, then what
makes and changes, then new members, then deletions. What something needs comes before it.
"""

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType

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

Place = tuple[int, int, str, str]
"""Rank, how many of that rank have to come before, key and member: changes run in this order."""

_NOWHERE: Mapping[str, Place] = MappingProxyType({})


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


def places(changes: Collection[Change], made: Mapping[str, Place] = _NOWHERE) -> dict[str, Place]:
    """Where each comes by its rank, raised to that of what it needs; `made` is known already.

    What needs one another in a circle has no place.
    """
    by_id = {change.id: change for change in changes}
    open_needs = {one: set(change.needs) & by_id.keys() for one, change in by_id.items()}
    waiting: dict[str, list[str]] = {}
    for one, needs in open_needs.items():
        for need in needs:
            waiting.setdefault(need, []).append(one)
    found: dict[str, Place] = {}
    ready = [one for one, needs in open_needs.items() if not needs]
    for done in ready:
        change = by_id[done]
        before = (found.get(need) or made.get(need) for need in change.needs)
        found[done] = place_after(change, [place for place in before if place])
        for one in waiting.get(done, ()):
            open_needs[one].discard(done)
            if not open_needs[one]:
                ready.append(one)
    return found


def place_after(change: Change, before: Collection[Place] = ()) -> Place:
    """The place of a change that needs what is in the places `before`."""
    level, depth = _RANKS[change.kind, change.op], 0
    if before:
        level = max(level, *(place[0] for place in before))
        depth = max((1 + place[1] for place in before if place[0] == level), default=0)
    return level, depth, change.key, change.member or ""


def refusal_place(one: Refusal) -> tuple[str, str, str, str]:
    """The order of what does not run: by what it is and whom it is about, then by the rule."""
    change = one.change
    return f"{change.kind}/{change.op}", change.key, change.member or "", one.rule
