"""Who must become a member of what, and who must not be one any more.

A member waits for the creations of its group and of its user. Leavers keep their memberships
with their suspended account, until they are stripped of all; they are added to nothing. Groups are
compared one by one.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Protocol

from msgspec import Struct

from syncd.core.model import Group, Key, Kind, Member, Op, Ref, Rung
from syncd.core.parts import Findings
from syncd.core.plan import Change, change_id


class Who(Struct, frozen=True, gc=False):
    """A user of ours, or who is to become one, as groups know them.

    Memberships are planned for those only who are `named`. `lost` is whether their creation will
    not run, `held` whether that is for a budget. `guarded` is the rule by which nothing is taken
    from them. `strip` is why a leaver is to be in no group.
    """

    key: Key
    ref: Ref | None
    name: str
    named: bool = True
    lost: bool = False
    guarded: str = ""
    held: bool = False
    strip: str = ""


class Roll(Protocol):
    """Who is who."""

    def enrol(self, some: Iterable[Who]) -> None: ...

    def by_key(self, keys: Collection[Key]) -> Iterable[Who]: ...

    def by_ref(self, refs: Collection[Ref]) -> Iterable[Who]: ...


class Memberships(Protocol):
    """Both sides of all groups."""

    def wanted(self, group: Key) -> Collection[Key]:
        """The users' keys, by the group's key."""
        ...

    def current(self) -> Iterable[tuple[Ref, Collection[Ref]]]:
        """Each group in the target that has members, once."""
        ...


class Kept(Struct, frozen=True, gc=False):
    """A group whose members are kept true. One that is not `wanted` any more should have none;
    from one that is not `certain` nobody is removed."""

    key: Key
    ref: Ref | None
    name: str
    wanted: bool
    certain: bool


class Listed:
    """A few people and their memberships, in memory."""

    def __init__(self, wanted: Mapping[Key, Collection[Key]], current: Iterable[Member]) -> None:
        self._wanted = wanted
        self._current: dict[Ref, set[Ref]] = defaultdict(set)
        for member in current:
            self._current[member.group].add(member.user)
        self._by_key: dict[Key, Who] = {}
        self._by_ref: dict[Ref, Who] = {}

    def enrol(self, some: Iterable[Who]) -> None:
        for one in some:
            self._by_key[one.key] = one
            if one.ref is not None:
                self._by_ref[one.ref] = one

    def by_key(self, keys: Collection[Key]) -> Iterable[Who]:
        return [self._by_key[key] for key in keys if key in self._by_key]

    def by_ref(self, refs: Collection[Ref]) -> Iterable[Who]:
        return [self._by_ref[ref] for ref in refs if ref in self._by_ref]

    def wanted(self, group: Key) -> Collection[Key]:
        return self._wanted.get(group, ())

    def current(self) -> Iterable[tuple[Ref, Collection[Ref]]]:
        return self._current.items()


class Compared(Struct, frozen=True):
    """One group: changes, with all users in them by key, and how many of ours are in it.

    `stripping` are those of them that are to be in none, `size` is how many are in it of all whom
    the question is about.
    """

    changes: list[Change]
    users: Mapping[Key, Who]
    population: int
    stripping: frozenset[Key] = frozenset()
    name: str = ""
    size: int = 0


def kept_groups(
    groups: Findings[Group], uncertain: Collection[Key], *, empty_vanished: bool
) -> list[Kept]:
    """Those that will be made and those of ours; with those that have vanished, where they
    are emptied."""
    wanted = {one.key for one in groups.wanted}
    kept = [
        Kept(change.key, None, change.name, wanted=True, certain=change.key not in uncertain)
        for change in groups.found.changes
        if change.op is Op.CREATE
    ]
    for ours in groups.correlated.ours:
        key, name = ours.link.key, ours.stored.entity.display_name
        if key not in groups.undecided and (empty_vanished or key in wanted):
            certain = key not in uncertain
            kept.append(Kept(key, ours.stored.ref, name, wanted=key in wanted, certain=certain))
    return kept


def compare_members(
    groups: Iterable[Kept], memberships: Memberships, roll: Roll
) -> Iterator[Compared]:
    """Group by group: all that the target has, then those that have no members there yet."""
    by_ref = {group.ref: group for group in groups if group.ref is not None}
    empty = {group.key: group for group in groups}
    for ref, users in memberships.current():
        there = {who.key: who for who in roll.by_ref(users)}
        group = by_ref.get(ref)
        if group is None:
            yield Compared([], {}, len(there))
        else:
            del empty[group.key]
            yield _compare(group, memberships, roll, there, len(set(users)))
    for group in empty.values():
        yield _compare(group, memberships, roll, {}, 0)


def _compare(
    group: Kept, memberships: Memberships, roll: Roll, there: Mapping[Key, Who], size: int
) -> Compared:
    wanted = set(memberships.wanted(group.key)) if group.wanted else set()
    new = {who.key: who for who in roll.by_key(wanted - there.keys()) if who.named}
    changes = [_member(Op.ADD, group, new[key]) for key in sorted(new)]
    stripping = frozenset(key for key, who in there.items() if who.strip)
    if group.certain:
        gone = {key for key, who in there.items() if key not in wanted and who.named}
        changes += [_member(Op.REMOVE, group, there[key]) for key in sorted(gone | stripping)]
    return Compared(changes, {**there, **new}, len(there), stripping, group.name, size)


def _member(op: Op, group: Kept, user: Who) -> Change:
    needs = [change_id(Op.CREATE, Kind.GROUP, group.key)] if group.ref is None else []
    needs += [change_id(Op.CREATE, Kind.USER, user.key)] if user.ref is None else []
    reason = "a member in the source" if op is Op.ADD else "no member in the source"
    return Change(
        op,
        Kind.MEMBER,
        group.key,
        f"{user.name} in {group.name}",
        group.ref,
        reason=user.strip or reason,
        member=user.key,
        member_ref=user.ref,
        needs=tuple(needs),
        rung=Rung.STRIP if user.strip else None,
    )
