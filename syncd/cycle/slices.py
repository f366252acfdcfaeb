"""Some of all people at a time, with what they are linked to and hold; nobody is torn apart."""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from msgspec import Struct

from syncd.core.memory import Link
from syncd.core.merge import full_key
from syncd.core.model import Key, Kind, Stored, User, UserRecord
from syncd.cycle.merging import Merging
from syncd.cycle.parts import own_names
from syncd.cycle.reads import SourceRead, TargetRead
from syncd.ledger import Ledger
from syncd.sync import Sync


class Slice(Struct):
    """Records by source, links and accounts, as far as they belong together.

    Each is of one *unit*, which is called by the full key of the person; by the value that makes
    one of several records, as `units` has it for each record; or by the ref of an account that no
    link leads to.
    """

    records: Mapping[str, Sequence[UserRecord]]
    links: Sequence[Link]
    stored: Sequence[Stored[User]]
    units: Mapping[str, Sequence[str]] = {}

    def of_records(self) -> Iterator[tuple[str, Key, UserRecord]]:
        """Each with its unit and its full key."""
        for source, some in self.records.items():
            prefix = full_key(source, Key(""))
            keys = [Key(prefix + record.key) for record in some]
            yield from zip(self.units.get(source, keys), keys, some, strict=True)

    def of_links(self) -> Iterator[tuple[str, Link]]:
        """Each with its unit."""
        units = {key: unit for unit, key, _ in self.of_records()} if self.units else {}
        for link in self.links:
            yield units.get(link.key, link.key), link

    def of_stored(self) -> Iterator[tuple[str, Stored[User], bool]]:
        """Each with its unit, and whether a link leads to it."""
        units = {link.ref: unit for unit, link in self.of_links()}
        for one in self.stored:
            unit = units.get(one.ref)
            yield unit or one.ref, one, unit is not None

    def crowded(self) -> set[str]:
        """Units with several accounts: one may want what another of the same person has."""
        linked = Counter(unit for unit, _ in self.of_links()) if self.units else {}
        return {unit for unit, number in linked.items() if number > 1}

    def part(self, units: Container[str], *, inside: bool) -> "Slice":
        """Those of these units, or all but those."""
        all_records = self.of_records()
        records: dict[str, list[UserRecord]] = {}
        units_of: dict[str, list[str]] = {}
        for source, some in self.records.items():
            kept = [
                (unit, record)
                for unit, _, record in islice(all_records, len(some))
                if (unit in units) is inside
            ]
            records[source] = [record for _, record in kept]
            units_of[source] = [unit for unit, _ in kept]
        return Slice(
            records,
            [one for unit, one in self.of_links() if (unit in units) is inside],
            [one for unit, one, _ in self.of_stored() if (unit in units) is inside],
            units_of,
        )


class Slices:
    """All of a sync, about `size` at a time, as often as one asks.

    First who is in a source, then links of who is in none, then accounts that no link leads to.
    A link comes more than once where a source has its key more than once, under several values
    of the attribute that it is merged by.
    """

    def __init__(
        self,
        sync: Sync,
        sources: Mapping[str, SourceRead],
        target: TargetRead,
        ledger: Ledger,
        size: int,
    ) -> None:
        self._name, self._ledger, self._size = sync.name, ledger, size
        self._sources, self._accounts = sources, target.users.standing
        by = sync.merge.by
        self._merging = Merging(sources, by) if by else None
        self.linked = ledger.register.count_links(sync.name, Kind.USER)

    def __iter__(self) -> Iterator[Slice]:
        linked = 0
        if self._merging is None:
            for one in self._by_source():
                linked += len(one.links)
                yield one
        else:
            for records, units in self._merging.slices(self._size):
                yield self._linked(records, units)
        if linked < self.linked:
            yield from self._leavers()
        yield from self._unlinked()

    def _by_source(self) -> Iterator[Slice]:
        for source in sorted(self._sources, key=lambda name: full_key(name, Key(""))):
            records = self._sources[source].users.standing.all()
            for some in _without_splitting(records, self._size):
                yield self._linked({source: some}, {})

    def _linked(
        self, records: Mapping[str, Sequence[UserRecord]], units: Mapping[str, Sequence[str]]
    ) -> Slice:
        links: Sequence[Link] = ()
        if self.linked:
            keys = {
                (Kind.USER, full_key(source, record.key))
                for source, some in records.items()
                for record in some
            }
            links = self._ledger.recall_links(self._name, keys, ())
        return Slice(records, links, self._stored_of(links), units)

    def _stored_of(self, links: Iterable[Link]) -> Sequence[Stored[User]]:
        return list(self._accounts.some(sorted(link.ref for link in links)))

    def _leavers(self) -> Iterator[Slice]:
        for links in self._ledger.register.each_link(self._name, Kind.USER):
            keys = [link.key for link in links]
            here = {
                full_key(source, record.key)
                for source, read in self._sources.items()
                for record in read.users.standing.some(own_names(source, keys))
            }
            gone = [link for link in links if link.key not in here]
            if gone:
                yield Slice({}, gone, self._stored_of(gone))

    def _unlinked(self) -> Iterator[Slice]:
        stored = self._accounts.all()
        while some := list(islice(stored, self._size)):
            foreign = some
            if self.linked:
                refs = [(Kind.USER, one.ref) for one in some]
                linked = {link.ref for link in self._ledger.recall_links(self._name, (), refs)}
                foreign = [one for one in some if one.ref not in linked]
            if foreign:
                yield Slice({}, (), foreign)


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
