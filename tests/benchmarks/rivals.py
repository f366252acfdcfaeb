"""The other programs on the same directory: how each is set up, and the commands to measure."""

import json
import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg

from tests.benchmarks.measure import Failure, measured, this
from tests.benchmarks.people import PASSWORD, PEOPLE, READER
from tests.benchmarks.stores import make_database
from tests.servers.postgres import USER, Postgresql


@dataclass(frozen=True)
class Django:
    """django-python3-ldap: four fields a person, no groups, nobody is ever suspended."""

    here: Path
    url: str
    server: int | None = None

    def command(self, verb: str = "ldap_sync_users") -> list[str]:
        return this("django_ldap", verb, self.url, json.dumps(self._database()))

    def make_anew(self) -> None:
        """Its tables, empty."""
        if find_spec("django_python3_ldap") is None:
            raise Failure("django-python3-ldap is not installed")
        shutil.rmtree(self.here, ignore_errors=True)
        self.here.mkdir(parents=True)
        if self.server is not None:
            make_database(self.server, "django")
        measured(self.command("migrate"))

    def _database(self) -> dict[str, object]:
        if self.server is None:
            return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(self.here / "django.db")}
        database = Postgresql(self.server, "django")
        return {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": "127.0.0.1",
            "PORT": database.port,
            "NAME": database.database,
            "USER": USER,
            "PASSWORD": database.password,
        }


@dataclass(frozen=True)
class Ldap2pg:
    """ldap2pg: a PostgreSQL role for each person, no fields and no groups."""

    here: Path
    url: str
    server: int

    @property
    def command(self) -> list[str]:
        return [str(self._program), "--config", str(self.here / "ldap2pg.yml"), "--real"]

    @property
    def _program(self) -> Path:
        return Path(shutil.which("ldap2pg") or Path(this("")[0]).with_name("ldap2pg"))

    def make_anew(self) -> None:
        """A server without roles but its own."""
        if not self._program.exists():
            raise Failure("ldap2pg is not installed")
        shutil.rmtree(self.here, ignore_errors=True)
        self.here.mkdir(parents=True)
        with Postgresql(self.server, "postgres").connect() as connection:
            _drop_roles(connection)
        file = self.here / "ldap2pg.yml"
        file.touch(0o600)  # it refuses one that others can read
        file.write_text(json.dumps(self._settings()))

    def _settings(self) -> dict[str, object]:
        database = Postgresql(self.server, "postgres")
        address = f"host=127.0.0.1 port={database.port} user={USER} dbname={database.database}"
        search = {"base": PEOPLE, "filter": "(objectClass=inetOrgPerson)"}
        return {
            "version": 5,
            "ldap": {"uri": self.url, "binddn": READER, "password": PASSWORD},
            "postgres": {"dsn": f"{address} password={database.password}"},
            "sync_map": [{"ldapsearch": search, "role": {"name": "{uid}", "options": "LOGIN"}}],
        }


def _drop_roles(connection: psycopg.Connection) -> None:
    others = f"rolname <> '{USER}' AND rolname NOT LIKE 'pg\\_%'"
    connection.execute(
        f"DO $$ DECLARE one record; BEGIN FOR one IN SELECT rolname FROM pg_roles WHERE {others} "
        "LOOP EXECUTE format('DROP ROLE %I', one.rolname); END LOOP; END $$"
    )
