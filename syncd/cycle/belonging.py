"""Who is in the groups by which a scope takes people, where all at once are too many."""

import json
import sqlite3
import weakref
from collections import defaultdict
from collections.abc import Iterable

from msgspec.structs import replace

from syncd.core.mapping import Scope, matches
from syncd.core.merge import first, full_key
from syncd.core.model import GroupRecord, Key, UserRecord
from syncd.core.records import Named, follow
from syncd.cycle.follow import name_batches

_TABLE = """
PRAGMA journal_mode=OFF;
PRAGMA synchronous=OFF;
CREATE TABLE belongs (user, place, PRIMARY KEY (user, place)) WITHOUT ROWID;
"""
_OF = "SELECT place, user FROM belongs WHERE user IN (SELECT value FROM json_each(?))"


class Belonging:
    """Only groups that the scope names are kept: of the others nobody asks."""

    def __init__(
        self, scope: Scope, groups: Iterable[tuple[str, GroupRecord]], named: Named
    ) -> None:
        self._named = named
        self._groups: list[GroupRecord] = []
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.executescript(_TABLE)
        weakref.finalize(self, self._db.close)
        for source, group in groups:
            if matches(first(group.attributes["display_name"]), scope.member_of):
                self._add(source, group)

    def _add(self, source: str, group: GroupRecord) -> None:
        place = len(self._groups)
        self._groups.append(replace(group, members=(), elsewhere=()))
        keys = [full_key(source, user) for user in group.members]
        rows = ((key, place) for key in (*keys, *follow(source, group, self._named)[0]))
        self._db.execute("BEGIN")
        self._db.executemany("INSERT OR IGNORE INTO belongs VALUES (?, ?)", rows)
        self._db.execute("COMMIT")

    def of(self, source: str, records: Iterable[UserRecord]) -> list[GroupRecord]:
        """The groups, of any source, that any of these are in; with these for their members."""
        members: dict[int, list[Key]] = defaultdict(list)
        prefix = full_key(source, Key(""))
        if self._groups:
            for keys in name_batches(prefix + one.key for one in records):
                for place, user in self._db.execute(_OF, (json.dumps(keys),)):
                    members[place].append(Key(user.removeprefix(prefix)))
        return [replace(self._groups[at], members=tuple(some)) for at, some in members.items()]
