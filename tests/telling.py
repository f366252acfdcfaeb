"""A source in memory that tells what changed since a cursor, as a directory server does."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from syncd.core.model import GroupRecord, Key, Kind, UserRecord
from syncd.ports import Cursor
from tests.world import MemoryReading, MemorySource

State = tuple[dict[Key, UserRecord], dict[Key, GroupRecord]]


@dataclass(frozen=True)
class MemoryChanges:
    """What is otherwise than at the cursor."""

    users: list[UserRecord]
    groups: list[GroupRecord]
    gone: Mapping[Kind, frozenset[Key]]
    cursor: Cursor
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Everything(MemoryReading):
    cursor: Cursor | None = None


@dataclass
class TellingSource(MemorySource):
    """`silent_about` are users of whom it forgets to tell; `asked` counts its answers by sort."""

    states: list[State] = field(default_factory=list)
    silent_about: set[str] = field(default_factory=set)
    asked: dict[str, int] = field(default_factory=lambda: {"all": 0, "changes": 0})
    broken: tuple[str, ...] = ()

    def read(self, since=None):
        now = {one.key: one for one in self.people}, {one.key: one for one in self.groups}
        self.states.append(now)
        cursor = Cursor(str(len(self.states) - 1).encode())
        if since is None:
            self.asked["all"] += 1
            return Everything(
                list(self.people), list(self.groups), self.gaps, self.notes, cursor=cursor
            )
        self.asked["changes"] += 1
        users, groups = (
            ([one for key, one in after.items() if before.get(key) != one], before.keys() - after)
            for before, after in zip(self.states[int(since)], now, strict=True)
        )
        told = [one for one in users[0] if one.key not in self.silent_about]
        gone = {Kind.USER: frozenset(users[1]), Kind.GROUP: frozenset(groups[1])}
        return MemoryChanges(told, groups[0], gone, cursor, self.broken)
