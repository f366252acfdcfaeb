"""A real 389 Directory Server in a folder of its own, for as long as the tests want it.

Its set-up insists on the system's user for it, `dirsrv`, and does its work in seconds: so it is done
once in a run, by root only. It has the plug-ins memberOf, retro changelog and content
synchronization.
"""

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import ldap3
from ldap3.core.exceptions import LDAPNoSuchObjectResult

from tests.servers.ports import free_port, wait_until_listening

BASE = "dc=example,dc=test"
PASSWORD = "reader's secret"
ADMIN = "cn=Directory Manager"
ADMIN_PASSWORD = "administrator's secret"
USER = "dirsrv"

_ANSWERS = f"""
[general]
full_machine_name = localhost
strict_host_checking = False
start = False
systemd = False
selinux = False
[slapd]
instance_name = tests
port = {{port}}
root_password = {ADMIN_PASSWORD}
self_sign_cert = False
[backend-userroot]
suffix = {BASE}
create_suffix_entry = True
sample_entries = no
"""
_PLUGINS = ("MemberOf Plugin", "Retro Changelog Plugin", "Content Synchronization")
_RIGHTS = (
    '(targetattr="* || nsUniqueId || nsAccountLock")(version 3.0; acl "syncd"; '
    f'allow (read, search, compare) userdn="ldap:///cn=syncd,{BASE}";)'
)


class DirectoryServer:
    """The running server. `bind_dn` is an account that may read all, and no more."""

    def __init__(self) -> None:
        self.base = BASE
        self.people = f"ou=people,{BASE}"
        self.groups = f"ou=groups,{BASE}"
        self.bind_dn = f"cn=syncd,{BASE}"
        self.password = PASSWORD
        self.port = free_port()
        self.url = f"ldap://127.0.0.1:{self.port}"
        self._directory = Path(tempfile.mkdtemp(prefix="syncd-389-"))
        shutil.chown(self._directory, USER, USER)
        self._create()
        self._process = self._start()
        self._admin = ldap3.Connection(
            ldap3.Server(self.url, get_info=ldap3.NONE),
            ADMIN,
            ADMIN_PASSWORD,
            check_names=False,
            raise_exceptions=True,
            auto_bind=True,
        )
        account = {"objectClass": ["organizationalRole", "simpleSecurityObject"], "cn": "syncd"}
        limits = dict.fromkeys(("nsSizeLimit", "nsPagedSizeLimit", "nsLookThroughLimit"), "-1")
        self.add(self.bind_dn, account | {"userPassword": PASSWORD} | limits)
        self.modify(BASE, {"aci": _RIGHTS})

    def config(self, **settings: object) -> dict[str, object]:
        """What a source's configuration says to read everything, with these settings instead."""
        return {
            "type": "ldap",
            "preset": "389ds",
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

    def move(self, dn: str, relative_name: str, above: str) -> str:
        """Returns the new DN."""
        self._admin.modify_dn(dn, relative_name, new_superior=above)
        return f"{relative_name},{above}"

    def delete(self, dn: str) -> None:
        """The entry and all below it."""
        self._admin.search(dn, "(objectClass=*)", attributes=["1.1"])
        for each in sorted((each["dn"] for each in self._admin.response), key=len, reverse=True):
            self._admin.delete(each)

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
        """Only the base, the account and two empty branches are left."""
        for branch in ("people", "groups"):
            dn = f"ou={branch},{BASE}"
            with contextlib.suppress(LDAPNoSuchObjectResult):
                self.delete(dn)
            self.add(dn, {"objectClass": "organizationalUnit", "ou": branch})

    def stop(self) -> None:
        self._admin.unbind()
        self._process.terminate()
        self._process.wait(20)
        shutil.rmtree(self._directory)

    def _create(self) -> None:
        answers = self._directory / "answers"
        answers.write_text(_ANSWERS.format(port=self.port))
        root, programs = f"{self._directory}/root", f"{self._directory}/bin"
        for command in (
            ["dscreate", "ds-root", root, programs],
            [f"{programs}/dscreate", "from-file", str(answers)],
        ):
            made = subprocess.run(self._as_its_user(command), capture_output=True, check=False)
            assert made.returncode == 0, made.stdout + made.stderr
        self._configure(self._directory / "root/etc/dirsrv/slapd-tests/dse.ldif")

    def _configure(self, dse: Path) -> None:
        """Listens on this machine only, and with the plug-ins."""
        settings = dse.read_text()
        port = f"nsslapd-port: {self.port}\n"
        settings = settings.replace(port, f"{port}nsslapd-listenhost: 127.0.0.1\n")
        for plugin in _PLUGINS:
            entry = rf"(dn: cn={plugin},cn=plugins,cn=config\n(?:.+\n)*?nsslapd-pluginEnabled: )off"
            settings, count = re.subn(entry, r"\1on", settings)
            assert count == 1, plugin
        changelog = "dn: cn=Retro Changelog Plugin,cn=plugins,cn=config\n"
        assert changelog in settings
        # without it, who asks for changes is told of none, and of nobody who is gone
        whose = "nsslapd-attribute: nsuniqueid:targetUniqueId\n"
        dse.write_text(settings.replace(changelog, changelog + whose))

    def _start(self) -> subprocess.Popen[bytes]:
        instance = f"{self._directory}/root/etc/dirsrv/slapd-tests"
        command = ["ns-slapd", "-D", instance, "-i", f"{self._directory}/pid", "-d", "0"]
        with (self._directory / "log").open("wb") as log:
            process = subprocess.Popen(self._as_its_user(command), stdout=log, stderr=log)
        wait_until_listening("127.0.0.1", self.port, process)
        return process

    def _as_its_user(self, command: Sequence[str]) -> list[str]:
        identity = [f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--pdeathsig=TERM"]
        names = [f"HOME={self._directory}", f"USER={USER}", f"LOGNAME={USER}"]
        path = f"PATH={self._directory}/bin:{os.environ['PATH']}:/usr/sbin:/usr/bin:/sbin:/bin"
        return ["setpriv", *identity, "env", *names, path, *command]
