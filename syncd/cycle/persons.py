"""Whole persons, where a selection has found some of their records only."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from syncd.core.memory import Link
from syncd.core.merge import full_key, merging_value
from syncd.core.model import Key, Kind
from syncd.core.prints import point_of
from syncd.cycle.follow import name_batches
from syncd.cycle.parts import own_names, source_users
from syncd.cycle.reads import SourceRead
from syncd.ledger import Ledger, Snapshot


class Persons:
    """Of a sync whose records are merged by the attribute `by`."""

    def __init__(
        self, sync: str, by: str, ledger: Ledger, base: Snapshot, sources: Mapping[str, SourceRead]
    ) -> None:
        self._by, self._base, self._sources = by, base, sources
        self._looked_at: set[Key] = set()
        self._kin: dict[str, set[Key]] = defaultdict(set)
        self._changed: set[str] = set()
        self._leavers: dict[Key, list[Key]] = defaultdict(list)
        for link in ledger.register.leavers_with_aliases(sync, Kind.USER):
            for alias in link.aliases:
                self._leavers[alias].append(link.key)

    def whole(self, keys: Iterable[Key], links: Iterable[Link]) -> set[Key]:
        """The keys that the persons with these keys and links have besides, now or before; to be
        called again with these until there is nothing new."""
        new = set(keys) - self._looked_at
        self._looked_at |= new
        found = {alias for link in links for alias in link.aliases}
        for key in new:
            found.update(self._leavers.get(key, ()))
        values: set[str] = set()
        for source in self._sources:
            values |= self._values(source, own_names(source, new))
        for source in self._sources:
            found |= {full_key(source, name) for name in self._met(source, values)}
        return found

    def regrouped(self) -> bool:
        """Whether any record has come to others, or has left them."""
        return any(len(self._kin[value]) > 1 for value in self._changed)

    def _values(self, source: str, names: list[Key]) -> set[str]:
        standing, values = self._sources[source].users.standing, set[str]()
        now, before = standing.some(names), standing.before(names)
        said: list[set[tuple[Key, str]]] = [
            {(one.key, value) for one in some if (value := merging_value(one, self._by))}
            for some in (now, before)
        ]
        for key, value in said[0] | said[1]:
            self._kin[value].add(full_key(source, key))
            values.add(value)
        self._changed |= {value for _, value in said[0] ^ said[1]}
        return values

    def _met(self, source: str, values: Iterable[str]) -> Iterator[Key]:
        """Whose value was one of these when they were last read."""
        part = source_users(source).part
        for some in name_batches(values):
            yield from map(Key, self._base.met(part, [point_of(one) for one in some]))
