"""The user store as another program sees it: through plain SQL and nothing of syncd's."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

from tests.scenario.organisation import Account, Content
from tests.servers.postgres import Postgresql


class Store(Protocol):
    @property
    def config(self) -> dict[str, object]:
        """The target's part of the configuration file."""
        ...

    def rows(self, statement: str) -> Sequence[tuple[Any, ...]]: ...

    def execute(self, statement: str) -> None: ...


class SqliteStore:
    def __init__(self, folder: Path) -> None:
        self._file = folder / "store.db"
        self.config: dict[str, object] = {"type": "sql", "url": "sqlite:///store.db"}

    def rows(self, statement: str) -> Sequence[tuple[Any, ...]]:
        with closing(sqlite3.connect(self._file)) as connection:
            return connection.execute(statement).fetchall()

    def execute(self, statement: str) -> None:
        with closing(sqlite3.connect(self._file)) as connection, connection:
            connection.execute(statement)


class PostgresqlStore:
    def __init__(self, database: Postgresql) -> None:
        self._database = database
        self.config: dict[str, object] = {
            "type": "sql",
            "url": database.url,
            "password": database.password,
        }

    def rows(self, statement: str) -> Sequence[tuple[Any, ...]]:
        with closing(self._database.connect()) as connection:
            return connection.execute(statement.encode()).fetchall()

    def execute(self, statement: str) -> None:
        with closing(self._database.connect()) as connection:
            connection.execute(statement.encode())


def content(store: Store) -> Content:
    """All of it."""
    accounts = store.rows(
        "SELECT user_name, email, given_name, family_name, display_name, active FROM users"
    )
    groups = store.rows("SELECT display_name FROM groups")
    members = store.rows(
        "SELECT groups.display_name, user_name FROM members"
        " JOIN users ON users.id = user_id JOIN groups ON groups.id = group_id"
    )
    return Content(
        frozenset(Account(*row[:5], bool(row[5])) for row in accounts),
        frozenset(name for (name,) in groups),
        frozenset((group, login) for group, login in members),
    )


def active_memberships(store: Store) -> frozenset[tuple[str, str | None]]:
    """What the view for other programs shows: login and group, or None where there is none."""
    rows = store.rows("SELECT user_name, group_name FROM active_users_with_groups")
    return frozenset((login, group) for login, group in rows)


def refs(store: Store, table: str = "users", name: str = "user_name") -> dict[str, str]:
    """The store's own ids by name."""
    return dict(store.rows(f"SELECT {name}, id FROM {table}"))


def difference(store: Store, expected: Content) -> str:
    """What the store lacks and what it has too much, or nothing."""
    found = content(store)
    lacking = [sorted(map(str, want - have)) for want, have in zip(expected, found, strict=True)]
    beyond = [sorted(map(str, have - want)) for want, have in zip(expected, found, strict=True)]
    return f"lacks {lacking}, has beyond {beyond}" if found != expected else ""
