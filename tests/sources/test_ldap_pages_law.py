"""The law of the LDAP source's pages: decoding only what is new says what decoding everything says."""

import contextlib
import random
from datetime import timedelta

import pytest
from ldap3.core.exceptions import LDAPException

from tests.sources.ldap_reading import NOW, Memory, read

NAMES = [f"user{n}" for n in range(8)]
GROUPS = [f"group{n}" for n in range(5)]
STEPS = 25


class Directory:
    """A slapd in which things happen by chance."""

    def __init__(self, slapd, chance):
        self._slapd, self._chance = slapd, chance
        self.config = slapd.config(
            page_size=chance.choice([0, 2, 3, 1000]),
            users={
                "bases": [slapd.people],
                "disabled": ["shadowExpire", {"filter": "(employeeType=former)"}],
                "attributes": {"room": "roomNumber", "photo": "jpegPhoto"},
                "member_of": chance.choice([None, "memberOf"]),
            },
        )

    def fill(self):
        for name in NAMES:
            self._join(name)
        for _ in GROUPS:
            self._regroup(name)

    def happen(self):
        """One thing, or, where the directory refuses it, nothing."""
        chance = self._chance
        rare = [self._join, self._rename, self._leave]
        happening = chance.choice([*rare, *[self._change] * 6, *[self._regroup] * 9])
        try:
            happening(chance.choice(NAMES))
        except LDAPException:
            return

    def _join(self, name):
        classes = ["inetOrgPerson", "shadowAccount"]
        self._slapd.add_user(
            name, objectClass=classes, employeeType=self._chance.choice(["", "former"])
        )

    def _change(self, name):
        attribute, values = self._chance.choice(
            [
                ("title", ["Dr", ""]),
                ("shadowExpire", ["1", "20455", "20460", "-1", ""]),
                ("employeeType", ["former", "staff"]),
                ("jpegPhoto", [b"\xff", b"text", ""]),
                ("mail", [["a@x.test", "b@x.test"], ["b@x.test", "a@x.test"]]),
                ("uid", [[name, "shared"], [name]]),
            ]
        )
        value = self._chance.choice(values)
        self._slapd.modify(self._dn(name), {attribute: value or []})

    def _rename(self, name):
        self._slapd.rename(self._dn(name), f"uid={self._chance.choice(NAMES)}")

    def _leave(self, name):
        self._slapd.delete(self._dn(name))

    def _regroup(self, _name):
        """A group with some people, some of them gone, and some groups, by DN or by login."""
        chance, name = self._chance, self._chance.choice(GROUPS)
        dn = f"cn={name},{self._slapd.groups}"
        with_logins = chance.random() < 0.3
        with contextlib.suppress(LDAPException):
            self._slapd.delete(dn)
        if with_logins:
            logins = chance.sample([*NAMES, "shared"], 3)
            entry = {"objectClass": ["posixGroup"], "gidNumber": "7", "memberUid": logins}
            self._slapd.add(dn, entry)
        else:
            members = [self._dn(each) for each in chance.sample(NAMES, 3)]
            members += [f"cn={each},{self._slapd.groups}" for each in chance.sample(GROUPS, 2)]
            self._slapd.add_group(name, chance.sample(members, chance.randrange(1, 5)))

    def _dn(self, name):
        return f"uid={name},{self._slapd.people}"


@pytest.mark.parametrize("seed", range(6))
def test_decoding_what_is_new_says_what_decoding_all_says(slapd, seed):
    """Whatever happens between two readings, and however late the second is, both say the same."""
    chance = random.Random(seed)
    directory, memory, now = Directory(slapd, chance), Memory(), NOW
    directory.fill()

    for _ in range(STEPS):
        for _ in range(chance.randrange(3)):
            directory.happen()
        now += timedelta(days=chance.choice([0, 0, 1]))
        memory.read(directory.config, now)

        users, groups, reading = read(directory.config, now)

        assert memory.found == (users, groups)
        assert memory.gaps == reading.gaps
