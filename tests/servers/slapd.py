"""A real OpenLDAP server in a directory of its own, for as long as the tests want it.

It has the overlays memberof, ppolicy and retcode, speaks LDAP, LDAPS, StartTLS and LDAPI, and has
accounts with narrow limits. `Slapd.add`, `modify` and `delete` work as the administrator.
"""

import contextlib
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

import ldap3
import trustme
from ldap3.core.exceptions import LDAPNoSuchObjectResult

from tests.servers.ports import free_port, wait_until_listening

BASE = "dc=example,dc=test"
PASSWORD = "reader's secret"  # one that needs care
ADMIN_PASSWORD = "administrator's secret"

_CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/nis.schema
pidfile {directory}/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
moduleload ppolicy
moduleload retcode
TLSCACertificateFile {directory}/ca.pem
TLSCertificateFile {directory}/server.pem
TLSCertificateKeyFile {directory}/server.key
TLSVerifyClient try
access to attrs=userPassword by anonymous auth by * none
access to dn.subtree="ou=closed,{base}" by * none
access to * by * read
database mdb
suffix "{base}"
rootdn "cn=admin,{base}"
rootpw "{admin_password}"
directory {directory}/data
maxsize 268435456
limits dn.exact="cn=syncd,{base}" size=unlimited
limits dn.exact="cn=few,{base}" size.soft=5 size.hard=5 size.prtotal=5
limits dn.exact="cn=unpaged,{base}" size.prtotal=disabled
limits dn.exact="cn=narrow,{base}" size.unchecked=2
overlay memberof
memberof-dangling ignore
overlay ppolicy
overlay retcode
retcode-parent "ou=retcodes,{base}"
retcode-item "cn=busy" 51 text="come back later"
retcode-item "cn=unavailable" 52
retcode-item "cn=time" 3
retcode-item "cn=admin" 11
retcode-item "cn=unwilling" 53
retcode-item "cn=forbidden" 50
retcode-item "cn=gone" 80 flags=pre-disconnect
"""

STAFF = tuple(f"user{n:02}" for n in range(20))
"""Who is there with the fixture `staffed`."""

ACCOUNTS = ("syncd", "few", "unpaged", "narrow")
"""`cn=...` under the base, all with `PASSWORD`; all but the first have limits."""


class Slapd:
    """The running server. See the attributes set in `__init__` for what a source needs of it."""

    def __init__(self, directory: Path, authority: trustme.CA) -> None:
        self.base = BASE
        self.people = f"ou=people,{BASE}"
        self.groups = f"ou=groups,{BASE}"
        self.bind_dn = f"cn=syncd,{BASE}"
        self.password = PASSWORD
        self.ca_file = directory / "ca.pem"
        self.client_certificate = directory / "client.pem"
        self.port, self.tls_port = free_port(), free_port()
        self.url = f"ldap://127.0.0.1:{self.port}"
        self.ldaps_url = f"ldaps://localhost:{self.tls_port}"
        self.ldapi_url = f"ldapi://{quote(str(directory / 'ldapi'), safe='')}"
        self._directory = directory
        self._write_files(authority)
        self._process = self._start()
        self._admin = ldap3.Connection(
            ldap3.Server(self.url, get_info=ldap3.NONE),
            f"cn=admin,{BASE}",
            ADMIN_PASSWORD,
            check_names=False,
            raise_exceptions=True,
            auto_bind=True,
        )

    def config(self, **settings: object) -> dict[str, object]:
        """What a source's configuration says to read everything, with these settings instead."""
        return {
            "type": "ldap",
            "preset": "openldap",
            "servers": [self.url],
            "bind": {"dn": self.bind_dn, "password": self.password},
            "read_timeout": 5,
            "users": {"bases": [self.people]},
            "groups": {"bases": [self.groups]},
        } | settings

    def add(self, dn: str, attributes: Mapping[str, str | Sequence[str]]) -> None:
        self._admin.add(dn, attributes={name: value for name, value in attributes.items() if value})

    def modify(self, dn: str, attributes: Mapping[str, str | Sequence[str]]) -> None:
        """Replaces the attributes; an empty list takes one away."""
        changes = {
            name: [(ldap3.MODIFY_REPLACE, [values] if isinstance(values, str) else list(values))]
            for name, values in attributes.items()
        }
        self._admin.modify(dn, changes)

    def rename(self, dn: str, relative_name: str) -> None:
        self._admin.modify_dn(dn, relative_name)

    def delete(self, dn: str) -> None:
        """The entry and all below it."""
        self._admin.search(
            dn,
            "(objectClass=*)",
            dereference_aliases=ldap3.DEREF_NEVER,
            attributes=["1.1"],
            controls=[_MANAGE_DSA_IT],
        )
        found = [each["dn"] for each in self._admin.response]
        for each in sorted(found, key=len, reverse=True):
            self._admin.delete(each, controls=[_MANAGE_DSA_IT])

    def load(self, ldif: str) -> None:
        """Adds entries quickly, as `ldapadd` reads them."""
        command = ["ldapadd", "-x", "-H", self.url, "-D", f"cn=admin,{BASE}", "-w", ADMIN_PASSWORD]
        subprocess.run(command, input=ldif.encode(), check=True, stdout=subprocess.DEVNULL)

    def add_user(self, uid: str, **attributes: str | Sequence[str]) -> str:
        """A person under `people`; returns the DN."""
        dn = f"uid={uid},{self.people}"
        plain = {"objectClass": ["inetOrgPerson"], "uid": uid, "cn": uid, "sn": uid}
        self.add(dn, plain | {"mail": f"{uid}@example.test"} | attributes)
        return dn

    def add_group(self, cn: str, members: Sequence[str], **attributes: str | Sequence[str]) -> str:
        """A groupOfNames under `groups` with these DNs; returns the DN."""
        dn = f"cn={cn},{self.groups}"
        self.add(dn, {"objectClass": ["groupOfNames"], "cn": cn, "member": members} | attributes)
        return dn

    def value(self, dn: str, attribute: str) -> str:
        """The first value, operational attributes included."""
        self._admin.search(dn, "(objectClass=*)", ldap3.BASE, attributes=[attribute])
        return self._admin.response[0]["raw_attributes"][attribute][0].decode()

    def reset(self) -> None:
        """Only the base, the accounts and two empty branches are left."""
        with contextlib.suppress(LDAPNoSuchObjectResult):
            self.delete(BASE)
        self.add(
            BASE, {"objectClass": ["dcObject", "organization"], "o": "Example", "dc": "example"}
        )
        for name in ACCOUNTS:
            classes = ["organizationalRole", "simpleSecurityObject"]
            account = {"objectClass": classes, "cn": name, "userPassword": PASSWORD}
            self.add(f"cn={name},{BASE}", account)
        for branch in ("people", "groups"):
            self.add(f"ou={branch},{BASE}", {"objectClass": "organizationalUnit", "ou": branch})

    def stop(self) -> None:
        self._admin.unbind()
        self._process.terminate()
        self._process.wait(10)

    def _write_files(self, authority: trustme.CA) -> None:
        authority.cert_pem.write_to_path(self.ca_file)
        server = authority.issue_cert("localhost", "127.0.0.1", "ldap.example.test")
        server.cert_chain_pems[0].write_to_path(self._directory / "server.pem")
        server.private_key_pem.write_to_path(self._directory / "server.key")
        client = authority.issue_cert("syncd.example.test", common_name="syncd")
        client.private_key_and_cert_chain_pem.write_to_path(self.client_certificate)
        (self._directory / "data").mkdir()
        (self._directory / "slapd.conf").write_text(
            _CONFIG.format(directory=self._directory, base=BASE, admin_password=ADMIN_PASSWORD)
        )

    def _start(self) -> subprocess.Popen[bytes]:
        listeners = f"{self.url}/ ldaps://127.0.0.1:{self.tls_port}/ {self.ldapi_url}"
        command = ["slapd", "-d", "0", "-f", f"{self._directory}/slapd.conf", "-h", listeners]
        with (self._directory / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_until_listening("127.0.0.1", self.port, process)
        wait_until_listening("127.0.0.1", self.tls_port, process)
        return process


_MANAGE_DSA_IT = ("2.16.840.1.113730.3.4.2", True, None)
