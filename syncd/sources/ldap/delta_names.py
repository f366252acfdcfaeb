"""By which names groups may mean somebody else than before."""

from collections.abc import Collection, Iterable

from syncd.core.dn import prepared
from syncd.core.model import GroupRecord, UserRecord
from syncd.sources.ldap import values
from syncd.sources.ldap.delta_groups import Names
from syncd.sources.ldap.delta_search import Unusable
from syncd.sources.ldap.entries import RawEntry
from syncd.sources.ldap.presets import Attributes

Login = tuple[str, str]
"""An LDAP attribute in lower case, and a value of it."""


class Namings:
    """`logins` are the LDAP attributes by which groups name people.

    `follows` is whether the server itself keeps groups true to the DNs of those in them.
    """

    def __init__(self, attributes: Attributes, logins: Iterable[str], *, follows: bool) -> None:
        self._ours = {
            login.lower(): [
                name
                for name, sources in attributes.items()
                if login.lower() in map(str.lower, sources)
            ]
            for login in logins
        }
        self._follows = follows
        self.names = Names(set(), set())

    def of_person(self, entry: RawEntry, was: UserRecord | None) -> None:
        """Somebody who is there, and what was told of them before, if anything was."""
        now = {
            (login, octets.decode("utf-8", "replace"))
            for login in self._ours
            for octets in entry.attributes.get(login, ())
        }
        if was is None:
            self.names.dns.add(entry.dn)
            self.names.logins |= now
            return
        if not self._follows and _differ(was.origin, entry.dn):
            self.names.dns |= {entry.dn, was.origin}
        before = self._logins(was)
        same = set(map(_normal, now)) & set(map(_normal, before))
        self.names.logins |= {login for login in now | before if _normal(login) not in same}

    def of_group(self, dn: str, was: GroupRecord | None) -> None:
        if was is not None and not self._follows and _differ(was.origin, dn):
            self.names.dns.add(was.origin)

    def of_lost(self, users: Iterable[UserRecord], groups: Iterable[GroupRecord]) -> None:
        """Raises `Unusable` where a group may have been in others, and nothing leads to these.

        Active Directory takes who is gone out of groups without a trace on these, and so does
        OpenLDAP's refint. Of users it is known that they are in no group any more.
        """
        for user in users:
            self.names.logins |= self._logins(user)
            if not self._follows:
                self.names.dns.add(user.origin)
        for group in groups:
            if group.members:
                raise Unusable(f"{group.origin!r} is gone: who was in others by way of it?")

    def _logins(self, was: UserRecord) -> set[Login]:
        return {
            (login, value)
            for login, names in self._ours.items()
            for name in names
            for value in _texts(was, name)
        }


def _differ(one: str, other: str) -> bool:
    return values.comparable(one) != values.comparable(other)


def _texts(record: UserRecord, name: str) -> Collection[str]:
    value = record.attributes.get(name, ())
    return (value,) if isinstance(value, str) else value


def _normal(login: Login) -> Login:
    return (login[0], prepared(login[1]))
