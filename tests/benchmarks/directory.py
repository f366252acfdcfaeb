"""The directories that are measured: real slapd worlds of any size, built once and then copied.

2,000 groups, each person in one or two; indexes as its administrator's guide wants them for
replication, and an access log from which syncrepl answers what has changed (slapo-syncprov(5),
`syncprov-sessionlog-source`).
"""

import base64
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import ldap3

from syncd.sources.ldap.config import LdapConfig
from syncd.sources.ldap.people import People
from syncd.sources.ldap.presets import group_rules, user_rules
from tests.benchmarks import people
from tests.benchmarks.people import (
    ADMIN,
    BASE,
    GROUPS,
    PASSWORD,
    PEOPLE,
    READER,
    group_dn,
    person_dn,
)
from tests.servers.ports import free_port, wait_until_listening

CHANGED, NEW, GONE = 90, 5, 5
"""What one round of changes does to the people."""

_FORM = "1"
"""Counted up where what is in a world changes, so that no old one is taken for it."""

_CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/nis.schema
pidfile {here}/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload syncprov
moduleload accesslog
moduleload back_monitor
access to attrs=userPassword by anonymous auth by * none
access to dn.subtree="cn=Monitor" by dn.exact="{admin}" read by * none
access to * by dn.exact="{reader}" read by * none
database monitor
database mdb
suffix cn=accesslog
rootdn "{admin}"
directory {here}/log
maxsize 1073741824
dbnosync
index entryCSN,objectClass,reqStart,reqEnd,reqResult,reqDN eq
database mdb
suffix "{base}"
rootdn "{admin}"
rootpw {password}
directory {here}/data
maxsize 17179869184
dbnosync
sortvals member
index objectClass,uid,entryUUID,entryCSN,modifyTimestamp eq
limits dn.exact="{reader}" size=unlimited time=unlimited
overlay syncprov
syncprov-sessionlog-source cn=accesslog
overlay accesslog
logdb cn=accesslog
logops writes
logsuccess TRUE
"""


def world(build: Path, size: int) -> Path:
    """The directory of that many people, built where it is not there yet."""
    here = build / f"directory-{size}-{_FORM}"
    if not here.exists():
        unfinished = here.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        _configure(unfinished)
        command = ["slapadd", "-q", "-w", "-f", str(unfinished / "slapd.conf"), "-b", BASE]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, text=True, encoding="utf-8"
        ) as adding:
            adding.stdin.writelines(_ldif(size))
        if adding.returncode:
            raise RuntimeError(f"{shlex.join(command)} ended with {adding.returncode}")
        unfinished.rename(here)
    return here


def _configure(here: Path) -> None:
    for part in ("data", "log"):
        (here / part).mkdir(parents=True, exist_ok=True)
    filled = _CONFIG.format(here=here, base=BASE, reader=READER, admin=ADMIN, password=PASSWORD)
    (here / "slapd.conf").write_text(filled)


def _ldif(size: int) -> Iterator[str]:
    yield _entry(BASE, ["dcObject", "organization"], {"dc": "example", "o": "Example"})
    account = {"cn": "syncd", "userPassword": PASSWORD}
    yield _entry(READER, ["organizationalRole", "simpleSecurityObject"], account)
    for branch in (PEOPLE, GROUPS):
        yield _entry(branch, ["organizationalUnit"], {})
    for number in range(size):
        given = {"entryUUID": people.key(number), **people.person(number)}
        yield _entry(person_dn(number), ["inetOrgPerson"], given)
    for group, inside in enumerate(people.members(size)):
        listed = "".join(f"member: {person_dn(number)}\n" for number in inside)
        yield _entry(group_dn(group), ["groupOfNames"], {"cn": f"group {group}"}, listed)


def _entry(dn: str, classes: Sequence[str], attributes: dict[str, str], rest: str = "") -> str:
    lines = [f"dn: {dn}\n", *(f"objectClass: {each}\n" for each in classes)]
    lines += [_line(name, value) for name, value in attributes.items()]
    return "".join((*lines, rest, "\n"))


def _line(name: str, value: str) -> str:
    if value.isascii():
        return f"{name}: {value}\n"
    return f"{name}:: {base64.b64encode(value.encode()).decode()}\n"


class Directory:
    """A running copy of a world; what changes there is gone with it."""

    def __init__(self, build: Path, size: int, here: Path, log_level: str = "0") -> None:
        self.size = size
        self.log = here / "slapd.log"
        self._changes, self._sent = 0, 0
        shutil.rmtree(here, ignore_errors=True)
        here.mkdir(parents=True)
        source = world(build, size)
        copy = ["cp", "--recursive", "--sparse=always", source / "data", source / "log", here]
        subprocess.run(copy, check=True)
        _configure(here)
        self.url = f"ldap://127.0.0.1:{(port := free_port())}"
        command = ["slapd", "-d", log_level, "-f", str(here / "slapd.conf"), "-h", f"{self.url}/"]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_until_listening("127.0.0.1", port, self._process)

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(60)

    @property
    def source(self) -> dict[str, object]:
        """An LDAP source's configuration that reads all of it, with all ten attributes."""
        return {
            "type": "ldap",
            "preset": "openldap",
            "servers": [self.url],
            "bind": {"dn": READER, "password": PASSWORD},
            "users": {"bases": [PEOPLE], "attributes": {"employee_number": "employeeNumber"}},
            "groups": {"bases": [GROUPS]},
        }

    @property
    def searches(self) -> list[tuple[str, str, list[str]]]:
        """Base, filter and attributes of what syncd asks for: the users, then the groups."""
        config = LdapConfig.model_validate(self.source)
        users, groups = user_rules(config), group_rules(config)
        logins = [rule.matches for rule in groups.members if rule.kind == "uid"]
        names = [name for names in groups.attributes.values() for name in names]
        members = [rule.attribute for rule in groups.members]
        return [
            (PEOPLE, users.filter, People(users, logins).attributes),
            (GROUPS, groups.filter, sorted({groups.key, *names, *members})),
        ]

    def ldapsearch(self, *, groups: bool = True) -> list[str]:
        """The command that reads the same as syncd does, and throws it away."""
        reader = ["ldapsearch", "-LLL", "-x", "-H", self.url, "-D", READER, "-w", PASSWORD]
        asked = [
            [*reader, "-E", "pr=1000/noprompt", "-b", base, wanted, *attributes]
            for base, wanted, attributes in self.searches[: 2 if groups else 1]
        ]
        return ["sh", "-c", " && ".join(f"{shlex.join(each)} >/dev/null" for each in asked)]

    def sent(self) -> int:
        """How many entries the server has sent to anybody since `change` or `forget`."""
        with self._admin() as admin:
            return self._counted(admin) - self._sent

    def forget(self) -> None:
        with self._admin() as admin:
            self._sent = self._counted(admin)

    def _counted(self, admin: ldap3.Connection) -> int:
        counter = "cn=Entries,cn=Statistics,cn=Monitor"  # slapd-monitor(5)
        admin.search(counter, "(objectClass=*)", ldap3.BASE, attributes=["monitorCounter"])
        return int(admin.response[0]["raw_attributes"]["monitorCounter"][0])

    def _admin(self) -> ldap3.Connection:
        server = ldap3.Server(self.url, get_info=ldap3.NONE)
        return ldap3.Connection(server, ADMIN, PASSWORD, check_names=False, raise_exceptions=True)

    def change(self) -> None:
        """A hundred people: 90 get another title, 5 come, 5 go; the groups follow."""
        turn, self._changes = self._changes, self._changes + 1
        groups = people.group_count(self.size)
        with self._admin() as admin:
            for place in range(CHANGED):
                number = (turn + place * (self.size * 9 // 10 // CHANGED)) % self.size
                title = [(ldap3.MODIFY_REPLACE, [f"Fellow {turn}.{place}"])]
                admin.modify(person_dn(number), {"title": title})
            for number in range(self.size + turn * NEW, self.size + (turn + 1) * NEW):
                admin.add(person_dn(number), "inetOrgPerson", people.person(number))
                self._member(admin, ldap3.MODIFY_ADD, number, [number % groups])
            for number in range(self.size - (turn + 1) * GONE, self.size - turn * GONE):
                admin.delete(person_dn(number))
                self._member(admin, ldap3.MODIFY_DELETE, number, people.groups_of(number, groups))
            self._sent = self._counted(admin)

    def _member(
        self, admin: ldap3.Connection, how: str, number: int, groups: Sequence[int]
    ) -> None:
        for group in groups:
            admin.modify(group_dn(group), {"member": [(how, [person_dn(number)])]})
