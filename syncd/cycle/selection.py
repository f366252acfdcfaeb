"""Whom a plan must be about: all those of whom anything has changed, and who that concerns.

Everybody else is as the last run left them: it found nothing about them, and nothing that it knew
of them has changed since. Where that is not certain, a plan is about everybody.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from syncd.core.memory import Link
from syncd.core.merge import full_key
from syncd.core.model import GroupRecord, Key, Kind, Ref
from syncd.cycle.follow import name_batches
from syncd.cycle.reading import SourceRead, TargetRead
from syncd.ledger import Ledger, Snapshot
from syncd.ledger.snapshot import Facts
from syncd.paging import Members

_MANY = 50_000
"""From so many on, to pick them out one by one costs more than to look at everybody."""


class Selection(Struct):
    """Users by full key and by ref. `links` are theirs, and those of all groups."""

    keys: set[Key]
    refs: set[Ref]
    links: tuple[Link, ...] = ()
    groups: bool = False

    def __bool__(self) -> bool:
        return bool(self.keys or self.refs or self.groups)


class _Everybody(Exception):
    """The plan is about everybody."""


class Selector:
    """What has changed in one cycle, and whom it concerns."""

    def __init__(
        self,
        sync: str,
        ledger: Ledger,
        base: Snapshot,
        facts: Facts,
        sources: Mapping[str, SourceRead],
        target: TargetRead,
    ) -> None:
        self._sync, self._ledger, self._base, self._facts = sync, ledger, base, facts
        self._sources, self._target = sources, target
        self._found = Selection(set(), set())

    def select(self) -> Selection | None:
        """None for everybody."""
        try:
            self._doubt_emptiness()
            self._changed()
            self._unsettled()
            if self._found:
                self._regrouped()
                self._found.groups = True
                self._link(Ref(ref) for ref in self._facts.administrators)
        except _Everybody:
            return None
        return self._found

    def select_also(self, refs: Iterable[Ref]) -> Selection | None:
        """These accounts too; None where that is everybody by now."""
        try:
            self._link(refs)
        except _Everybody:
            return None
        return self._found

    def _link(self, refs: Iterable[Ref]) -> None:
        """Selects these accounts too, and for all what their links lead to."""
        found = self._found
        found.refs |= set(refs)
        if len(found.keys) + len(found.refs) > _MANY:
            raise _Everybody
        links = self._ledger.recall_links(
            self._sync,
            [(Kind.USER, key) for key in found.keys],
            [(Kind.USER, ref) for ref in found.refs],
        )
        found.keys |= {link.key for link in links}
        found.refs |= {link.ref for link in links}
        found.links = (*links, *self._ledger.recall_kind(self._sync, Kind.GROUP))

    def _doubt_emptiness(self) -> None:
        """What suddenly holds nobody, or nobody of ours, is looked at as a whole."""
        for read in self._sources.values():
            for part in (read.users, read.groups):
                if part.seen == 0 and _any(part.standing.gone()):
                    raise _Everybody
        gone = [(Kind.USER, Ref(ref)) for ref in self._target.users.standing.gone()]
        if len(gone) > 1:
            ours = len(self._ledger.recall_links(self._sync, (), gone))
            if ours == self._ledger.count_links(self._sync, Kind.USER):
                raise _Everybody

    def _changed(self) -> None:
        found = self._found
        for source, read in self._sources.items():
            for names in (read.users.standing.moved(), read.users.standing.gone()):
                for some in name_batches(names):
                    found.keys |= {full_key(source, Key(name)) for name in some}
                    self._not_too_many()
            found.groups |= _moved(read.groups)
        for names in (self._target.users.standing.moved(), self._target.users.standing.gone()):
            for some in name_batches(names):
                found.refs |= {Ref(name) for name in some}
                self._not_too_many()
        found.groups |= _moved(self._target.groups) or _moved(self._target.members)

    def _not_too_many(self) -> None:
        if len(self._found.keys) + len(self._found.refs) > _MANY:
            raise _Everybody

    def _unsettled(self) -> None:
        for kind, key in self._base.unsettled():
            if kind is Kind.USER:
                self._found.keys.add(key)
            else:
                self._found.groups = True
                self._concern_members(key)

    def _concern_members(self, group: Key) -> None:
        """All of a group of which something was left open."""
        for source, read in self._sources.items():
            prefix = full_key(source, Key(""))
            if group.startswith(prefix):
                name = group.removeprefix(prefix)
                for one in read.groups.standing.some([name]):
                    self._found.keys |= {full_key(source, key) for key in one.members}
        for link in self._ledger.recall_links(self._sync, [(Kind.GROUP, group)], ()):
            for one in self._target.members.standing.some([link.ref]):
                self._found.refs |= set(one.users)

    def _regrouped(self) -> None:
        """Who came into a group or left it, in a source or in the target."""
        for source, read in self._sources.items():
            standing = read.groups.standing
            names = [*standing.moved(), *standing.gone()]
            before = {one.key: one for one in standing.before(names)}
            after = {one.key: one for one in standing.some(names)}
            for key in before.keys() | after.keys():
                moved = _concerned(before.get(key), after.get(key))
                self._found.keys |= {full_key(source, user) for user in moved}
        members = self._target.members.standing
        names = [*members.moved(), *members.gone()]
        was = {one.group: one for one in members.before(names)}
        now = {one.group: one for one in members.some(names)}
        for group in was.keys() | now.keys():
            self._found.refs |= _users(was.get(group)) ^ _users(now.get(group))


def _concerned(before: GroupRecord | None, after: GroupRecord | None) -> set[Key]:
    """Whom a change of a group's record is about: all where it is known otherwise by now."""
    if after is not None and after.elsewhere:
        raise _Everybody
    old = set(before.members) if before else set()
    new = set(after.members) if after else set()
    if before is None or after is None or before.attributes != after.attributes:
        return old | new
    return old ^ new


def _users(members: Members | None) -> set[Ref]:
    return set(members.users) if members else set()


def _moved(part: Any) -> bool:
    return _any(part.standing.moved()) or _any(part.standing.gone())


def _any(names: Iterable[str]) -> bool:
    return next(iter(names), None) is not None
