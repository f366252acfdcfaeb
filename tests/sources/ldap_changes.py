"""Follows an LDAP source for a test: from a reading of everything on by what changed."""

from pathlib import Path

from msgspec.structs import replace

from syncd.core.model import Kind
from syncd.paging import gone_from
from syncd.sources.ldap import LdapConfig, LdapSource
from tests.sources.ldap_reading import NOW


class Follower:
    """What a sync knows of the source: `users` and `groups` by key, and the `cursor`.

    `was_full` is whether the last reading was of everything; `told` are the logins and the groups'
    names that it told of, `gone` what it said is gone.
    """

    def __init__(self, config, now=NOW, *, remembers=True):
        self.now = now
        self.source = LdapSource(
            "staff", LdapConfig.model_validate(config), Path("/"), lambda: self.now
        )
        self._remembers = remembers
        self._users, self._groups = {}, {}
        self.cursor = None
        self.was_full, self.gaps, self.notes = True, [], []
        self.told, self.gone = set(), set()

    def users(self, keys):
        return [self._users[key] for key in keys if key in self._users]

    def groups(self, keys):
        return [self._groups[key] for key in keys if key in self._groups]

    def read(self):
        """Goes on from the cursor; returns itself."""
        if self._remembers and self.cursor is not None:
            reading = self.source.read_since(self.cursor, self)
        else:
            reading = self.source.read(self.cursor)
        users, groups = list(reading.users), list(reading.groups)
        self.gaps, self.notes = list(reading.gaps), list(reading.notes)
        gone = gone_from(reading)
        self.was_full = gone is None
        self.told = {_name(user, "user_name") for user in users}
        self.told |= {_name(group, "display_name") for group in groups}
        self.gone = set()
        if self.gaps and not self.was_full:
            assert reading.cursor == self.cursor
            assert not users
            assert not groups
            return self
        if gone is None:
            self._users, self._groups = {}, {}
        else:
            self.gone = gone[Kind.USER] | gone[Kind.GROUP]
            self._forget(gone)
        self._users |= {user.key: user for user in users}
        self._groups |= {group.key: group for group in groups}
        self.cursor = reading.cursor
        return self

    @property
    def state(self):
        """All users and groups that it knows of."""
        return self._users, self._groups

    def _forget(self, gone):
        """A user who is gone is in no group any more."""
        for key in gone[Kind.USER]:
            self._users.pop(key, None)
        for key in gone[Kind.GROUP]:
            self._groups.pop(key, None)
        for key, group in self._groups.items():
            members = tuple(each for each in group.members if each not in gone[Kind.USER])
            self._groups[key] = replace(group, members=members)


def everything(config, now=NOW):
    """What a reading of everything says now: users and groups by key."""
    fresh = Follower(config, now).read()
    assert fresh.gaps == []
    fresh.source.close()
    return fresh.state


def _name(record, field):
    value = record.attributes.get(field, "")
    return value if isinstance(value, str) else value[0]
