"""Who is in the groups by which a scope takes people, where all at once are too many."""

import json
import sqlite3
import weakref
from collections import defaultdict
from collections.abc import Iterable

from msgspec.structs import replace

from syncd.core.mapping import Scope, matches
from syncd.core.merge import first
from syncd.core.model import GroupRecord, Key, UserRecord
from syncd.cycle.follow import name_batches

_TABLE = """
PRAGMA journal_mode=OFF;
PRAGMA synchronous=OFF;
CREATE TABLE belongs (source, user, place, PRIMARY KEY (source, user, place)) WITHOUT ROWID;
"""
_OF = """
SELECT place, user FROM belongs WHERE source = ? AND user IN (SELECT value FROM json_each(?))
"""


class Belonging:
    """Only groups that the scope names are kept: of the others nobody asks."""

    def __init__(self, scope: Scope, groups: Iterable[tuple[str, GroupRecord]]) -> None:
        self._groups: list[GroupRecord] = []
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.executescript(_TABLE)
        weakref.finalize(self, self._db.close)
        for source, group in groups if scope.member_of else ():
            if matches(first(group.attributes["display_name"]), scope.member_of):
                self._add(source, group)

    def _add(self, source: str, group: GroupRecord) -> None:
        place = len(self._groups)
        self._groups.append(replace(group, members=()))
        rows = ((source, user, place) for user in group.members)
        self._db.execute("BEGIN")
        self._db.executemany("INSERT OR IGNORE INTO belongs VALUES (?, ?, ?)", rows)
        self._db.execute("COMMIT")

    def of(self, source: str, records: Iterable[UserRecord]) -> list[GroupRecord]:
        """The groups that any of these are in, with these for their members."""
        members: dict[int, list[Key]] = defaultdict(list)
        if self._groups:
            for keys in name_batches(one.key for one in records):
                for place, user in self._db.execute(_OF, (source, json.dumps(keys))):
                    members[place].append(user)
        return [replace(self._groups[at], members=tuple(some)) for at, some in members.items()]
