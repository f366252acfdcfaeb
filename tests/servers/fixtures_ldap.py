"""Fixtures for tests that need a directory server.

`slapd`: a real OpenLDAP server, one a test worker, emptied before each test. What a source needs:
`url` (ldap://), `ldaps_url`, `ldapi_url`, `ca_file`, `client_certificate`, `base`, `people`,
`groups`, `bind_dn`, `password`; what a test does with it: `add`, `modify`, `rename`, `delete`, `load`
(LDIF), `add_user`, `add_group`, `value`; `config(**settings)` is a source's configuration for it.
`staffed` is `slapd` with twenty people and one group of them all.

`samba_ad`: a real Active Directory domain controller (Samba; root only), one a test worker,
its organisational unit `people` emptied before each test: `ldaps_url`, `url`, `ca_file`,
`base`, `people`, `bind_dn`, `password`; `add`, `modify`, `rename`, `delete`, `add_user`, `add_group`, `value`, `config`.

`ds389`: a real 389 Directory Server (root only), one a test worker, emptied before each test:
as `slapd`, but with `url` only, and without `load`.

`fake_ldap`: a server that serves ranges, and odd answers, on demand.
`proxy`: makes a TCP proxy before a port, which cuts or stalls where told.

Where a server is not installed, a test that needs it is skipped, and under CI fails.
"""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
import trustme

from tests.servers.directory_server import DirectoryServer
from tests.servers.fake_ldap import FakeLdap
from tests.servers.proxy import Proxy
from tests.servers.samba import Samba
from tests.servers.slapd import STAFF, Slapd


def require(program: str, package: str) -> None:
    """Skips the test where the program is missing; under CI, fails it."""
    if shutil.which(program) is None:
        missing = f"{program} is not installed (package {package})"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """The certificate authority of all test servers."""
    return trustme.CA()


@pytest.fixture(scope="session")
def _slapd_server(
    tmp_path_factory: pytest.TempPathFactory, authority: trustme.CA
) -> Iterator[Slapd]:
    require("slapd", "slapd")
    require("ldapadd", "ldap-utils")
    server = Slapd(tmp_path_factory.mktemp("slapd"), authority)
    yield server
    server.stop()


@pytest.fixture
def slapd(_slapd_server: Slapd) -> Slapd:
    _slapd_server.reset()
    return _slapd_server


@pytest.fixture
def staffed(slapd: Slapd) -> Slapd:
    people = [slapd.add_user(name, description="x" * 500) for name in STAFF]
    slapd.add_group("all", people)
    return slapd


@pytest.fixture(scope="session")
def _samba_server(
    tmp_path_factory: pytest.TempPathFactory, authority: trustme.CA
) -> Iterator[Samba]:
    require("samba-tool", "samba-ad-provision")
    require("samba", "samba-ad-dc")
    if os.geteuid() != 0:
        pytest.skip("a domain controller needs root: it writes extended attributes and low ports")
    server = Samba(tmp_path_factory.mktemp("samba"), authority)
    yield server
    server.stop()


@pytest.fixture
def samba_ad(_samba_server: Samba) -> Samba:
    _samba_server.reset()
    return _samba_server


@pytest.fixture(scope="session")
def _directory_server() -> Iterator[DirectoryServer]:
    require("ns-slapd", "389-ds-base")
    require("dscreate", "389-ds-base")
    if os.geteuid() != 0:
        pytest.skip("389 Directory Server is set up as its own user, which only root can become")
    server = DirectoryServer()
    yield server
    server.stop()


@pytest.fixture
def ds389(_directory_server: DirectoryServer) -> DirectoryServer:
    _directory_server.reset()
    return _directory_server


@pytest.fixture
def fake_ldap() -> Iterator[FakeLdap]:
    server = FakeLdap()
    yield server
    server.close()


@pytest.fixture
def proxy() -> Iterator[Callable[[int], Proxy]]:
    """Makes a proxy before a port of 127.0.0.1."""
    proxies: list[Proxy] = []

    def before(port: int) -> Proxy:
        proxies.append(Proxy(port))
        return proxies[-1]

    yield before
    for each in proxies:
        each.close()
