"""The beginning of what may be long: as much of it as a page shows, and how much there is in all.

A plan is walked through once, and only what will be shown is kept.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from syncd.core.model import Kind, Op
from syncd.core.plan import Change, Refusal
from syncd.render.words import group_of_member

V = TypeVar("V")


class Firsts(Generic[V]):
    """By key, so many at most: those whose keys come first."""

    def __init__(self, limit: int, make: Callable[[], V]) -> None:
        self._limit, self._make = limit, make
        self._kept: dict[str, V] = {}
        self._last = ""

    def at(self, key: str) -> V | None:
        """None for a key that is not among the first."""
        found = self._kept.get(key)
        if found is None and (len(self._kept) < self._limit or key < self._last):
            if len(self._kept) == self._limit:
                del self._kept[self._last]
            found = self._kept[key] = self._make()
            self._last = max(self._kept)
        return found

    def __iter__(self) -> Iterator[tuple[str, V]]:
        return iter(sorted(self._kept.items(), key=lambda one: one[0]))


class Gains:
    """Whom one group gains and loses: so many names of each, and how many there are."""

    def __init__(self, names: int | None, changes: Iterable[Change] = ()) -> None:
        self._limit = names
        self.group = ""
        self.users: dict[Op, list[str]] = defaultdict(list)
        self.counts: Counter[Op] = Counter()
        for change in changes:
            self.add(change)

    def add(self, change: Change) -> None:
        user, self.group = group_of_member(change)
        self.counts[change.op] += 1
        if self._limit is None or len(self.users[change.op]) < self._limit:
            self.users[change.op].append(user)


class Excerpt:
    """Of some changes: the first things, the first groups whose members change, and how many
    of each there are."""

    def __init__(self, shown: int, names: int) -> None:
        self._shown = shown
        self._groups = Firsts(shown, lambda: Gains(names))
        self._keys: set[str] = set()
        self.first: list[Change] = []
        self.things = self.members = 0

    def add(self, change: Change) -> None:
        if change.kind is not Kind.MEMBER:
            self.things += 1
            if len(self.first) < self._shown:
                self.first.append(change)
            return
        self.members += 1
        self._keys.add(change.key)
        if (gains := self._groups.at(change.key)) is not None:
            gains.add(change)

    @property
    def changes(self) -> int:
        return self.things + self.members

    @property
    def groups(self) -> int:
        return len(self._keys)

    @property
    def gains(self) -> list[Gains]:
        return [gains for _, gains in self._groups]


class ByRule:
    """Refusals by their rules, of which only the first are kept too."""

    def __init__(self, refusals: Iterable[Refusal], shown: int, names: int) -> None:
        kept = Firsts(shown, lambda: Excerpt(shown, names))
        number = 0
        for number, one in enumerate(refusals, 1):  # noqa: B007  how many there were
            if (excerpt := kept.at(rule_of(one))) is not None:
                excerpt.add(one.change)
        self.rules = list(kept)
        self.beyond = number - sum(excerpt.changes for _, excerpt in self.rules)


def rule_of(one: Refusal) -> str:
    """Changes that wait stand together, whatever each of them waits for."""
    waits = one.rule.startswith("waits for ")
    return "waits for a change that does not run" if waits else one.rule
