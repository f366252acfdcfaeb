"""A source that tells what changed, and that can break in every way a source can."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from syncd.core.model import GroupRecord, Key, Kind, UserRecord
from syncd.errors import SourceError
from syncd.ports import Cursor
from tests.world import MemorySource

State = tuple[dict[Key, UserRecord], dict[Key, GroupRecord]]


@dataclass(frozen=True)
class Everything:
    users: Iterable[UserRecord]
    groups: Iterable[GroupRecord]
    gaps: tuple[str, ...]
    notes: tuple[str, ...]
    cursor: Cursor | None


@dataclass(frozen=True)
class Changes(Everything):
    gone: Mapping[Kind, frozenset[Key]]


@dataclass
class Telling(MemorySource):
    """`breaks` cuts users off after so many, in either sort of answer; `aside` are the people and
    groups of one that is empty for the moment. `whole` is whether its last answer was, as far as
    it was heard."""

    name: str = "p"
    call: Callable[[str, str], None] = lambda _when, _what: None
    states: list[State] = field(default_factory=list)
    whole: bool = True
    aside: tuple[list[UserRecord], list[GroupRecord]] | None = None

    def read(self, since=None):
        self.whole = False
        self.call("before", f"source.{self.name}")
        if self.down:
            raise SourceError(f"source {self.name} is down")
        self.whole = not self.gaps
        answer = self._all() if since is None else self._changes(int(since))
        self.call("after", f"source.{self.name}")
        return answer

    def _all(self) -> Everything:
        cursor = self._remember()
        return Everything(self._cut(self.people), self._groups(), self.gaps, self.notes, cursor)

    def _changes(self, since: int) -> Changes:
        cursor = self._remember()
        users, groups = (
            ([one for key, one in after.items() if before.get(key) != one], before.keys() - after)
            for before, after in zip(self.states[since], self.states[-1], strict=True)
        )
        gone = {Kind.USER: frozenset(users[1]), Kind.GROUP: frozenset(groups[1])}
        return Changes(self._cut(users[0]), groups[0], self.gaps, self.notes, cursor, gone)

    def _remember(self) -> Cursor:
        people = {one.key: one for one in self.people}
        self.states.append((people, {one.key: one for one in self._groups()}))
        return Cursor(str(len(self.states) - 1).encode())

    def _cut(self, people: list[UserRecord]) -> Iterable[UserRecord]:
        for number, record in enumerate(list(people)):
            if number == self.breaks:
                self.whole = False
                raise SourceError("the connection was cut")
            yield record

    @property
    def broken(self) -> bool:
        return bool(self.down or self.gaps or self.breaks is not None or self.aside)

    def empty(self) -> None:
        """An export that went wrong: it is read to its end, and there is nobody."""
        if self.aside is None:
            self.aside = self.people, self.groups
            self.people, self.groups = [], []

    def mend(self) -> None:
        self.down, self.gaps, self.breaks = False, (), None
        if self.aside is not None:
            there = {one.key for one in self.people}
            self.people += [one for one in self.aside[0] if one.key not in there]
            named = {one.key for one in self.groups}
            self.groups += [one for one in self.aside[1] if one.key not in named]
            self.aside = None
