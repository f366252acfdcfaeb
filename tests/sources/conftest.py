"""Directory servers that are asked for what changed."""

from collections.abc import Callable, Iterator

import pytest
import trustme

from tests.servers.fixtures_ldap import require
from tests.servers.slapd_log import Log, LoggingSlapd


@pytest.fixture(scope="session")
def _logging_servers(
    tmp_path_factory: pytest.TempPathFactory, authority: trustme.CA
) -> Iterator[Callable[[Log, bool], LoggingSlapd]]:
    """One of each kind a test worker, started when it is first asked for."""
    require("slapd", "slapd")
    servers: dict[tuple[Log, bool], LoggingSlapd] = {}

    def running(log: Log, refers: bool) -> LoggingSlapd:
        if (log, refers) not in servers:
            directory = tmp_path_factory.mktemp(f"slapd-{log}")
            servers[log, refers] = LoggingSlapd(directory, authority, log, refers=refers)
        return servers[log, refers]

    yield running
    for server in servers.values():
        server.stop()


@pytest.fixture
def slapd_with(
    _logging_servers: Callable[[Log, bool], LoggingSlapd],
) -> Callable[..., LoggingSlapd]:
    """Gives an OpenLDAP server that keeps that kind of log, emptied."""

    def emptied(log: Log, *, refers: bool = False) -> LoggingSlapd:
        server = _logging_servers(log, refers)
        server.reset()
        return server

    return emptied
