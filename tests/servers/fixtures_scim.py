"""Fixtures for tests that need a SCIM server.

`scim2_server`, `cursor_server`, `scimmy`, `scimmy5`, `django_scim2`, `canaille`: real ones, one a test
worker, emptied before each test; see tests/servers/scim_real.py. `scim`: one made by hand, that does
what it is told to (tests/servers/scim_fake.py).

Where a server is not installed, a test that needs it is skipped, and under CI fails.
"""

import os
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest

from tests.servers.scim_fake import FakeScim
from tests.servers.scim_real import (
    Canaille,
    CursorServer,
    DjangoScim2,
    RealServer,
    Scim2Server,
    Scimmy,
    Scimmy5,
)

S = TypeVar("S", bound=RealServer)
Start = Callable[[type[RealServer]], RealServer]


@pytest.fixture(scope="session")
def _running() -> Iterator[Start]:
    servers: dict[type[RealServer], RealServer] = {}

    def start(kind: type[RealServer]) -> RealServer:
        if not kind.installed():
            missing = f"{kind.environment} is not installed: make servers"
            if os.environ.get("CI"):
                pytest.fail(missing)
            pytest.skip(missing)
        if kind not in servers:
            servers[kind] = kind()
        servers[kind].reset()
        return servers[kind]

    yield start
    for server in servers.values():
        server.stop()


@pytest.fixture
def scim2_server(_running: Start) -> RealServer:
    return _running(Scim2Server)


@pytest.fixture
def cursor_server(_running: Start) -> RealServer:
    return _running(CursorServer)


@pytest.fixture
def scimmy(_running: Start) -> RealServer:
    return _running(Scimmy)


@pytest.fixture
def scimmy5(_running: Start) -> RealServer:
    return _running(Scimmy5)


@pytest.fixture
def django_scim2(_running: Start) -> RealServer:
    return _running(DjangoScim2)


@pytest.fixture
def canaille(_running: Start) -> RealServer:
    return _running(Canaille)


@pytest.fixture
def scim() -> Iterator[FakeScim]:
    with FakeScim() as server:
        yield server
