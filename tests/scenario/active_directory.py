"""The organisation in a real Active Directory domain (Samba)."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from ldap3.utils.dn import escape_rdn

from tests.scenario.directory import Fault
from tests.scenario.organisation import SENTINEL, Person, Team, founded
from tests.servers.samba import PASSWORD, Samba

_ENABLED, _DISABLED = "544", "546"
"""userAccountControl of an ordinary account that needs no password, and with ACCOUNTDISABLE."""


class ActiveDirectory:
    circles = True

    def __init__(self, server: Samba) -> None:
        self._server = server
        self._staff = f"OU=staff,{server.people}"
        self._out = f"OU=left,{server.people}"
        self._groups = f"OU=teams,{server.people}"
        self._entries: dict[str, str] = {}
        self._team_entries: dict[str, str] = {}
        self._teams: dict[str, Team] = {}
        for branch in (self._staff, self._out, self._groups):
            server.add(branch, {"objectClass": ["organizationalUnit"]})

    @property
    def config(self) -> dict[str, object]:
        return self._server.config(
            users={"bases": [self._staff]},
            groups={"bases": [self._groups]},
            page_size=25,
            sentinels=[founded(circle=True).people[SENTINEL].login],
            connect_timeout=2,
            read_timeout=2,
        )

    def put_person(self, key: str, person: Person) -> None:
        name = f"CN={escape_rdn(person.entry or person.login)}"
        entry = f"{name},{self._staff}"
        described = _attributes(person)
        if key not in self._entries:
            given = {"objectClass": ["user"], **described}
            self._server.add(entry, {name: value for name, value in given.items() if value})
        else:
            if self._entries[key] != entry:
                self._server.rename(self._entries[key], name)
            self._server.modify(entry, described)
        self._entries[key] = entry

    def move_out(self, key: str) -> None:
        self._move(key, self._out)

    def move_in(self, key: str) -> None:
        self._move(key, self._staff)

    def delete_person(self, key: str) -> None:
        self._server.delete(self._entries.pop(key))

    def put_team(self, key: str, team: Team) -> None:
        name = f"CN={escape_rdn(team.name)}"
        entry = f"{name},{self._groups}"
        if key not in self._team_entries:
            self._server.add(entry, {"objectClass": ["group"], "sAMAccountName": f"team-{key}"})
        elif self._team_entries[key] != entry:
            self._server.rename(self._team_entries[key], name)
        self._team_entries[key], self._teams[key] = entry, team
        for outer, inside in self._teams.items():
            if outer == key or key in inside.inner:
                self._server.modify(self._team_entries[outer], {"member": self._members(inside)})

    @contextmanager
    def empty(self) -> Iterator[None]:
        self._server.rename(self._staff, "OU=gone")
        self._server.add(self._staff, {"objectClass": ["organizationalUnit"]})
        yield
        self._server.delete(self._staff)
        self._server.rename(f"OU=gone,{self._server.people}", "OU=staff")

    def faults(self) -> list[Fault]:
        wrong = {"SYNCD_SOURCES__CORP__BIND__PASSWORD": f"not {PASSWORD}"}
        return [
            Fault("hung", "no answer to the TLS handshake", self._hung()),
            Fault("wrong password", "the password is wrong, or there is no such", environ=wrong),
            Fault("no base", "there is no such entry", self._without_base()),
            Fault("sentinel", "the sentinel 'root.of.us' was not seen", self._without_sentinel()),
        ]

    @contextmanager
    def _hung(self) -> Iterator[None]:
        self._server._process.send_signal(signal.SIGSTOP)
        yield
        self._server._process.send_signal(signal.SIGCONT)

    @contextmanager
    def _without_sentinel(self) -> Iterator[None]:
        self.move_out(SENTINEL)
        yield
        self.move_in(SENTINEL)

    @contextmanager
    def _without_base(self) -> Iterator[None]:
        self._server.rename(self._staff, "OU=gone")
        yield
        self._server.rename(f"OU=gone,{self._server.people}", "OU=staff")

    def _move(self, key: str, branch: str) -> None:
        """Groups name whoever is in them by the new name at once, as the domain sees to."""
        name = self._entries[key].removesuffix(f",{self._staff}").removesuffix(f",{self._out}")
        self._server._admin.modify_dn(self._entries[key], name, new_superior=branch)
        self._entries[key] = f"{name},{branch}"

    def _members(self, team: Team) -> list[str]:
        people = [self._entries[key] for key in sorted(team.members) if key in self._entries]
        inner = [self._team_entries[key] for key in sorted(team.inner) if key in self._team_entries]
        return [*people, *inner]


def _attributes(person: Person) -> dict[str, str | list[str]]:
    return {
        "sAMAccountName": person.login,
        "sn": person.family_name,
        "givenName": person.given_name,
        "displayName": person.display_name,
        "mail": person.email or [],
        "userAccountControl": _DISABLED if person.suspended else _ENABLED,
    }
