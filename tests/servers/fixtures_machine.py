"""A booted machine for tests of the service: `machine`, one a test worker; root only.

Tests that ask for it stand in one xdist group, so that there is one of it.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from tests.servers.fixtures_ldap import require
from tests.servers.machine import Machine, NoMachine

PLACE = Path(__file__).parents[2] / ".servers" / "machine"


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    if os.geteuid() != 0:
        pytest.skip("only root can boot a machine")
    require("systemd-nspawn", "systemd-container")
    if not (PLACE / "installed").exists():
        _absent("there is no machine to boot: make servers, as root")
    try:
        booted = Machine(PLACE / "root", tmp_path_factory.mktemp("machine"))
    except NoMachine as error:
        _absent(str(error))
    yield booted
    booted.stop()


def _absent(why: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)
