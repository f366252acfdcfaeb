"""Who is one person with whom, where records are merged by an attribute and all are too many."""

import sqlite3
import weakref
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from syncd.core.merge import merging_value
from syncd.core.model import Key, UserRecord
from syncd.cycle.reads import SourceRead

_TABLE = """
PRAGMA journal_mode=OFF;
PRAGMA synchronous=OFF;
CREATE TABLE met (value, source, key);
"""
_UNIT = "\0"
"""Begins the name of a unit that a value makes: neither keys nor refs do."""

Merged = tuple[Mapping[str, Sequence[UserRecord]], Mapping[str, Sequence[str]]]
"""Records by source, and by source the units of these where a value makes them."""


class Merging:
    """All records with a value of the attribute `by` are in the order of values, on disk."""

    def __init__(self, sources: Mapping[str, SourceRead], by: str) -> None:
        self._sources, self._by = sources, by
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.executescript(_TABLE)
        weakref.finalize(self, self._db.close)
        for source, read in sources.items():
            self._db.execute("BEGIN")
            rows = (
                (value, source, record.key)
                for record in read.users.standing.all()
                if (value := merging_value(record, by))
            )
            self._db.executemany("INSERT INTO met VALUES (?, ?, ?)", rows)
            self._db.execute("COMMIT")
        self._db.execute("CREATE INDEX by_value ON met (value, source, key)")

    def slices(self, size: int) -> Iterator[Merged]:
        """Everybody: those of one value together."""
        for source, read in self._sources.items():
            alone = (one for one in read.users.standing.all() if not merging_value(one, self._by))
            while some := list(islice(alone, size)):
                yield {source: some}, {}
        yield from self._of_values(size)

    def _of_values(self, size: int) -> Iterator[Merged]:
        values: dict[str, list[tuple[str, Key]]] = defaultdict(list)
        number = 0
        for value, source, key in self._db.execute(
            "SELECT value, source, key FROM met ORDER BY value, source, key"
        ):
            if number >= size and value not in values:
                yield self._records(values)
                values, number = defaultdict(list), 0
            values[value].append((source, key))
            number += 1
        if values:
            yield self._records(values)

    def _records(self, values: Mapping[str, Sequence[tuple[str, Key]]]) -> Merged:
        keys: dict[str, list[Key]] = {source: [] for source in self._sources}
        for found in values.values():
            for source, key in found:
                keys[source].append(key)
        records: dict[str, list[UserRecord]] = {}
        units: dict[str, list[str]] = {}
        for source, read in self._sources.items():
            some = [
                (record, value)
                for record in read.users.standing.some(sorted(keys[source]))
                if (value := merging_value(record, self._by)) in values
            ]
            records[source] = [record for record, _ in some]
            units[source] = [_UNIT + value for _, value in some]
        return records, units
