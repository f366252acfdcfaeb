"""A plan about everybody, without everybody in memory at once.

Twice through all that was read, a slice at a time: first to learn who can have to do with whom,
then to decide. Who is tied to others waits until the end, and is then decided about together.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from syncd.core.decide import Apart
from syncd.core.desired import Desired, desire
from syncd.core.health import none_is_there
from syncd.core.knots import Knots, Points, Ties, of_key
from syncd.core.mapping import Scope
from syncd.core.memory import Link, Memory, OpenLine
from syncd.core.merge import full_key
from syncd.core.model import GroupRecord, Key, Kind, Ref, Stored, User, UserRecord
from syncd.core.parts import Part
from syncd.core.question import Question, Seen
from syncd.core.records import Records
from syncd.cycle.belonging import Belonging
from syncd.cycle.reads import SourceRead, TargetRead
from syncd.cycle.roll import DiskRoll, Standings
from syncd.cycle.spool import DiskSpool
from syncd.ledger import Ledger
from syncd.sync import Sync


class Slice(Struct):
    """Some units: records of one source, links and accounts, as far as they belong together."""

    source: str
    records: Sequence[UserRecord]
    links: Sequence[Link]
    stored: Sequence[Stored[User]]


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
        self._named = self._rules.users.part(self._ties.fields)
        self._knots = Knots()
        self._tied: list[Slice] = []
        self._belonging = Belonging(Scope(), ())
        self._linked = ledger.count_links(sync.name, Kind.USER)

    @property
    def may_be_parted(self) -> bool:
        """Whether people meet in their names alone, and neither by merging nor by references."""
        rules, sync = self._rules, self._sync
        return (
            rules.merge.by is None
            and not any(self._is_empty(read) for read in self._sources.values())
            and not any(group.elsewhere for _, group in self._groups())
            and not any(
                link.aliases
                for links in self._ledger.each_link(sync.name, Kind.USER)
                for link in links
            )
        )

    def _is_empty(self, read: SourceRead) -> bool:
        """Whether a source that something came from holds none of it: the links must tell."""
        parts = ((self._linked, read.users), (len(self._memory.links), read.groups))
        return any(linked and next(part.standing.all(), None) is None for linked, part in parts)

    def _groups(self) -> Iterator[tuple[str, GroupRecord]]:
        for source, read in self._sources.items():
            for group in read.groups.standing.all():
                yield source, group

    def asked(self) -> tuple[Question, Apart]:
        strange = self._tie()
        self._belonging = Belonging(self._rules.scope, self._groups())
        self._target.strange = bool(strange)
        groups = tuple(self._target.groups.standing.all())
        needed = bool(groups) or next(self._groups(), None) is not None
        target, sync = self._target, self._sync
        question = Question(
            sync=sync.name,
            target=sync.target,
            config=sync.config,
            desired=self._desired_groups(),
            seen=Seen((), groups, (), target.own, (*target.gaps, *strange)),
            memory=self._memory,
            declared=sync.declared,
            policy=sync.policy,
            now=self._now,
        )
        roll, memberships = DiskRoll(needed=needed), Standings(self._sources, target)
        return question, Apart(self._parts(), self._together, memberships, roll, DiskSpool())

    def _tie(self) -> tuple[str, ...]:
        """Adds everybody to the knots; what is strange about the target."""
        there = 0
        for line in self._memory.open_lines:
            self._knots.add(self._ties.of_line(line))
        for one in self._slices():
            there += len(one.stored) if one.links else 0
            for points in self._points(one).values():
                self._knots.add(points)
        return () if there else none_is_there(self._linked)

    def _points(self, one: Slice) -> dict[str, Points]:
        """Of each in the slice, by key; of an account that nobody is linked to, by ref."""
        found: dict[str, Points] = {}
        ties = self._ties
        prefix = full_key(one.source, Key(""))
        for record in one.records:
            points = ties.of_fields(self._named(record.attributes))
            if (met := found.setdefault(prefix + record.key, points)) is not points:
                met |= points
        keys = {link.ref: link.key for link in one.links}
        for stored in one.stored:
            if (key := keys.get(stored.ref)) is None:
                found[stored.ref] = ties.of_stored(stored)
            else:
                found.setdefault(key, set()).update(ties.of_user(stored.entity))
        if self._memory.open_lines:
            for link in one.links:
                found.setdefault(link.key, set())
            for name, some in found.items():
                some.add(of_key(Key(name)))
        return found

    def _parts(self) -> Iterator[Part]:
        for one in self._slices():
            points = self._points(one) if self._knots.any() else {}
            if tied := {name for name, some in points.items() if self._knots.tied(some)}:
                prefix = full_key(one.source, Key(""))
                keys = {link.ref: link.key for link in one.links}
                self._tied.append(_part_of(one, prefix, keys, tied, inside=True))
                yield self._part([_part_of(one, prefix, keys, tied, inside=False)], ())
            else:
                yield self._part([one], ())

    def _together(self) -> Part:
        """Those that are tied to others."""
        return self._part(self._tied, self._memory.open_lines)

    def _part(self, slices: Sequence[Slice], open_lines: tuple[OpenLine, ...]) -> Part:
        records: dict[str, list[UserRecord]] = {source: [] for source in self._sources}
        for one in slices:
            if one.records:
                records[one.source] += one.records
        return Part(
            self._desired_users(records),
            tuple(stored for one in slices for stored in one.stored),
            replace(
                self._memory,
                links=tuple(link for one in slices for link in one.links),
                open_lines=open_lines,
            ),
        )

    def _desired_users(self, records: Mapping[str, Sequence[UserRecord]]) -> Desired:
        sources = {
            name: Records(some, self._belonging.of(name, some)) for name, some in records.items()
        }
        desired = desire(sources, self._rules)
        if any(one.groups for one in sources.values()):
            of_users = tuple(one for one in desired.failures if one.kind is Kind.USER)
            undecided = {**desired.undecided, Kind.GROUP: frozenset[Key]()}
            bare = {"groups": (), "members": {}, "failures": of_users, "undecided": undecided}
            desired = replace(desired, **bare)
        return desired

    def _desired_groups(self) -> Desired:
        sources = {
            name: Records(
                (),
                [replace(group, members=()) for group in read.groups.standing.all()],
                read.gaps,
                read.told_of,
            )
            for name, read in self._sources.items()
        }
        return desire(sources, self._rules)

    def _slices(self) -> Iterator[Slice]:
        """Who is in a source; links of who is in none; accounts that no link leads to."""
        linked = 0
        for source, read in sorted(
            self._sources.items(), key=lambda item: full_key(item[0], Key(""))
        ):
            records = read.users.standing.all()
            for some in _without_splitting(records, self._size):
                links = self._links_of(source, some)
                linked += len(links)
                yield Slice(source, some, links, self._stored_of(links))
        if linked < self._linked:
            yield from self._leavers()
        yield from self._unlinked()

    def _links_of(self, source: str, records: Iterable[UserRecord]) -> Sequence[Link]:
        if not self._linked:
            return ()
        keys = {(Kind.USER, full_key(source, record.key)) for record in records}
        return self._ledger.recall_links(self._sync.name, keys, ())

    def _stored_of(self, links: Iterable[Link]) -> Sequence[Stored[User]]:
        return list(self._target.users.standing.some(sorted(link.ref for link in links)))

    def _leavers(self) -> Iterator[Slice]:
        for links in self._ledger.each_link(self._sync.name, Kind.USER):
            here = {
                full_key(source, record.key)
                for source, read in self._sources.items()
                for record in read.users.standing.some(_own_keys(source, links))
            }
            gone = [link for link in links if link.key not in here]
            if gone:
                yield Slice("", (), gone, self._stored_of(gone))

    def _unlinked(self) -> Iterator[Slice]:
        stored = self._target.users.standing.all()
        while some := list(islice(stored, self._size)):
            foreign = some
            if self._linked:
                refs = [(Kind.USER, one.ref) for one in some]
                linked = {link.ref for link in self._ledger.recall_links(self._sync.name, (), refs)}
                foreign = [one for one in some if one.ref not in linked]
            if foreign:
                yield Slice("", (), (), foreign)


def _without_splitting(records: Iterator[UserRecord], size: int) -> Iterator[list[UserRecord]]:
    """So many at once, and those that a source named alike together."""
    some: list[UserRecord] = []
    for record in records:
        if len(some) >= size and record.key != some[-1].key:
            yield some
            some = []
        some.append(record)
    if some:
        yield some


def _own_keys(source: str, links: Iterable[Link]) -> list[Key]:
    prefix = full_key(source, Key(""))
    return sorted(
        Key(link.key.removeprefix(prefix)) for link in links if link.key.startswith(prefix)
    )


def _part_of(
    one: Slice, prefix: str, keys: Mapping[Ref, Key], names: set[str], *, inside: bool
) -> Slice:
    """Those of these names, or all but those."""
    return Slice(
        one.source,
        [record for record in one.records if (prefix + record.key in names) is inside],
        [link for link in one.links if (link.key in names) is inside],
        [s for s in one.stored if (keys.get(s.ref, s.ref) in names) is inside],
    )
