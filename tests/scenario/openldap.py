"""The organisation in a real OpenLDAP server, with all that a distinguished name may look like."""

from collections.abc import Iterator
from contextlib import contextmanager

from ldap3.utils.dn import escape_rdn

from tests.scenario.directory import Fault
from tests.scenario.organisation import SENTINEL, Person, Team, founded
from tests.servers.slapd import PASSWORD, Slapd

_LOCKED = "000001010000Z"
"""An administrator's lock (draft-behera-ldap-password-policy-11, 5.3.3)."""


class OpenLdap:
    circles = True

    def __init__(self, server: Slapd) -> None:
        self._server = server
        self._out = f"ou=left,{server.base}"
        self._entries: dict[str, str] = {}
        self._teams: dict[str, Team] = {}
        self._team_entries: dict[str, str] = {}
        server.add(self._out, {"objectClass": "organizationalUnit", "ou": "left"})

    @property
    def config(self) -> dict[str, object]:
        servers = [self._server.ldaps_url]
        return self._server.config(
            servers=servers,
            ca_file=str(self._server.ca_file),
            page_size=25,
            sentinels=[founded(circle=True).people[SENTINEL].login],
        )

    def put_person(self, key: str, person: Person) -> None:
        name = f"cn={escape_rdn(person.entry)}" if person.entry else f"uid={person.login}"
        entry = f"{name},{self._server.people}"
        described = _attributes(person)
        if key not in self._entries:
            given = {"objectClass": ["inetOrgPerson"], **described}
            self._server.add(entry, {name: value for name, value in given.items() if value})
        elif self._entries[key] != entry:
            self._server.rename(self._entries[key], name)
        self._entries[key] = entry
        self._server.modify(entry, described)
        for team, inside in self._teams.items():
            if key in inside.members:
                self.put_team(team, inside)

    def move_out(self, key: str) -> None:
        self._move(self._entries[key], self._out)

    def move_in(self, key: str) -> None:
        name = self._entries[key].removesuffix(f",{self._server.people}")
        self._move(f"{name},{self._out}", self._server.people)

    def delete_person(self, key: str) -> None:
        """Out of all teams too: else an entry made anew under the old name would be in them."""
        self._server.delete(self._entries.pop(key))
        for team, inside in self._teams.items():
            if key in inside.members:
                self.put_team(team, inside)

    def put_team(self, key: str, team: Team) -> None:
        name = f"cn={escape_rdn(team.name)}"
        entry = f"{name},{self._server.groups}"
        if key not in self._team_entries:
            # the schema wants a member of every group: here, one that is nobody
            described = {"objectClass": ["groupOfNames"], "cn": team.name}
            self._server.add(entry, {**described, "member": self._server.bind_dn})
        elif self._team_entries[key] != entry:
            self._server.rename(self._team_entries[key], name)
        self._team_entries[key], self._teams[key] = entry, team
        for outer, inside in self._teams.items():
            if outer == key or key in inside.inner:
                members = [self._server.bind_dn, *self._members(inside)]
                self._server.modify(self._team_entries[outer], {"member": members})

    @contextmanager
    def empty(self) -> Iterator[None]:
        people = {"objectClass": "organizationalUnit", "ou": "people"}
        self._server.rename(self._server.people, "ou=gone")
        self._server.add(self._server.people, people)
        yield
        self._server.delete(self._server.people)
        self._server.rename(f"ou=gone,{self._server.base}", "ou=people")

    def faults(self) -> list[Fault]:
        few = {"SYNCD_SOURCES__CORP__BIND__DN": f"cn=few,{self._server.base}"}
        wrong = {"SYNCD_SOURCES__CORP__BIND__PASSWORD": f"not {PASSWORD}"}
        return [
            Fault("killed", "connection refused: nothing listens there", self._killed()),
            Fault("size limit", "size limit was exceeded", environ=few),
            Fault("wrong password", "the name or the password is wrong", environ=wrong),
            Fault("sentinel", "the sentinel 'root.of.us' was not seen", self._without_sentinel()),
            Fault("no base", "the nearest entry that exists is", self._without_base()),
        ]

    def stop(self) -> None:
        self._server._process.kill()
        self._server._process.wait(10)

    def start(self) -> None:
        self._server._process = self._server._start()
        self._server._admin.unbind()
        self._server._admin.bind()

    @contextmanager
    def _killed(self) -> Iterator[None]:
        self.stop()
        yield
        self.start()

    @contextmanager
    def _without_sentinel(self) -> Iterator[None]:
        self.move_out(SENTINEL)
        yield
        self.move_in(SENTINEL)

    @contextmanager
    def _without_base(self) -> Iterator[None]:
        self._server.rename(self._server.people, "ou=gone")
        yield
        self._server.rename(f"ou=gone,{self._server.base}", "ou=people")

    def _move(self, entry: str, to: str) -> None:
        name = entry.removesuffix(f",{self._server.people}").removesuffix(f",{self._out}")
        self._server._admin.modify_dn(entry, name, new_superior=to)

    def _members(self, team: Team) -> list[str]:
        """Every other one as an administrator in a hurry writes it."""
        people = [self._entries[key] for key in sorted(team.members) if key in self._entries]
        inner = [self._team_entries[key] for key in sorted(team.inner) if key in self._team_entries]
        entries = [*people, *inner]
        return [
            *entries[::2],
            *(entry.upper().replace(",OU=", " , OU=") for entry in entries[1::2]),
        ]


def _attributes(person: Person) -> dict[str, str | list[str]]:
    return {
        "uid": person.login,
        "cn": person.entry or person.display_name,
        "sn": person.family_name,
        "givenName": person.given_name,
        "displayName": person.display_name,
        "mail": person.email or [],
        "pwdAccountLockedTime": _LOCKED if person.suspended else [],
    }
