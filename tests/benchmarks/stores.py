"""Where what is measured writes to: a user store and syncd's ledger, both in SQLite or PostgreSQL."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.servers.postgres import Postgresql
from tests.world import ANY_NUMBER

SYNC = "main"


@dataclass(frozen=True)
class Store:
    """`server` is a PostgreSQL server's port, or None for SQLite; `here` is this store's alone."""

    here: Path
    source: dict[str, object]
    server: int | None = None

    @property
    def config(self) -> Path:
        return self.here / "config.yaml"

    def make_anew(self) -> None:
        """Nothing was ever synced."""
        shutil.rmtree(self.here, ignore_errors=True)
        self.here.mkdir(parents=True)
        for name in ("store", "ledger"):
            if self.server is not None:
                make_database(self.server, self._database(name))
        self.config.write_text(json.dumps(self._settings()))  # JSON is YAML too (YAML 1.2)

    def _settings(self) -> dict[str, object]:
        # All ten attributes are mapped, none of them by default alone.
        always = {"attributes.employee_number": "employee_number"}
        return {
            "state_directory": str(self.here / "state"),
            "ledger": {} if self.server is None else self._place("ledger"),
            "sources": {"directory": self.source},
            "targets": {"store": {"type": "sql", **self._place("store")}},
            "syncs": {
                SYNC: {
                    "sources": ["directory"],
                    "target": "store",
                    "users": {"always": always},
                    # A day of changes is measured in a minute.
                    "policy": {"budget": ANY_NUMBER},
                }
            },
        }

    def _place(self, name: str) -> dict[str, object]:
        if self.server is None:
            return {"url": f"sqlite:///{name}.db"}
        database = Postgresql(self.server, self._database(name))
        return {"url": database.url, "password": database.password}

    def _database(self, name: str) -> str:
        return f"{self.here.name}_{name}".replace("-", "_")


def make_database(server: int, name: str) -> None:
    """Empty, even where there was one of that name."""
    with Postgresql(server, "postgres").connect() as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
