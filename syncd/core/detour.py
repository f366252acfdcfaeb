"""Break circles of names: where A and B swap logins, one of them steps aside first.

A depth-first search along the needs; where it meets its own path there is a circle, and one
change on it is preceded by a temporary one that gives its names up. What has been searched to
its end is on no circle and is not looked at again.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from syncd.core.model import Op
from syncd.core.plan import Change

Takes = Mapping[str, Mapping[str, frozenset[str]]]
"""By a change's id: the ids of those whose names it takes, and the fields in question."""


def detour(changes: Iterable[Change], takes: Takes, required: frozenset[str]) -> list[Change]:
    """The changes with all that they need, and those that step aside.

    Needs that a change has already are kept: only for a name can anybody step aside.
    """
    work = _Detour(changes, takes, required)
    for start in work.ids:
        while circle := work.find_circle(start):
            work.break_circle(circle)
    return work.result()


class _Detour:
    def __init__(self, changes: Iterable[Change], takes: Takes, required: frozenset[str]) -> None:
        self._changes = {change.id: change for change in changes}
        self._required = required
        self._takes = {taker: dict(givers) for taker, givers in takes.items()}
        self._takers: dict[str, list[str]] = defaultdict(list)
        for taker, givers in sorted(takes.items()):
            for giver in givers:
                self._takers[giver].append(taker)
        self._searched: set[str] = set()
        self.ids = sorted(self._changes)

    def _needs(self, one: str) -> list[str]:
        return list(dict.fromkeys((*self._changes[one].needs, *sorted(self._takes.get(one, ())))))

    def find_circle(self, start: str) -> list[str]:
        """The ids on one circle of needs that `start` leads to, each needs the next; or empty."""
        path: dict[str, None] = {}
        pending = [] if start in self._searched else [start]
        iterators = {one: iter(self._needs(one)) for one in pending}
        while pending:
            current = pending[-1]
            path[current] = None
            following = next((one for one in iterators[current] if self._is_open(one)), None)
            if following is None:
                self._searched.add(pending.pop())
                del path[current]
            elif following in path:
                ids = list(path)
                return ids[ids.index(following) :]
            else:
                pending.append(following)
                iterators[following] = iter(self._needs(following))
        return []

    def _is_open(self, one: str) -> bool:
        return one in self._changes and one not in self._searched

    def break_circle(self, circle: list[str]) -> None:
        """The first by key of those that are waited for by name alone steps aside."""
        before = dict(zip(circle, (circle[-1], *circle), strict=False))
        movable = [one for one in circle if self._only_by_name(before[one], one)]
        first = min((self._changes[one] for one in movable), key=lambda change: change.key)
        aside = self._step_aside(first)
        self._changes[aside.id] = aside
        self._changes[first.id] = replace(
            first, before={**first.before, **aside.after}, needs=(*first.needs, aside.id)
        )
        for taker in self._takers.pop(first.id):
            self._takes[taker][aside.id] = self._takes[taker].pop(first.id)

    def _only_by_name(self, taker: str, giver: str) -> bool:
        return giver in self._takes.get(taker, ()) and giver not in self._changes[taker].needs

    def _step_aside(self, change: Change) -> Change:
        """Those of its names that others take, under names that nobody else has.

        What waits for its deletion steps aside by an update too: nothing is deleted early.
        """
        taken = {f for taker in self._takers[change.id] for f in self._takes[taker][change.id]}
        after = {
            field: temporary(change, field) if field in self._required else None
            for field in sorted(taken)
        }
        return replace(
            change,
            op=Op.UPDATE,
            before={field: change.before.get(field) for field in after},
            after=after,
            reason="steps aside, for its names change hands in a circle",
            needs=(),
            temporary=True,
        )

    def result(self) -> list[Change]:
        return [
            replace(change, needs=tuple(self._needs(one))) for one, change in self._changes.items()
        ]


def temporary(change: Change, field: str) -> str:
    """Hard to meet by accident; an address in the reserved domain of RFC 2606, section 2.

    So is a login that stands in for an address: some targets take nothing else for one.
    """
    name = f"syncd-{hashlib.sha256(change.key.encode()).hexdigest()[:16]}"
    is_address = field == "email" or (field == "user_name" and "@" in change.name)
    return f"{name}@syncd.invalid" if is_address else name
