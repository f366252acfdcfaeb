"""An Active Directory domain in which things happen by chance."""

import contextlib

from ldap3.core.exceptions import LDAPException

NAMES = [f"user{n}" for n in range(8)]
GROUPS = [f"group{n}" for n in range(5)]
_TICKS_A_DAY = 864_000_000_000
_DAYS_TO_1970 = 134_774


class Domain:
    """People are in `staff`, in a branch of it, or elsewhere; groups are in `groups`.

    Only `staff` and `groups` are the source's, and of its people those who have not left.
    """

    def __init__(self, samba, chance, now):
        self._samba, self._chance = samba, chance
        self._days = _DAYS_TO_1970 + int(now.timestamp()) // 86400
        self._staff, self._else = f"OU=staff,{samba.people}", f"OU=else,{samba.people}"
        self._lab, self._groups = f"OU=lab,{self._staff}", f"OU=groups,{samba.people}"
        self._branches = [self._staff, self._staff, self._lab, self._else]
        self.config = samba.config(
            users={
                "bases": [self._staff],
                "filter": "(&(objectCategory=person)(objectClass=user)(!(employeeType=former)))",
            },
            groups={"bases": [self._groups]},
        )
        for dn in (self._staff, self._else, self._lab, self._groups):
            samba.add(dn, {"objectClass": ["organizationalUnit"]})
        for name in NAMES:
            self._join(name)
        for _ in GROUPS:
            self.happen("regroup")

    def happen(self, only=None):
        """One thing, or, where the directory refuses it, nothing."""
        happenings = {
            "join": lambda: self._join(self._chance.choice(NAMES)),
            "change": self._change,
            "rename": self._rename,
            "move": self._move,
            "leave": lambda: self._samba.delete(self._somebody()),
            "regroup": self._regroup,
            "drop group": lambda: self._samba.delete(self._group()),
            "rename group": lambda: self._samba.rename(self._group(), self._name(GROUPS)),
            "move branch": self._move_branch,
        }
        often = ["change"] * 4 + ["regroup"] * 3 + ["move"] * 2 + ["join"] * 2
        with contextlib.suppress(LDAPException):
            happenings[only or self._chance.choice([*happenings, *often])]()

    def _name(self, names):
        return f"CN={self._chance.choice(names)}"

    def _dn(self, name):
        return f"CN={name},{self._chance.choice(self._branches)}"

    def _group(self):
        return f"{self._name(GROUPS)},{self._groups}"

    def _join(self, name):
        entry = {"objectClass": ["user"], "sAMAccountName": name, "mail": f"{name}@ad.test"}
        self._samba.add(self._dn(name), entry | {"userAccountControl": "546"})

    def _change(self):
        soon = [str((self._days + ahead) * _TICKS_A_DAY) for ahead in (2, 5)]
        attribute, values = self._chance.choice(
            [
                ("title", ["Dr", "Prof", []]),
                ("accountExpires", ["0", *soon]),
                ("employeeType", ["former", "staff", []]),
                ("description", ["nothing that is read"]),
            ]
        )
        self._samba.modify(self._somebody(), {attribute: self._chance.choice(values)})

    def _rename(self):
        self._samba.rename(self._somebody(), self._name(NAMES))

    def _move(self):
        dn = self._somebody()
        self._samba.move(dn, dn.partition(",")[0], self._chance.choice(self._branches))

    def _regroup(self):
        found = self._found("(objectClass=user)") + self._found("(objectClass=group)")
        some = self._chance.sample(found, min(len(found), self._chance.randrange(6)))
        group = self._group()
        if self._is_there(group):
            self._samba.modify(group, {"member": some})
        else:
            name = group.partition(",")[0].removeprefix("CN=")
            entry = {"objectClass": ["group"], "sAMAccountName": name}
            self._samba.add(group, entry | ({"member": some} if some else {}))

    def _found(self, condition):
        admin = self._samba._admin
        admin.search(self._samba.people, condition, attributes=["name"])
        return sorted(each["dn"] for each in admin.response if "dn" in each)

    def _somebody(self):
        """Who is there."""
        return self._chance.choice(self._found("(objectClass=user)") or [self._dn("x")])

    def _is_there(self, dn):
        try:
            return bool(self._samba.value(dn, "name"))
        except LDAPException:
            return False

    def _move_branch(self):
        """It goes elsewhere, or comes back, with all who are in it."""
        here, there = self._lab, f"OU=lab,{self._else}"
        at, to = (here, self._else) if self._is_there(here) else (there, self._staff)
        self._samba.move(at, "OU=lab", to)
