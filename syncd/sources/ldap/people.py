"""Reads people from their entries, and remembers by which names groups may refer to them."""

from collections.abc import Iterable

from syncd.core.dn import prepared
from syncd.core.model import Key, UserRecord
from syncd.paging import AT_ONCE, Sighting
from syncd.sources.ldap import values
from syncd.sources.ldap.entries import RawEntry, opened
from syncd.sources.ldap.presets import UserRules
from syncd.sources.ldap.roll import Roll
from syncd.sources.ldap.standing import Standings
from syncd.sources.ldap.tally import Tally


class People:
    """The people of one reading. `login_attributes` are those by which groups name members."""

    def __init__(self, rules: UserRules, login_attributes: Iterable[str]) -> None:
        self._rules = rules
        self._login_attributes = sorted({name.lower() for name in login_attributes})
        self._plan = values.plan(rules.attributes)
        self.roll = Roll()
        """Those who were decoded."""
        self.seen: set[str] = set()
        """Our names for what anybody had a value of."""
        self.decoded = 0
        self.left_out = 0
        self._unread = Tally("users whose entries cannot be read, left out")
        self._nameless = Tally(f"users without exactly one {rules.key}, left out")
        self._doubled = Tally(f"users with the {rules.key} of another, left out")
        self._unreadable = Tally("values of users that cannot be read as text, left out")
        self._unclear = Tally("users of whom it is not known whether they are disabled")

    @property
    def attributes(self) -> list[str]:
        """All LDAP attributes that are asked for."""
        rules = self._rules
        wanted = set(self.names)
        wanted.update(name for names in rules.attributes.values() for name in names)
        wanted.update(rule.attribute for rule in rules.disabled if rule.attribute is not None)
        return sorted(wanted)

    @property
    def names(self) -> list[str]:
        """The LDAP attributes that say by which names groups refer to somebody, and the key."""
        wanted = {self._rules.key, *self._login_attributes}
        if self._rules.member_of is not None:
            wanted.add(self._rules.member_of)
        return sorted(wanted)

    @property
    def gaps(self) -> list[str]:
        return self._unread.lines() + self._nameless.lines() + self._doubled.lines()

    @property
    def notes(self) -> list[str]:
        return self._unreadable.lines() + self._unclear.lines()

    def sighting(self, octets: bytes, standings: Standings) -> Sighting[UserRecord]:
        """The entry's record; none where it has no key, or that of somebody decoded before."""
        self.decoded += 1
        try:
            entry = opened(octets)
        except ValueError as exc:
            self._unread.add(str(exc))
            self.left_out += 1
            return Sighting(None, AT_ONCE)
        key = values.key(self._rules.key, entry)
        if key is None:
            self._nameless.add(entry.dn)
        elif (known := self._enrol(self.roll, key, entry)) is None:
            return self._record(key, entry, standings)
        elif known != values.comparable(entry.dn):
            self._doubled.add(f"{entry.dn!r} and {known!r} have {key}")
        self.left_out += 1
        return Sighting(None, AT_ONCE)

    def enrol(self, octets: bytes, roll: Roll) -> None:
        """Enters in the roll by which names groups refer to that entry's person.

        Raises ValueError where it is no entry.
        """
        entry = opened(octets)
        if (key := values.key(self._rules.key, entry)) is not None:
            self._enrol(roll, key, entry)

    def _enrol(self, roll: Roll, key: Key, entry: RawEntry) -> str | None:
        logins = [
            login_name(attribute, octets)
            for attribute in self._login_attributes
            for octets in entry.attributes.get(attribute, ())
        ]
        member_of, groups = self._rules.member_of, list[str]()
        if member_of is not None:
            found = entry.attributes.get(member_of.lower(), ())
            groups = [values.comparable(octets.decode("utf-8", "replace")) for octets in found]
        return roll.add(key, values.comparable(entry.dn), logins, groups)

    def _record(self, key: Key, entry: RawEntry, standings: Standings) -> Sighting[UserRecord]:
        state, reason, until = standings.of(key, entry.attributes)
        if state is None and reason:
            self._unclear.add(f"{entry.dn!r}: {reason}")
            until = AT_ONCE
        unreadable: list[str] = []
        found = values.attributes(self._plan, entry, unreadable.append)
        if unreadable:
            until = AT_ONCE
            for each in unreadable:
                self._unreadable.add(each)
        self.seen.update(found)
        record = UserRecord(key=key, attributes=found, state=state, origin=entry.dn, reason=reason)
        return Sighting(record, until)


def login_name(attribute: str, value: bytes) -> str:
    """As the roll knows somebody by a value of that attribute."""
    login = value.decode("utf-8", "replace")
    return f"{attribute.lower()}\0{login.lower() if value.isalnum() else prepared(login)}"
