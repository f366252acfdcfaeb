"""Installations on SQLite, on PostgreSQL and on both, and copies of them as they stand."""

import itertools
from collections.abc import Callable
from pathlib import Path

from tests.faults import company
from tests.faults.installation import Installation
from tests.servers.postgres import Postgresql

SQLITE, POSTGRESQL = "sqlite", "postgresql"
PAIRS = [(SQLITE, SQLITE), (POSTGRESQL, POSTGRESQL), (POSTGRESQL, SQLITE)]
"""Of store and ledger. On PostgreSQL both share one database, as they may."""

_NUMBERS = itertools.count(1)


class Stores:
    """`port` starts a PostgreSQL server when it is first asked for; the databases end with it."""

    def __init__(self, place: Path, port: Callable[[], int]) -> None:
        self._place = place
        self._port = port
        self._settled: dict[tuple[str, str, int], Installation] = {}

    def settled(self, store: str, ledger: str, departments: int) -> Installation:
        """A month after two applies, with the change of `company.after` before it; for copies."""
        which = (store, ledger, departments)
        if which not in self._settled:
            place = self._place / "-".join(map(str, which))
            self._settled[which] = settle(self.install(place, store, ledger), departments)
        return self._settled[which]

    def install(self, place: Path, store: str, ledger: str) -> Installation:
        kinds = {"store": store, "ledger": ledger}
        url = self._database("template0") if POSTGRESQL in kinds.values() else ""
        given = {which: url for which, kind in kinds.items() if kind == POSTGRESQL}
        return Installation.new(place, **given)

    def copy(self, one: Installation, place: Path, batch_size: int) -> Installation:
        servers = {w: url for w, url in one.databases.items() if url.startswith("postgresql")}
        copies = {url: self._database(url.rpartition("/")[2]) for url in set(servers.values())}
        return one.copy(place, batch_size, **{which: copies[url] for which, url in servers.items()})

    def _database(self, template: str) -> str:
        name = f"faults{next(_NUMBERS)}"
        port = self._port()
        with Postgresql(port, "postgres").connect() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return Postgresql(port, name).url


def settle(one: Installation, departments: int) -> Installation:
    for people in (company.before(departments), company.between(departments)):
        one.directory(people)
        code, _, err = one.run()
        assert (code, err) == (0, ""), f"exit code {code}: {err}"
    one.pass_days(40)
    one.directory(company.after(departments))
    return one
