"""SQLite and PostgreSQL side by side: a test that asks for `place` is run on both."""

from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from syncd.database import Database, Schema, Trouble, database_url


class Place(NamedTuple):
    """Where one database is, or will be once it is first written."""

    url: str
    password: SecretStr | None = None

    def database(self, schema: Schema) -> Database:
        return Database(database_url(self.url, self.password), schema, "the test's", complaint)

    def ask(self, schema: Schema, statement: str) -> list[Any]:
        """The rows that another program would get."""
        database = self.database(schema)
        try:
            with database.writing() as connection:
                result = connection.execute(text(statement))
                return [tuple(row) for row in result] if result.returns_rows else []
        finally:
            database.close()


def complaint(_trouble: Trouble, what: str) -> Exception:
    return RuntimeError(what)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "sqlite":
        return Place(f"sqlite:///{tmp_path}/state/syncd.db")
    server = request.getfixturevalue("postgresql")
    return Place(server.url, SecretStr(server.password))
