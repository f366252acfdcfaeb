"""By which names groups refer to people: DNs, logins, and the groups that people name.

It may be a million people, so it is kept in a temporary database of SQLite, which stays in memory
while it is small and spills into an unnamed file (https://sqlite.org/inmemorydb.html, "Temporary
Databases").
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from weakref import finalize

from syncd.core.model import Key
from syncd.sources.ldap.shelf import room

_TABLES = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    CREATE TABLE person (name BLOB, key TEXT);
    CREATE TABLE login (name BLOB, key TEXT);
    CREATE TABLE member (name BLOB, key TEXT);
"""
_INDEXES = """
    CREATE INDEX IF NOT EXISTS person_name ON person (name);
    CREATE INDEX IF NOT EXISTS login_name ON login (name);
    CREATE INDEX IF NOT EXISTS member_name ON member (name);
"""
_AT_ONCE = 500
"""Rows that are written, and names that are asked for, in one statement."""


class Roll:
    """Names are in normal form: see `values.comparable` and `dn.prepared`."""

    def __init__(self) -> None:
        # a reading may be taken up by another thread than that which began it, one at a time
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        finalize(self, self._database.close)
        self._database.executescript(_TABLES)
        self._waiting: dict[str, list[tuple[bytes, Key]]] = {
            "person": [],
            "login": [],
            "member": [],
        }
        self._seen: set[int] = set()
        self._is_indexed = False

    def add(
        self, key: Key, dn: str, logins: Iterable[str] = (), groups: Iterable[str] = ()
    ) -> str | None:
        """Takes somebody in; where that key is known already does not, and gives that one's DN."""
        mark, count = hash(key), len(self._seen)
        self._seen.add(mark)
        if len(self._seen) == count and (known := self._dn_of(key)) is not None:
            return known
        people = self._waiting["person"]
        people.append((_octets(dn), key))
        self._waiting["login"].extend((_octets(login), key) for login in logins)
        self._waiting["member"].extend((_octets(group), key) for group in groups)
        if len(people) >= _AT_ONCE:
            self._write()
        return None

    def by_dn(self, dns: Sequence[str]) -> dict[str, Key]:
        """Those of the DNs that are people."""
        return dict(self._found("person", dns))

    def by_login(self, logins: Sequence[str]) -> dict[str, Key | None]:
        """The one person who has each login; None where several have it."""
        found: dict[str, Key | None] = {}
        for login, key in self._found("login", logins):
            found[login] = key if found.get(login, key) == key else None
        return found

    def in_group(self, dn: str) -> list[Key]:
        """Those whose own entries name the group."""
        return [key for _, key in self._found("member", [dn])]

    def _found(self, table: str, names: Sequence[str]) -> Iterator[tuple[str, Key]]:
        self._write()
        with room():
            if not self._is_indexed:
                self._database.executescript(_INDEXES)
                self._is_indexed = True
            for at in range(0, len(names), _AT_ONCE):
                some = [_octets(name) for name in names[at : at + _AT_ONCE]]
                marks = ",".join("?" * len(some))
                select = f"SELECT name, key FROM {table} WHERE name IN ({marks}) ORDER BY rowid"  # noqa: S608 - ours
                for name, key in self._database.execute(select, some):
                    yield _text(name), Key(key)

    def _dn_of(self, key: Key) -> str | None:
        self._write()
        with room():
            self._database.execute("CREATE INDEX IF NOT EXISTS person_key ON person (key)")
            row = self._database.execute("SELECT name FROM person WHERE key = ?", [key]).fetchone()
        return None if row is None else _text(row[0])

    def _write(self) -> None:
        for table, rows in self._waiting.items():
            if rows:
                with room():
                    self._database.execute("BEGIN")
                    self._database.executemany(f"INSERT INTO {table} VALUES (?, ?)", rows)  # noqa: S608 - ours
                    self._database.execute("COMMIT")
                rows.clear()


def _octets(name: str) -> bytes:
    """A name may have a half of a surrogate pair, which is no text to SQLite."""
    return name.encode("utf-8", "surrogatepass")


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "surrogatepass")
