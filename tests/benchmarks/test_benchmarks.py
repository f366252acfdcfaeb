"""The benchmarks themselves: every row of the table gets its number, from real servers."""

import os
import re
import sqlite3
from contextlib import closing

import pytest

from tests.benchmarks import bench, results
from tests.benchmarks.directory import CHANGED, GONE, NEW, Directory
from tests.benchmarks.measure import Run, Told, measured, this
from tests.benchmarks.parts import DJANGO, LDAP2PG, hundred_quickly
from tests.benchmarks.rows import rows
from tests.benchmarks.stores import Store
from tests.servers.fixtures_ldap import require
from tests.servers.postgres import server_programs

FEW = 200
RIVALS = {DJANGO, LDAP2PG}


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    require("slapd", "slapd")
    require("ldapsearch", "ldap-utils")
    if server_programs() is None:
        missing = "no PostgreSQL server is installed"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return tmp_path_factory.mktemp("bench")


@pytest.fixture
def directory(build, tmp_path):
    with closing(Directory(build, FEW, tmp_path / "directory", "stats")) as running:
        yield running


def searches(log):
    """What clients asked: base, filter and attributes."""
    found = r'SRCH base="(.*?)".*filter="(.*?)"\n.*SRCH attr=(.*)\n'
    return {(base, query, frozenset(attr.split())) for base, query, attr in re.findall(found, log)}


def test_a_quick_cycle_that_reads_everything_is_none(directory):
    """The server itself is asked how much it sent; changes that benchmarks make do not count."""
    quick, run = hundred_quickly(directory), Run(1, 1, 1, {"changes": Told(100, "changes")})
    directory.change()
    assert quick(run) == ""

    measured(directory.ldapsearch(groups=False))

    assert quick(run).startswith("it was no quick cycle: ")


@pytest.mark.slow
def test_every_row_of_the_table_has_a_number(build):
    """Benchmarks that nobody runs stop running; only how long things take is left out."""
    told = []

    bench.run(build, [FEW], ["unchanged", "changes", "reading", "planning"], 1, told.append)

    made = [row for row in rows(results.load_all(build)) if row.against not in RIVALS]
    assert len(made) == 13
    assert [(row.work, row.against, row.why) for row in made if not row.value] == []
    assert told


def test_ldapsearch_reads_what_syncd_reads(directory, tmp_path):
    """The same bases, filters and attributes, as the server saw them."""
    store = Store(tmp_path / "store", directory.source)
    store.make_anew()
    measured(directory.ldapsearch())
    before = directory.log.read_text()

    measured(this("cycle", store.config, "full"))

    assert len(searches(before)) == 2
    assert searches(before) <= searches(directory.log.read_text().removeprefix(before))


def test_a_round_of_changes_is_of_a_hundred_people(directory, tmp_path):
    """90 have another title, 5 are new and 5 have gone; the next full cycle makes it so."""
    store = Store(tmp_path / "store", directory.source)
    store.make_anew()
    measured(this("cycle", store.config, "full"))
    for _ in range(2):
        directory.change()
        run = measured(this("cycle", store.config, "full"))
        assert run.told["changes"].value >= CHANGED + NEW + GONE

    with closing(sqlite3.connect(store.here / "store.db")) as database:
        counts = database.execute(
            "SELECT count(*), sum(NOT active), sum(title LIKE 'Fellow 1.%') FROM users"
        ).fetchone()
    assert counts == (FEW + 2 * NEW, 2 * GONE, CHANGED)


def test_a_store_is_new_each_time_it_is_made_anew(directory, tmp_path):
    """Else only the first of several first imports would be one."""
    store = Store(tmp_path / "store", directory.source)

    imported = []
    for _ in range(2):
        store.make_anew()
        imported.append(measured(this("cycle", store.config, "full")).told["changes"].value)

    assert imported[0] == imported[1] > FEW
