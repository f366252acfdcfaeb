"""What a source tells to have changed, held against what a reading of everything finds."""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from syncd.core.model import GroupRecord, Key, Kind, UserRecord
from syncd.cycle.follow import name_batches
from syncd.cycle.parts import source_groups, source_users
from syncd.cycle.reads import SourceRead
from syncd.cycle.standing import Standing
from syncd.cycle.workspace import Workspace
from syncd.errors import SourceError
from syncd.ledger import Snapshot
from syncd.paging import gone_from, read_since
from syncd.ports import Cursor, Source

Names = frozenset[tuple[Kind, str]]


class Told:
    """What a source told until the last cycle, as the snapshot has it."""

    def __init__(self, name: str, base: Snapshot | None, work: Workspace) -> None:
        self._users = Standing(source_users(name), base, work)
        self._groups = Standing(source_groups(name), base, work)

    def users(self, keys: Iterable[Key]) -> Iterator[UserRecord]:
        return self._users.before(list(keys))

    def groups(self, keys: Iterable[Key]) -> Iterator[GroupRecord]:
        return self._groups.before(list(keys))


def changes_told(source: Source, since: Cursor, before: Told) -> Names | None:
    """Whom the source names; None where it cannot tell."""
    reading = read_since(source, since, before)
    gone = gone_from(reading)
    if gone is None:
        return None
    try:
        told = [(Kind.USER, str(one.key)) for one in reading.users]
        told += [(Kind.GROUP, str(one.key)) for one in reading.groups]
    except SourceError:
        return None
    if reading.gaps:
        return None
    return frozenset(told) | {(kind, str(key)) for kind, keys in gone.items() for key in keys}


def untold(read: SourceRead, told: Names) -> int:
    """How many are otherwise than the snapshot has them, and nobody said so."""
    users = {*read.users.standing.moved(), *read.users.standing.gone()}
    groups = {*read.groups.standing.gone(), *_otherwise(read)}
    changed = {(Kind.USER, name) for name in users} | {(Kind.GROUP, name) for name in groups}
    return len(changed - told)


def _otherwise(read: SourceRead) -> Iterator[str]:
    """Groups that changed by more than the loss of users who are gone: who is gone is in no group
    any more, also where the group is not told (`Changes`)."""
    standing = read.groups.standing
    for names in name_batches(standing.moved()):
        before = {one.key: one for one in standing.before(names)}
        for group in standing.some(names):
            if group.key in before:
                lost = sorted({*before[group.key].members}.difference(group.members))
                there = {user.key for user in read.users.standing.some(lost)}
                kept = tuple(m for m in before[group.key].members if m not in lost or m in there)
                if replace(before[group.key], members=kept) == group:
                    continue
            yield str(group.key)
