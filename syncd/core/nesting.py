"""Expands groups of groups: who is in a group by way of any group inside it, at any depth.

Groups that contain each other (a cycle) have the same members. Tarjan's algorithm finds such
components, innermost first, so each group is computed once from groups that are finished;
it is written without recursion, since nesting may be deeper than Python's stack.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

K = TypeVar("K", bound=str)


class Expansion(NamedTuple, Generic[K]):
    """`members` of each group, sorted, each once; `cycles` as paths that return to their start."""

    members: dict[K, tuple[K, ...]]
    cycles: tuple[tuple[K, ...], ...]


def expand(direct: Mapping[K, Iterable[K]], children: Mapping[K, Iterable[K]]) -> Expansion[K]:
    """All members of every group named in either mapping.

    `direct` is group -> its own members, `children` is group -> groups directly inside it.
    A child that is no key of either mapping is a group that nobody knows, and is left out. A cycle
    is `(a, b)` for "a contains b contains a", from its smallest key; `(a,)` contains itself.
    """
    groups = sorted({*direct, *children})
    known = set(groups)
    inner = {group: sorted(known.intersection(children.get(group, ()))) for group in groups}
    members: dict[K, frozenset[K]] = {}
    cycles: list[tuple[K, ...]] = []
    for component in _components(inner):
        everybody = frozenset[K]().union(
            *(direct.get(group, ()) for group in component),
            *(members[child] for group in component for child in inner[group] if child in members),
        )
        members.update(dict.fromkeys(component, everybody))
        if len(component) > 1 or component[0] in inner[component[0]]:
            cycles.append(_shortest_cycle(min(component), inner))
    return Expansion(
        {group: tuple(sorted(members[group])) for group in groups}, tuple(sorted(cycles))
    )


def _components(inner: Mapping[K, Sequence[K]]) -> Iterator[list[K]]:
    """Tarjan's strongly connected components, each after all that it reaches."""
    number: dict[K, int] = {}
    lowest: dict[K, int] = {}
    pending: list[K] = []
    waiting: set[K] = set()
    for root in inner:
        path = [] if root in number else [(root, iter(inner[root]))]
        while path:
            group, rest = path[-1]
            if group not in number:
                number[group] = lowest[group] = len(number)
                pending.append(group)
                waiting.add(group)
            child = next((c for c in rest if c not in number or c in waiting), None)
            if child is None:
                path.pop()
                if path:
                    parent = path[-1][0]
                    lowest[parent] = min(lowest[parent], lowest[group])
                if lowest[group] == number[group]:
                    yield _take(pending, waiting, group)
            elif child in number:
                lowest[group] = min(lowest[group], number[child])
            else:
                path.append((child, iter(inner[child])))


def _take(pending: list[K], waiting: set[K], first: K) -> list[K]:
    """The finished component: all that is pending from `first` on."""
    component = [pending.pop()]
    while component[-1] != first:
        component.append(pending.pop())
    waiting.difference_update(component)
    return component


def _shortest_cycle(start: K, inner: Mapping[K, Sequence[K]]) -> tuple[K, ...]:
    """A shortest path from `start` back to it, `start` first and not repeated."""
    came_from: dict[K, K] = {}
    queue = deque([start])
    while start not in came_from:
        group = queue.popleft()
        for child in inner[group]:
            if child not in came_from:
                came_from[child] = group
                queue.append(child)
    path = [start]
    while (group := came_from[path[-1]]) != start:
        path.append(group)
    return (start, *reversed(path[1:]))
