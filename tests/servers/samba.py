"""A real Active Directory domain controller: Samba, with its LDAP service only.

It has no option for the LDAP ports, so each test worker has a loopback address of its own. It is
provisioned once in a run (three seconds); root only.
"""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import ldap3
import trustme

from tests.servers.ports import wait_until_listening

REALM = "AD.TEST"
BASE = "DC=ad,DC=test"
PASSWORD = "Passw0rd!x"

_BASE_CONFIG = """
[global]
interfaces = {address}/8
bind interfaces only = yes
server role = active directory domain controller
workgroup = ADTEST
realm = {realm}
netbios name = dc1
ldb:nosync = true
pid directory = {directory}/run
lock directory = {directory}/lock
"""

_SERVE = """
[global]
server services = ldap
dcerpc endpoint servers = none
ncalrpc dir = {directory}/ncalrpc
log file = {directory}/samba.log
tls enabled = yes
tls keyfile = {directory}/server.key
tls certfile = {directory}/server.pem
tls cafile = {directory}/ca.pem
"""


class Samba:
    """The running domain controller. `bind_dn` is the domain's administrator."""

    def __init__(self, directory: Path, authority: trustme.CA) -> None:
        self.address = _address()
        self.base = BASE
        self.people = f"OU=people,{BASE}"
        self.bind_dn = f"CN=Administrator,CN=Users,{BASE}"
        self.password = PASSWORD
        self.ca_file = directory / "ca.pem"
        self.url = f"ldap://{self.address}"
        self.ldaps_url = f"ldaps://{self.address}"
        self._directory = directory
        self._provision()
        self._write_certificates(authority)
        self._process = self._start()
        self._admin = self._connect()

    def config(self, **settings: object) -> dict[str, object]:
        """What a source's configuration says to read `people`, with these settings instead."""
        return {
            "type": "ldap",
            "preset": "active_directory",
            "servers": [self.ldaps_url],
            "ca_file": str(self.ca_file),
            "bind": {"dn": self.bind_dn, "password": self.password},
            "users": {"bases": [self.people]},
            "groups": {"bases": [self.people]},
        } | settings

    def add(self, dn: str, attributes: Mapping[str, str | Sequence[str]]) -> None:
        self._admin.add(dn, attributes=dict(attributes))

    def modify(self, dn: str, attributes: Mapping[str, str | Sequence[str]]) -> None:
        """Replaces the attributes; an empty list takes one away."""
        changes = {
            name: [(ldap3.MODIFY_REPLACE, [values] if isinstance(values, str) else list(values))]
            for name, values in attributes.items()
        }
        self._admin.modify(dn, changes)

    def rename(self, dn: str, relative_name: str) -> None:
        self._admin.modify_dn(dn, relative_name)

    def move(self, dn: str, relative_name: str, above: str) -> str:
        """Returns the new DN."""
        self._admin.modify_dn(dn, relative_name, new_superior=above)
        return f"{relative_name},{above}"

    def delete(self, dn: str) -> None:
        """The entry and all below it."""
        tree_delete = ("1.2.840.113556.1.4.805", True, None)
        self._admin.delete(dn, controls=[tree_delete])

    def add_user(self, name: str, **attributes: str | Sequence[str]) -> str:
        """An enabled person under `people`; returns the DN."""
        dn = f"CN={name},{self.people}"
        plain = {
            "objectClass": ["user"],
            "sAMAccountName": name,
            "userPrincipalName": f"{name}@ad.test",
        }
        self.add(dn, plain | {"mail": f"{name}@ad.test"} | attributes)
        self._admin.extend.microsoft.modify_password(dn, PASSWORD)
        self.modify(dn, {"userAccountControl": "512"})
        return dn

    def add_group(
        self, name: str, members: Sequence[str], **attributes: str | Sequence[str]
    ) -> str:
        """A security group under `people` with these DNs; returns the DN."""
        dn = f"CN={name},{self.people}"
        plain = {"objectClass": ["group"], "sAMAccountName": name}
        self.add(dn, plain | ({"member": list(members)} if members else {}) | attributes)
        return dn

    def raw_value(self, dn: str, attribute: str) -> bytes:
        self._admin.search(dn, "(objectClass=*)", ldap3.BASE, attributes=[attribute])
        return self._admin.response[0]["raw_attributes"][attribute][0]

    def value(self, dn: str, attribute: str) -> str:
        """The first value as text."""
        return self.raw_value(dn, attribute).decode()

    def _connect(self) -> ldap3.Connection:
        tls = ldap3.Tls(ca_certs_file=str(self.ca_file))
        return ldap3.Connection(
            ldap3.Server(self.ldaps_url, get_info=ldap3.NONE, tls=tls),
            self.bind_dn,
            PASSWORD,
            check_names=False,
            raise_exceptions=True,
            auto_bind=True,
        )

    def reset(self) -> None:
        """Leaves the organisational unit `people` empty. Connects anew: between two tests the
        server may have ended a session that was idle for 15 minutes (MaxConnIdleTime, MS-ADTS
        3.1.1.3.4.6)."""
        self._admin.strategy.close()
        self._admin = self._connect()
        self._admin.search(BASE, "(ou=people)", attributes=["ou"])
        if any(each["type"] == "searchResEntry" for each in self._admin.response):
            self.delete(self.people)
        self.add(self.people, {"objectClass": ["organizationalUnit"]})

    def stop(self) -> None:
        self._admin.unbind()
        self._process.terminate()
        self._process.wait(10)

    def _provision(self) -> None:
        for name in ("run", "lock", "ncalrpc"):
            (self._directory / name).mkdir()
        base_config = self._directory / "base.conf"
        base_config.write_text(
            _BASE_CONFIG.format(address=self.address, realm=REALM, directory=self._directory)
        )
        command = ["samba-tool", "domain", "provision", "-s", str(base_config)]
        command += [f"--realm={REALM}", "--domain=ADTEST", "--server-role=dc", "--dns-backend=NONE"]
        command += [f"--adminpass={PASSWORD}", f"--targetdir={self._directory / 'dc'}"]
        command += ["--host-name=dc1", f"--host-ip={self.address}"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _write_certificates(self, authority: trustme.CA) -> None:
        authority.cert_pem.write_to_path(self.ca_file)
        server = authority.issue_cert("dc1.ad.test", self.address)
        server.cert_chain_pems[0].write_to_path(self._directory / "server.pem")
        key = self._directory / "server.key"
        server.private_key_pem.write_to_path(key)
        key.chmod(0o600)  # Samba refuses a key that others may read

    def _start(self) -> subprocess.Popen[bytes]:
        config = self._directory / "dc/etc/smb.conf"
        config.write_text(config.read_text() + _SERVE.format(directory=self._directory))
        command = ["samba", "-F", "--no-process-group", "-M", "single", "-s", str(config)]
        with (self._directory / "output").open("wb") as log:
            process = subprocess.Popen([*command, "--debug-stdout"], stdout=log, stderr=log)
        wait_until_listening(self.address, 636, process)
        wait_until_listening(self.address, 389, process)
        return process


def _address() -> str:
    """A loopback address that no other worker, and no other run on this machine, has."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    process = os.getpid()
    return f"127.{100 + worker % 100}.{process // 250 % 250 + 1}.{process % 250 + 1}"
