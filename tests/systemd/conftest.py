"""`service`: syncd on a booted machine, freshly installed for each test."""

from collections.abc import Iterator

import pytest

from tests.servers.machine import Machine
from tests.systemd.service import Service, wheel


@pytest.fixture(scope="session")
def _installed(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Service:
    return Service(machine, wheel(tmp_path_factory.mktemp("wheel")))


@pytest.fixture
def service(_installed: Service) -> Iterator[Service]:
    yield _installed
    _installed.restore()
