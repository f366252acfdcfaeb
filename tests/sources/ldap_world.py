"""A directory in which things happen by chance."""

import contextlib

from ldap3.core.exceptions import LDAPException
from msgspec.structs import replace

NAMES = [f"user{n}" for n in range(9)]
GROUPS = [f"group{n}" for n in range(6)]


class World:
    """A directory server in which things happen by chance.

    Other branches than `people` and `staff` are none of the source's. `logins` is whether groups
    may name people by these.
    """

    def __init__(self, server, chance, now, *, logins=True):
        self._with_logins = logins
        today = int(now.timestamp()) // 86400
        self._days = ["1", str(today + 2), str(today + 5), str(today + 5000), []]
        self._server, self._chance = server, chance
        self._staff, self._else = f"ou=staff,{server.base}", f"ou=else,{server.base}"
        self._branches = [server.people, server.people, self._staff, self._else]
        self.config = server.config(
            users={
                "bases": [server.people, self._staff],
                "filter": "(&(objectClass=inetOrgPerson)(!(employeeType=former)))",
                "disabled": ["shadowExpire", {"filter": "(employeeType=away)"}],
            },
            groups={"bases": [server.groups]},
        )
        for dn in (self._staff, self._else):
            with contextlib.suppress(LDAPException):
                server.delete(dn)
            server.add(dn, {"objectClass": "organizationalUnit"})
        for name in NAMES:
            self._join(name)
        for _ in GROUPS:
            self.happen(only="regroup")

    def happen(self, *, without=(), only=None):
        """One thing, or, where the directory refuses it, nothing."""
        happenings = {
            "join": lambda: self._join(self._anybody()),
            "change": self._change,
            "rename": self._rename,
            "move": self._move,
            "leave": lambda: self._server.delete(self._somebody()),
            "regroup": self._regroup,
            "rename group": self._rename_group,
            "drop group": lambda: self._server.delete(self._group(self._any_group())),
            "move branch": self._move_branch,
        }
        often = ["change"] * 4 + ["regroup"] * 3 + ["move"] * 2 + ["join"] * 2
        names = [name for name in [*happenings, *often] if name not in without]
        try:
            happenings[only or self._chance.choice(names)]()
        except LDAPException:
            return

    def _anybody(self):
        return self._chance.choice(NAMES)

    def _any_group(self):
        return self._chance.choice(GROUPS)

    def _dn(self, name):
        """Where somebody of that name may be, or is to be."""
        return f"uid={name},{self._chance.choice(self._branches)}"

    def _somebody(self):
        """Who is there."""
        admin = self._server._admin
        admin.search(self._server.base, "(objectClass=inetOrgPerson)", attributes=["1.1"])
        return self._chance.choice(sorted(each["dn"] for each in admin.response) or [self._dn("x")])

    def _group(self, name):
        return f"cn={name},{self._server.groups}"

    def _join(self, name):
        kind = self._chance.choice(["staff", "staff", "former"])
        entry = {"objectClass": ["inetOrgPerson", "shadowAccount"], "uid": name, "cn": name}
        self._server.add(self._dn(name), entry | {"sn": name, "employeeType": kind})

    def _change(self):
        attribute, values = self._chance.choice(
            [
                ("title", ["Dr", "Prof", []]),
                ("shadowExpire", self._days),
                ("employeeType", ["former", "staff", "away", []]),
                ("description", ["nothing that is read"]),
            ]
        )
        self._server.modify(self._somebody(), {attribute: self._chance.choice(values)})

    def _rename(self):
        self._server.rename(self._somebody(), f"uid={self._anybody()}")

    def _move(self):
        dn = self._somebody()
        self._server.move(dn, dn.partition(",")[0], self._chance.choice(self._branches))

    def _regroup(self):
        """A group with some people, some of whom are gone or yet to come, and some groups."""
        chance, name = self._chance, self._any_group()
        members = [self._dn(each) for each in chance.sample(NAMES, 2)]
        members += [self._somebody() for _ in range(2)]
        members += [self._group(each) for each in chance.sample(GROUPS, 2)]
        members = list(dict.fromkeys(chance.sample(members, chance.randrange(1, 6))))
        logins = chance.sample(NAMES, 3)
        try:
            self._server.modify(self._group(name), {"member": members})
        except LDAPException:
            if self._with_logins and chance.random() < 0.3:
                entry = {"objectClass": ["posixGroup"], "gidNumber": "7", "memberUid": logins}
                self._server.add(self._group(name), entry)
            else:
                self._server.add_group(name, members)

    def _rename_group(self):
        self._server.rename(self._group(self._any_group()), f"cn={self._any_group()}")

    def _move_branch(self):
        """A branch with somebody in it comes, or goes elsewhere with all that is in it."""
        name = self._chance.choice(["team0", "team1"])
        above = self._chance.choice([self._server.people, self._else])
        if self._chance.random() < 0.5:
            dn = f"ou={name},{above}"
            self._server.add(dn, {"objectClass": "organizationalUnit"})
            somebody = self._somebody()
            self._server.move(somebody, somebody.partition(",")[0], dn)
        else:
            others = {self._server.people, self._else} - {above}
            self._server.move(f"ou={name},{above}", f"ou={name}", others.pop())


def among(users, group):
    """The group with those members only."""
    members = tuple(each for each in group.members if each in users)
    return replace(group, members=members)
