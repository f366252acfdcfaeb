"""The law of what changed: what was known and what changed since are all that there is.

Things happen by chance to a real directory, and after some of them the source is asked for what
changed; then it knows what a reading of everything says.
"""

import random
from datetime import UTC, datetime, timedelta

import pytest
from ldap3.core.exceptions import LDAPException
from msgspec.structs import replace

from tests.sources.ldap_changes import Follower, everything

NAMES = [f"user{n}" for n in range(9)]
GROUPS = [f"group{n}" for n in range(6)]
STEPS = 30


class World:
    """A slapd in which things happen by chance. Other branches than `people` and `staff` are none
    of the source's."""

    def __init__(self, slapd, chance):
        self._slapd, self._chance = slapd, chance
        self._staff, self._else = f"ou=staff,{slapd.base}", f"ou=else,{slapd.base}"
        self._branches = [slapd.people, slapd.people, self._staff, self._else]
        self.config = slapd.config(
            users={
                "bases": [slapd.people, self._staff],
                "filter": "(&(objectClass=inetOrgPerson)(!(employeeType=former)))",
                "disabled": ["shadowExpire", {"filter": "(employeeType=away)"}],
            },
            groups={"bases": [slapd.groups]},
        )
        for dn in (self._staff, self._else):
            slapd.add(dn, {"objectClass": "organizationalUnit"})
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
            "leave": lambda: self._slapd.delete(self._dn(self._anybody())),
            "regroup": self._regroup,
            "rename group": self._rename_group,
            "drop group": lambda: self._slapd.delete(self._group(self._any_group())),
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
        return f"uid={name},{self._chance.choice(self._branches)}"

    def _group(self, name):
        return f"cn={name},{self._slapd.groups}"

    def _join(self, name):
        kind = self._chance.choice(["staff", "staff", "former"])
        entry = {"objectClass": ["inetOrgPerson", "shadowAccount"], "uid": name, "cn": name}
        self._slapd.add(self._dn(name), entry | {"sn": name, "employeeType": kind})

    def _change(self):
        attribute, values = self._chance.choice(
            [
                ("title", ["Dr", "Prof", []]),
                ("shadowExpire", ["1", "20456", "20459", "50000", []]),
                ("employeeType", ["former", "staff", "away", []]),
                ("description", ["nothing that is read"]),
            ]
        )
        self._slapd.modify(self._dn(self._anybody()), {attribute: self._chance.choice(values)})

    def _rename(self):
        self._slapd.rename(self._dn(self._anybody()), f"uid={self._anybody()}")

    def _move(self):
        name = self._anybody()
        self._slapd.move(self._dn(name), f"uid={name}", self._chance.choice(self._branches))

    def _regroup(self):
        """A group with some people, some of whom are gone or yet to come, and some groups."""
        chance, name = self._chance, self._any_group()
        members = [self._dn(each) for each in chance.sample(NAMES, 3)]
        members += [self._group(each) for each in chance.sample(GROUPS, 2)]
        members = list(dict.fromkeys(chance.sample(members, chance.randrange(1, 6))))
        logins = chance.sample(NAMES, 3)
        try:
            self._slapd.modify(self._group(name), {"member": members})
        except LDAPException:
            if chance.random() < 0.3:
                entry = {"objectClass": ["posixGroup"], "gidNumber": "7", "memberUid": logins}
                self._slapd.add(self._group(name), entry)
            else:
                self._slapd.add_group(name, members)

    def _rename_group(self):
        self._slapd.rename(self._group(self._any_group()), f"cn={self._any_group()}")

    def _move_branch(self):
        """A branch with somebody in it comes, or goes elsewhere with all that is in it."""
        name = self._chance.choice(["team0", "team1"])
        above = self._chance.choice([self._slapd.people, self._else])
        if self._chance.random() < 0.5:
            dn = f"ou={name},{above}"
            self._slapd.add(dn, {"objectClass": "organizationalUnit"})
            somebody = self._anybody()
            self._slapd.move(self._dn(somebody), f"uid={somebody}", dn)
        else:
            others = {self._slapd.people, self._else} - {above}
            self._slapd.move(f"ou={name},{above}", f"ou={name}", others.pop())


@pytest.mark.parametrize("refers", [False, True], ids=["dangling", "refint"])
@pytest.mark.parametrize("log", ["accesslog", "session"])
@pytest.mark.parametrize("seed", range(3))
def test_what_was_known_and_what_changed_are_all_that_there_is(slapd_with, log, refers, seed):
    """Whatever happened since, by whichever log: nothing is missed, and nothing is too much."""
    chance = random.Random(seed)
    world = World(slapd_with(log, refers=refers), chance)
    follower = Follower(world.config).read()
    quick = 0

    for _ in range(STEPS):
        for _ in range(chance.randrange(4)):
            world.happen()
        follower.now += timedelta(hours=chance.choice([0, 0, 7, 30]))
        follower.read()

        assert follower.gaps == []
        assert follower.state == everything(world.config, follower.now)
        quick += not follower.was_full

    follower.source.close()
    assert quick > STEPS // 2


@pytest.mark.parametrize("log", ["present", "none"])
@pytest.mark.parametrize("seed", range(3))
def test_by_modify_times_all_is_known_but_who_is_gone(slapd_with, log, seed):
    """Without a log of deletions, nothing is missed but these, and nobody is said to be gone."""
    chance = random.Random(seed)
    world = World(slapd_with(log), chance)
    follower = Follower(world.config, datetime.now(UTC)).read()
    quick = 0

    for _ in range(STEPS):
        for _ in range(chance.randrange(4)):
            world.happen(without=["drop group", "rename group"])
        follower.read()

        users, groups = everything(world.config)
        known_users, known_groups = follower.state
        assert (follower.gaps, follower.gone) == ([], set())
        assert {key: known_users.get(key) for key in users} == users
        assert {key: among(users, known_groups.get(key)) for key in groups} == groups
        quick += not follower.was_full

    follower.source.close()
    assert quick > STEPS // 2


def among(users, group):
    """The group with those members only."""
    members = tuple(each for each in group.members if each in users)
    return replace(group, members=members)
