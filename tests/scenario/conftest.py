"""Each source and each target of the scenario, as fixtures."""

from pathlib import Path

import pytest

from tests.scenario.active_directory import ActiveDirectory
from tests.scenario.directory import Directory
from tests.scenario.openldap import OpenLdap
from tests.scenario.stores import PostgresqlStore, SqliteStore, Store, difference
from tests.scenario.world import World
from tests.scenario.yaml_files import YamlFiles


@pytest.fixture(params=["yaml", "slapd", "samba_ad"])
def directory(request: pytest.FixtureRequest, tmp_path: Path) -> Directory:
    match request.param:
        case "slapd":
            return OpenLdap(request.getfixturevalue("slapd"))
        case "samba_ad":
            return ActiveDirectory(request.getfixturevalue("samba_ad"))
        case _:
            return YamlFiles(tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "sqlite":
        return SqliteStore(tmp_path)
    return PostgresqlStore(request.getfixturevalue("postgresql"))


@pytest.fixture
def world(directory: Directory, store: Store, tmp_path: Path) -> World:
    """Founded, and applied for the first time."""
    world = World(tmp_path, directory, store)
    world.found()
    world.syncd("apply", "--yes")
    assert difference(store, world.expected()) == ""
    return world
