"""Whom a plan must be about: all those of whom anything has changed, and who that concerns.

Everybody else is as the last run left them: it found nothing about them, and nothing that it knew
of them has changed since. Where that is not certain, a plan is about everybody.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from syncd.core.health import SEVERAL
from syncd.core.ladder import may_strip
from syncd.core.mapping import Scope
from syncd.core.memory import Link
from syncd.core.merge import full_key
from syncd.core.model import GroupRecord, Key, Kind, Ref
from syncd.core.policy import Leavers
from syncd.core.records import Named, follow
from syncd.cycle.follow import name_batches
from syncd.cycle.parts import own_names
from syncd.cycle.persons import Persons
from syncd.cycle.reads import SourceRead, TargetRead
from syncd.cycle.references import mean_others
from syncd.cycle.selected import Selection
from syncd.cycle.subjects import MANY, Subjects
from syncd.ledger import Ledger, Snapshot
from syncd.ledger.snapshot import Facts
from syncd.paging import Members
from syncd.sync import Sync


class _Everybody(Exception):
    """The plan is about everybody."""


class Selector:
    """What has changed in one cycle, and whom it concerns."""

    def __init__(  # noqa: PLR0913, PLR0917  what a cycle has read, and what it stands on
        self,
        sync: Sync,
        ledger: Ledger,
        base: Snapshot,
        facts: Facts,
        sources: Mapping[str, SourceRead],
        target: TargetRead,
        now: datetime,
    ) -> None:
        self._now = now
        self._name, self._policy, self._take = sync.name, sync.policy, sync.users.take
        self._ledger, self._base, self._facts = ledger, base, facts
        self._sources, self._target = sources, target
        self._found = Selection()
        self._named: Named | None = None
        by = sync.merge.by
        self._persons = Persons(sync.name, by, ledger, base, sources) if by else None

    def select(self) -> Selection | None:
        """None for everybody."""
        try:
            self._doubt_emptiness()
            self._changed()
            self._regrouped()
            self._unsettled()
            self._doubt_names()
            if self._found:
                self._link(Ref(ref) for ref in self._facts.administrators)
                if not self._found.every_group and (self._may_turn() or self._regroups()):
                    self._found.every_group = True
                    self._link(())
        except _Everybody:
            return None
        return self._found

    def only(self, some: Subjects) -> Selection | None:
        """These, with all of their groups, whatever else has changed. None where that is
        everybody."""
        found = self._found
        found.keys |= some.keys
        found.groups |= some.groups
        found.group_refs |= some.group_refs
        found.every_group = True
        if some.many:
            return None
        try:
            self._doubt_emptiness()
            self._doubt_names()
            self._doubt_groups()
            administrators = self._facts.administrators if some.guarded else ()
            self._link({*some.refs, *map(Ref, administrators)})
        except _Everybody:
            return None
        return found

    def pick(
        self, keys: Iterable[Key], refs: Iterable[Ref], named: Named | None, *, open_too: bool
    ) -> Selection | None:
        """These, with all of their groups, where nothing was read; and those of whom anything was
        left `open_too`. `named` finds whom references mean. None where that is everybody."""
        self._named = named
        self._found.keys |= set(keys)
        self._found.every_group = True
        try:
            if open_too:
                self._unsettled()
                self._link(Ref(ref) for ref in self._facts.administrators)
            self._link(refs)
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
        met = -1
        while met != (met := len(found.keys) + len(found.refs)):
            self._not_too_many()
            self._follow_links()
            if self._persons is not None:
                found.keys |= self._persons.whole(found.keys, found.links)

    def _follow_links(self) -> None:
        found = self._found
        keys = [(Kind.USER, key) for key in found.keys] + [(Kind.GROUP, k) for k in found.groups]
        known = [(Kind.USER, r) for r in found.refs] + [(Kind.GROUP, r) for r in found.group_refs]
        links = self._ledger.recall_links(self._name, keys, known)
        if found.every_group:
            links = tuple(link for link in links if link.kind is Kind.USER)
            links += self._ledger.recall_kind(self._name, Kind.GROUP)
        for link in links:
            of_user = link.kind is Kind.USER
            (found.keys if of_user else found.groups).add(link.key)
            (found.refs if of_user else found.group_refs).add(link.ref)
        found.links = links

    def _regroups(self) -> bool:
        """Whether a group may hold somebody else by now, though it names the same."""
        return self._persons is not None and self._persons.regrouped()

    def _may_turn(self) -> bool:
        """Whether one of the selected may have become, or ceased to be, one for the groups that
        they were in all along: without a change of those."""
        found, links = self._found, {link.key: link for link in self._found.links}
        if not found.keys:
            return False
        if self._take != Scope() or self._policy.leavers is Leavers.IGNORE:
            return True
        if self._policy.protect.groups or _any(self._target.users.standing.gone()):
            return True
        if self._may_strip(links.values()):
            return True
        left = {key for key, link in links.items() if link.left_at is not None}
        if any(
            _any(read.users.standing.some(own_names(source, left)))
            for source, read in self._sources.items()
        ):
            return True
        turning = found.keys - links.keys()
        turning -= {alias for link in found.links for alias in link.aliases}
        turning |= {key for kind, key in self._base.undecided() if kind is Kind.USER}
        return any(
            _any(read.users.standing.before(own_names(source, turning)))
            for source, read in self._sources.items()
        )

    def _may_strip(self, links: Iterable[Link]) -> bool:
        """Whether a leaver may be due to be taken out of groups, whichever these are."""
        if self._policy.strip_after is None:
            return False
        holds = self._ledger.holds()
        return any(may_strip(link, self._policy, self._now, holds) for link in links)

    def _doubt_emptiness(self) -> None:
        """What suddenly holds nobody, or nobody of ours, is looked at as a whole."""
        for source, read in self._sources.items():
            prefix = full_key(source, Key(""))
            for kind, part in ((Kind.USER, read.users), (Kind.GROUP, read.groups)):
                if not _any(part.standing.all()) and (
                    self._ledger.register.are_present(self._name, kind, prefix, SEVERAL)
                    # Those of merged records may be linked under the key of another source.
                    or (self._persons is not None and _any(part.standing.all_before()))
                ):
                    raise _Everybody
        accounts, linked = self._target.users.standing, False
        for links in self._ledger.register.each_link(self._name, Kind.USER):
            linked = True
            if _any(accounts.some(link.ref for link in links)):
                return
        if linked:
            raise _Everybody

    def _changed(self) -> None:
        found = self._found
        for source, read in self._sources.items():
            for names in (read.users.standing.moved(), read.users.standing.gone()):
                for some in name_batches(names):
                    found.keys |= {full_key(source, Key(name)) for name in some}
                    self._not_too_many()
        for names in (self._target.users.standing.moved(), self._target.users.standing.gone()):
            for some in name_batches(names):
                found.refs |= {Ref(name) for name in some}
                self._not_too_many()
        groups = self._target.groups.standing
        found.every_group |= _any(groups.moved()) or _any(groups.gone())

    def _not_too_many(self) -> None:
        if len(self._found.keys) + len(self._found.refs) > MANY:
            raise _Everybody

    def _unsettled(self) -> None:
        for kind, key in self._base.unsettled():
            if kind is Kind.USER:
                self._found.keys.add(key)
            else:
                self._found.every_group = True
                self._concern_members(key)

    def _concern_members(self, group: Key) -> None:
        """All of a group of which something was left open."""
        for source, read in self._sources.items():
            prefix = full_key(source, Key(""))
            if group.startswith(prefix):
                name = group.removeprefix(prefix)
                for one in read.groups.standing.some([name]):
                    if self._named is None:
                        self._doubt_references(one)
                    else:
                        self._found.keys |= {*follow(source, one, self._named)[0]}
                    self._found.keys |= {full_key(source, key) for key in one.members}
        for link in self._ledger.recall_links(self._name, [(Kind.GROUP, group)], ()):
            for one in self._target.members.standing.some([link.ref]):
                self._found.refs |= set(one.users)

    def _regrouped(self) -> None:
        """Who came into a group or left it, in a source or in the target."""
        found = self._found
        for source, read in self._sources.items():
            standing = read.groups.standing
            for names in name_batches((*standing.moved(), *standing.gone())):
                before = {one.key: one for one in standing.before(names)}
                after = {one.key: one for one in standing.some(names)}
                for key in before.keys() | after.keys():
                    self._regroup(source, before.get(key), after.get(key))
                found.groups |= {full_key(source, Key(name)) for name in names}
        members = self._target.members.standing
        for names in name_batches((*members.moved(), *members.gone())):
            was = {one.group: one for one in members.before(names)}
            now = {one.group: one for one in members.some(names)}
            for group in was.keys() | now.keys():
                found.refs |= _users(was.get(group)) ^ _users(now.get(group))
            found.group_refs |= {Ref(name) for name in names}
            self._not_too_many()

    def _doubt_names(self) -> None:
        if mean_others(self._sources, self._facts.referring):
            raise _Everybody

    def _doubt_references(self, *groups: GroupRecord | None) -> None:
        """Whom a group means that was not read before, or not so, is found out among all."""
        if any(group is not None and group.elsewhere for group in groups):
            raise _Everybody

    def _doubt_groups(self) -> None:
        """What has changed of groups that name users of other sources."""
        for read in self._sources.values():
            standing = read.groups.standing
            for names in name_batches((*standing.moved(), *standing.gone())):
                self._doubt_references(*standing.before(names), *standing.some(names))

    def _regroup(self, source: str, before: GroupRecord | None, after: GroupRecord | None) -> None:
        """Whom a change of a group's record is about: all where it is known otherwise by now."""
        self._doubt_references(before, after)
        concerned = {*(before.members if before else ())} ^ {*(after.members if after else ())}
        if before is None or after is None or before.attributes != after.attributes:
            self._found.every_group = True
            concerned |= {*(before.members if before else ()), *(after.members if after else ())}
        self._found.keys |= {full_key(source, user) for user in concerned}
        self._not_too_many()


def _users(members: Members | None) -> set[Ref]:
    return set(members.users) if members else set()


def _any(names: Iterable[object]) -> bool:
    return next(iter(names), None) is not None
