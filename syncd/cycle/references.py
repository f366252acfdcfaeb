"""Whom references mean, where all users are too many to be in memory."""

import sqlite3
import weakref
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from syncd.core.model import GroupRecord, Key, Reference, UserRecord
from syncd.core.normal import normal
from syncd.core.records import names_of
from syncd.cycle.follow import name_batches
from syncd.cycle.reads import SourceRead

_TABLES = """
PRAGMA journal_mode=OFF;
PRAGMA synchronous=OFF;
CREATE TABLE asked (source, attribute, name, PRIMARY KEY (source, attribute, name)) WITHOUT ROWID;
CREATE TABLE named (source, attribute, name, key);
CREATE INDEX by_name ON named (source, attribute, name);
"""
_PUT = """
INSERT INTO named SELECT source, attribute, name, ?4 FROM asked
WHERE source = ?1 AND attribute = ?2 AND name = ?3
"""
_OF = "SELECT key FROM named WHERE source = ? AND attribute = ? AND name = ?"


class DiskNamed:
    """`Named` for the references of these groups."""

    def __init__(self, sources: Mapping[str, SourceRead], groups: Iterable[GroupRecord]) -> None:
        self._sources = frozenset(sources)
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.executescript(_TABLES)
        weakref.finalize(self, self._db.close)
        asked: dict[str, set[str]] = defaultdict(set)
        for group in groups:
            for one in group.elsewhere:
                asked[one.source].add(one.attribute)
            rows = ((one.source, one.attribute, _name(one)) for one in group.elsewhere)
            self._db.executemany("INSERT OR IGNORE INTO asked VALUES (?, ?, ?)", rows)
        for source in sources.keys() & asked.keys():
            self._put(source, sources[source], asked[source])

    def _put(self, source: str, read: SourceRead, attributes: Iterable[str]) -> None:
        self._db.execute("BEGIN")
        rows = (
            (source, attribute, name, user.key)
            for user in read.users.standing.all()
            for attribute in attributes
            for name in names_of(user, attribute)
        )
        self._db.executemany(_PUT, rows)
        self._db.execute("COMMIT")

    def keys(self, reference: Reference) -> Sequence[Key] | None:
        if reference.source not in self._sources:
            return None
        of = (reference.source, reference.attribute, _name(reference))
        return [key for (key,) in self._db.execute(_OF, of)]


def _name(reference: Reference) -> str:
    return normal(reference.value, caseless=True)


def mean_others(sources: Mapping[str, SourceRead], referring: Iterable[str]) -> bool:
    """Whether the groups of these sources may mean others than they did: somebody has gained, or
    lost, a name that is in a reference."""
    named = {
        (one.source, one.attribute, _name(one))
        for source in referring
        for group in sources[source].groups.standing.all()
        for one in group.elsewhere
    }
    for source, read in sources.items():
        attributes = {attribute for of, attribute, _ in named if of == source}
        standing = read.users.standing
        changed = chain(standing.moved(), standing.gone()) if attributes else ()
        for names in name_batches(changed):
            now, before = _names(standing.some(names), attributes), standing.before(names)
            for _, attribute, name in now ^ _names(before, attributes):
                if (source, attribute, name) in named:
                    return True
    return False


def _names(users: Iterable[UserRecord], attributes: Iterable[str]) -> set[tuple[Key, str, str]]:
    return {
        (user.key, at, name) for user in users for at in attributes for name in names_of(user, at)
    }
