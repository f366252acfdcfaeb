"""Put together the question that a plan answers: about everybody, or about a few."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from msgspec.structs import replace

from syncd import __version__
from syncd.core.desired import Desired, desire
from syncd.core.health import distrust_empty, strange_target
from syncd.core.knots import Ties
from syncd.core.memory import Memory
from syncd.core.model import (
    GroupRecord,
    Kind,
    Member,
    Ref,
    Stored,
    User,
    UserRecord,
)
from syncd.core.question import Beyond, Question, Seen
from syncd.core.records import Named, NamedAmong, Records
from syncd.cycle.parts import own_names
from syncd.cycle.reads import SourceRead, TargetRead, digests
from syncd.cycle.selected import Selection
from syncd.ledger.snapshot import Facts
from syncd.paging import Members
from syncd.sync import Sync


class Asking:
    """One sync's readings, ready to be asked about. `named` finds whom references mean, where that
    may be others than those who are asked about, or nobody."""

    def __init__(
        self,
        sync: Sync,
        sources: Mapping[str, SourceRead],
        target: TargetRead,
        now: datetime,
        named: Named | None = None,
    ) -> None:
        self._sync, self._sources, self._target, self._now = sync, sources, target, now
        self._named = named

    def about_all(self, memory: Memory) -> Question:
        records = {
            name: Records(
                list(read.users.standing.all()),
                list(read.groups.standing.all()),
                read.gaps,
                read.told_of,
            )
            for name, read in self._sources.items()
        }
        records = distrust_empty(records, memory.links, self._sync.policy.may_be_empty)
        for name, read in self._sources.items():
            read.strange = len(records[name].gaps) > len(read.gaps)
        target = self._target
        users: tuple[Stored[User], ...] = tuple(target.users.standing.all())
        gaps = target.doubt(strange_target({user.ref for user in users}, memory.links))
        seen = Seen(
            users,
            tuple(target.groups.standing.all()),
            tuple(pairs(target.members.standing.all())),
            target.own,
            gaps,
        )
        return self._question(desire(records, self._sync.rules), seen, memory, None)

    def about(self, some: Selection, memory: Memory, beyond: Beyond) -> Question:
        """`memory` has the links of the selected."""
        members, others = self._members(some)
        seen = self._seen(some, members)
        return self._question(self.desired(some), seen, memory, replace(beyond, members=others))

    def desired(self, some: Selection) -> Desired:
        """What should be of the selected."""
        users = self._users(some)
        named = self._named or NamedAmong(users)
        return desire(self._records(users, some, named), self._sync.rules, named)

    def records(self, some: Selection) -> Mapping[str, Records]:
        """What the sources state of the selected. A group has those of its members only."""
        users = self._users(some)
        return self._records(users, some, self._named or NamedAmong(users))

    def _users(self, some: Selection) -> Mapping[str, list[UserRecord]]:
        return {
            name: list(read.users.standing.some(own_names(name, some.keys)))
            for name, read in self._sources.items()
        }

    def _records(
        self, users: Mapping[str, list[UserRecord]], some: Selection, named: Named
    ) -> Mapping[str, Records]:
        return {
            name: Records(
                users[name], list(self._groups(name, read, some, named)), read.gaps, read.told_of
            )
            for name, read in self._sources.items()
        }

    def holders(self, some: Selection, desired: Desired) -> set[Ref]:
        """Accounts of others that hold a name which one of the selected is to have."""
        names = Ties(self._sync.declared[Kind.USER], self._sync.policy)
        held = {name for one in self._accounts(some) for name in names.of_user(one.entity)}
        wanted = {name for one in desired.users for name in names.of_user(one.entity)} - held
        if not wanted:
            return set()
        return {
            one.ref
            for one in self._target.users.standing.all()
            if one.ref not in some.refs and not wanted.isdisjoint(names.of_user(one.entity))
        }

    def _groups(
        self, source: str, read: SourceRead, some: Selection, named: Named
    ) -> Iterator[GroupRecord]:
        keys, standing = set(own_names(source, some.keys)), read.groups.standing
        groups = (
            standing.all() if some.every_group else standing.some(own_names(source, some.groups))
        )
        for group in groups:
            elsewhere = group.elsewhere
            if self._named is None:
                # All references lead to somebody, or else the question were about everybody.
                elsewhere = tuple(one for one in elsewhere if named.keys(one))
            members = tuple(sorted(keys.intersection(group.members)))
            yield replace(group, members=members, elsewhere=elsewhere)

    def _accounts(self, some: Selection) -> Iterable[Stored[User]]:
        return self._target.users.standing.some(sorted(some.refs))

    def _members(self, some: Selection) -> tuple[tuple[Member, ...], Mapping[Ref, int]]:
        """The selected in their groups; how many others there are in each."""
        members: list[Member] = []
        others: dict[Ref, int] = {}
        standing = self._target.members.standing
        for one in standing.all() if some.every_group else standing.some(sorted(some.group_refs)):
            users = set(one.users)
            selected = sorted(some.refs & users)
            members += (Member(one.group, user) for user in selected)
            others[one.group] = len(users) - len(selected)
        return tuple(members), others

    def _seen(self, some: Selection, members: tuple[Member, ...]) -> Seen:
        target, groups = self._target, self._target.groups.standing
        return Seen(
            tuple(self._accounts(some)),
            tuple(groups.all() if some.every_group else groups.some(sorted(some.group_refs))),
            members,
            target.own,
            target.gaps,
        )

    def beyond(self, some: Selection, facts: Facts) -> Beyond:
        """What was counted of everybody, without the selected as they were then."""
        linked = {(link.kind, link.ref) for link in some.links}
        users = {ref for kind, ref in linked if kind is Kind.USER}
        target, refs = self._target, sorted(some.group_refs)
        population = {Kind(kind): n for kind, n in facts.population.items()}
        foreign = {Kind(kind): n for kind, n in facts.foreign.items()}
        for account in target.users.standing.before(sorted(some.refs)):
            if account.ref not in users:
                foreign[Kind.USER] -= 1
            elif account.entity.active:
                population[Kind.USER] -= 1
        groups, members = target.groups.standing, target.members.standing
        for group in groups.all_before() if some.every_group else groups.before(refs):
            of = population if (Kind.GROUP, group.ref) in linked else foreign
            of[Kind.GROUP] -= 1
        for one in members.all_before() if some.every_group else members.before(refs):
            population[Kind.MEMBER] -= len(users.intersection(one.users))
        return Beyond(population=population, foreign=foreign, notes=facts.notes)

    def _question(
        self, desired: Desired, seen: Seen, memory: Memory, beyond: Beyond | None
    ) -> Question:
        sync = self._sync
        return Question(
            sync=sync.name,
            target=sync.target,
            config=sync.config,
            desired=desired,
            seen=seen,
            memory=memory,
            declared=sync.declared,
            policy=sync.policy,
            now=self._now,
            beyond=beyond,
            engine=__version__,
            identity=sync.identity_as(seen.own),
            readings=digests(self._sources),
        )


def pairs(groups: Iterable[Members]) -> Iterator[Member]:
    """One by one."""
    for one in groups:
        for user in one.users:
            yield Member(one.group, user)
