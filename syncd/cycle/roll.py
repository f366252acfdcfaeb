"""Who is who in groups, and the groups' members on both sides, where all at once are too many."""

import json
import sqlite3
import weakref
from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec.structs import astuple

from syncd.core.members import Who
from syncd.core.merge import Person, full_key
from syncd.core.model import Key, Ref
from syncd.core.records import Named, follow
from syncd.cycle.follow import name_batches
from syncd.cycle.reads import SourceRead, TargetRead

_TABLE = """
PRAGMA journal_mode=OFF;
PRAGMA synchronous=OFF;
CREATE TABLE who (key PRIMARY KEY, ref, name, named, lost, guarded, held, strip)
WITHOUT ROWID;
CREATE UNIQUE INDEX by_ref ON who (ref) WHERE ref IS NOT NULL;
"""
_ALIASES = """
PRAGMA journal_mode=OFF;
PRAGMA synchronous=OFF;
CREATE TABLE aliases (alias PRIMARY KEY, key) WITHOUT ROWID;
"""
_OF_ALIAS = "SELECT alias, key FROM aliases WHERE alias IN (SELECT value FROM json_each(?))"
_BY_KEY = "SELECT * FROM who WHERE key IN (SELECT value FROM json_each(?))"
_BY_REF = "SELECT * FROM who WHERE ref IN (SELECT value FROM json_each(?))"


class DiskRoll:
    """A `Roll` on disk. Nobody is on it where no groups or members are there to ask (`needed`)."""

    def __init__(self, *, needed: bool) -> None:
        self._needed = needed
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.executescript(_TABLE)
        weakref.finalize(self, self._db.close)

    def enrol(self, some: Iterable[Who]) -> None:
        if self._needed:
            rows = map(astuple, some)
            self._db.execute("BEGIN")
            self._db.executemany("INSERT OR REPLACE INTO who VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
            self._db.execute("COMMIT")

    def by_key(self, keys: Collection[Key]) -> Iterator[Who]:
        return self._found(_BY_KEY, keys)

    def by_ref(self, refs: Collection[Ref]) -> Iterator[Who]:
        return self._found(_BY_REF, refs)

    def _found(self, statement: str, names: Collection[str]) -> Iterator[Who]:
        for some in name_batches(names):
            for key, ref, name, named, lost, guarded, held, strip in self._db.execute(
                statement, (json.dumps(some),)
            ).fetchall():
                yield Who(key, ref, name, bool(named), bool(lost), guarded, bool(held), strip)


class OneOf:
    """Under which of their keys each person is known, of whom there are several."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.executescript(_ALIASES)
        weakref.finalize(self, self._db.close)

    def add(self, persons: Iterable[Person]) -> None:
        rows = ((alias, one.key) for one in persons for alias in one.aliases)
        self._db.execute("BEGIN")
        self._db.executemany("INSERT OR REPLACE INTO aliases VALUES (?, ?)", rows)
        self._db.execute("COMMIT")

    def of(self, keys: Iterable[Key]) -> set[Key]:
        found: set[Key] = set()
        for some in name_batches(keys):
            known = dict(self._db.execute(_OF_ALIAS, (json.dumps(some),)).fetchall())
            found.update(known.get(key, key) for key in some)
        return found


class Standings:
    """The `Memberships` as they were read: one group at a time."""

    def __init__(
        self, sources: Mapping[str, SourceRead], target: TargetRead, named: Named, one_of: OneOf
    ) -> None:
        self._sources, self._target, self._named, self._one_of = sources, target, named, one_of

    def wanted(self, group: Key) -> Collection[Key]:
        for source, read in self._sources.items():
            prefix = full_key(source, Key(""))
            if group.startswith(prefix):
                for one in read.groups.standing.some([group.removeprefix(prefix)]):
                    keys = [full_key(source, key) for key in one.members]
                    return self._one_of.of([*keys, *follow(source, one, self._named)[0]])
        return ()

    def current(self) -> Iterator[tuple[Ref, Collection[Ref]]]:
        for one in self._target.members.standing.all():
            yield one.group, one.users
