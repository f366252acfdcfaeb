"""A plan about everybody, without everybody in memory at once.

Twice through all that was read, a slice at a time: first to learn who can have to do with whom,
then to decide. Who is tied to others waits until the end, and is then decided about together.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain

from msgspec.structs import replace

from syncd import __version__
from syncd.core.decide import Apart
from syncd.core.desired import Desired, desire
from syncd.core.health import gaps_of_empty, none_is_there
from syncd.core.knots import Knots, Points, Ties, of_key
from syncd.core.mapping import Scope
from syncd.core.memory import Memory, OpenLine
from syncd.core.merge import merge
from syncd.core.model import GroupRecord, Key, Kind, UserRecord
from syncd.core.parts import Part
from syncd.core.plan import Problem
from syncd.core.question import Question, Seen
from syncd.core.records import Records, follow
from syncd.cycle.belonging import Belonging
from syncd.cycle.reads import SourceRead, TargetRead, digests
from syncd.cycle.references import DiskNamed
from syncd.cycle.roll import DiskRoll, OneOf, Standings
from syncd.cycle.slices import Slice, Slices
from syncd.cycle.spool import DiskSpool
from syncd.ledger import Ledger
from syncd.sync import Sync


class Everybody:
    """All of one sync; `memory` is what is remembered but for the users' links."""

    def __init__(  # noqa: PLR0913, PLR0917  all that a plan depends on
        self,
        sync: Sync,
        sources: Mapping[str, SourceRead],
        target: TargetRead,
        now: datetime,
        ledger: Ledger,
        memory: Memory,
        size: int,
    ) -> None:
        self._sync, self._sources, self._target, self._now = sync, sources, target, now
        self._ledger, self._memory, self._size = ledger, memory, size
        self._rules = sync.rules
        self._ties = Ties(sync.declared[Kind.USER], sync.policy)
        self._names = self._rules.users.part(self._ties.fields)
        self._knots = Knots()
        self._tied: list[Slice] = []
        self._slices = Slices(sync, sources, target, ledger, size)
        self._one_of = OneOf()
        self._named = DiskNamed({}, ())
        self._gaps = {name: read.gaps for name, read in sources.items()}
        self._lost: list[Problem] = []
        self._belonging = Belonging(Scope(), (), self._named)
        self._by_keys = sync.rules.merge.by is not None or bool(memory.open_lines)

    def _aliased(self) -> bool:
        return any(
            link.aliases
            for links in self._ledger.register.each_link(self._sync.name, Kind.USER)
            for link in links
        )

    def _groups(self) -> Iterator[tuple[str, GroupRecord]]:
        for source, read in self._sources.items():
            for group in read.groups.standing.all():
                yield source, group

    def asked(self) -> tuple[Question, Apart]:
        self._distrust_empty()
        bare = {
            source: [replace(group, members=()) for group in read.groups.standing.all()]
            for source, read in self._sources.items()
        }
        self._resolve(bare)
        self._by_keys = self._by_keys or self._aliased()
        gaps = self._target.doubt(self._tie())
        groups = tuple(self._target.groups.standing.all())
        target, sync = self._target, self._sync
        question = Question(
            sync=sync.name,
            target=sync.target,
            config=sync.config,
            desired=self._desired_groups(bare),
            seen=Seen((), groups, (), target.own, gaps),
            memory=self._memory,
            declared=sync.declared,
            policy=sync.policy,
            now=self._now,
            engine=__version__,
            identity=sync.identity_as(target.own),
            readings=digests(self._sources),
        )
        memberships = Standings(self._sources, target, self._named, self._one_of)
        members = next(target.members.standing.all(), None)
        roll = DiskRoll(needed=bool(groups or members) or any(bare.values()))
        return question, Apart(self._parts(), self._together, memberships, roll, DiskSpool())

    def _distrust_empty(self) -> None:
        """Adds to the gaps of a source that suddenly holds nobody, or no group."""
        empty = {
            name: [
                kind
                for kind, part in ((Kind.USER, read.users), (Kind.GROUP, read.groups))
                if next(part.standing.all(), None) is None
            ]
            for name, read in self._sources.items()
            if name not in self._sync.policy.may_be_empty
        }
        users = self._ledger.register.each_link(self._sync.name, Kind.USER)
        links = chain(self._memory.links, chain.from_iterable(users))
        for name, gaps in gaps_of_empty(empty, links).items():
            self._gaps[name] += tuple(gaps)
            self._sources[name].strange = True

    def _resolve(self, bare: Mapping[str, Sequence[GroupRecord]]) -> None:
        """Finds out whom references mean, and who is in the groups that people are taken by."""
        if any(group.elsewhere for groups in bare.values() for group in groups):
            self._named = DiskNamed(self._sources, chain.from_iterable(bare.values()))
            for source, groups in bare.items():
                for group in groups:
                    self._lost += follow(source, group, self._named)[1]
        scope = self._rules.scope
        if scope.member_of:
            self._belonging = Belonging(scope, self._groups(), self._named)

    def _tie(self) -> tuple[str, ...]:
        """Adds everybody to the knots; what is strange about the target."""
        there = 0
        for line in self._memory.open_lines:
            self._knots.add(self._ties.of_line(line))
        for one in self._slices:
            there += len(one.stored) if one.links else 0
            for points in self._points(one).values():
                self._knots.add(points)
        return () if there else none_is_there(self._slices.linked)

    def _points(self, one: Slice) -> Mapping[str, Points]:
        """Of each unit in the slice."""
        found: dict[str, Points] = defaultdict(set)
        ties, names = self._ties, self._names
        for unit, _, record in one.of_records():
            found[unit] |= ties.of_fields(names(record.attributes))
        for unit, stored, linked in one.of_stored():
            found[unit] |= ties.of_user(stored.entity) if linked else ties.of_stored(stored)
        if one.units:
            self._add_merged(one, found)
        if self._by_keys:
            for unit, key, _ in one.of_records():
                found[unit].add(of_key(key))
            for unit, link in one.of_links():
                found[unit].update(map(of_key, (link.key, *link.aliases)))
        return found

    def _add_merged(self, one: Slice, found: Mapping[str, Points]) -> None:
        """What a person is called may be made of what several sources say."""
        units = {key: unit for unit, key, _ in one.of_records()}
        for person in merge(one.records, self._rules.merge).persons:
            if person.aliases:
                found[units[person.key]] |= self._ties.of_fields(self._names(person.attributes))

    def _parts(self) -> Iterator[Part]:
        for one in self._slices:
            points = self._points(one) if self._knots.any() else {}
            tied = {unit for unit, some in points.items() if self._knots.tied(some)}
            if tied := tied | one.crowded():
                self._tied.append(one.part(tied, inside=True))
                yield self._part([one.part(tied, inside=False)], ())
            else:
                yield self._part([one], ())

    def _together(self) -> Part:
        """Those that are tied to others."""
        return self._part(self._tied, self._memory.open_lines)

    def _part(self, slices: Sequence[Slice], open_lines: tuple[OpenLine, ...]) -> Part:
        records: dict[str, list[UserRecord]] = {source: [] for source in self._sources}
        for one in slices:
            for source, some in one.records.items():
                records[source] += some
        links = {link.key: link for one in slices for link in one.links}
        stored = {stored.ref: stored for one in slices for stored in one.stored}
        return Part(
            self._desired_users(records),
            tuple(stored.values()),
            replace(self._memory, links=tuple(links.values()), open_lines=open_lines),
        )

    def _desired_users(self, records: Mapping[str, Sequence[UserRecord]]) -> Desired:
        sources = {
            name: Records(some, self._belonging.of(name, some), self._gaps[name])
            for name, some in records.items()
        }
        desired = desire(sources, self._rules, self._named, self._lost)
        if self._rules.merge.by:
            self._one_of.add(desired.people.values())
        if any(one.groups for one in sources.values()):
            of_users = tuple(one for one in desired.failures if one.kind is Kind.USER)
            undecided = {**desired.undecided, Kind.GROUP: frozenset[Key]()}
            bare = {"groups": (), "members": {}, "failures": of_users, "undecided": undecided}
            desired = replace(desired, **bare)
        return desired

    def _desired_groups(self, bare: Mapping[str, Sequence[GroupRecord]]) -> Desired:
        sources = {
            name: Records((), bare[name], self._gaps[name], read.told_of)
            for name, read in self._sources.items()
        }
        return desire(sources, self._rules, self._named)
