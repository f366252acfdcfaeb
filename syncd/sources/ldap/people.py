"""Reads people from their entries, and remembers by which names groups may refer to them."""

from collections.abc import Iterable, Iterator

from syncd.core.dn import prepared
from syncd.core.model import Key, UserRecord
from syncd.sources.ldap import values
from syncd.sources.ldap.presets import UserRules
from syncd.sources.ldap.search import RawEntry
from syncd.sources.ldap.standing import Standings
from syncd.sources.ldap.tally import Tally


class People:
    """The people of one reading. `login_attributes` are those by which groups name members."""

    def __init__(self, rules: UserRules, login_attributes: Iterable[str]) -> None:
        self._rules = rules
        self._login_attributes = sorted({name.lower() for name in login_attributes})
        self._dn_of: dict[Key, str] = {}
        self._by_dn: dict[str, Key] = {}
        self._by_login: dict[tuple[str, str], Key | None] = {}
        self._groups: dict[str, list[Key]] = {}
        self.seen: set[str] = set()
        """Our names for what anybody had a value of."""
        self._nameless = Tally(f"users without exactly one {rules.key}, left out")
        self._doubled = Tally(f"users with the {rules.key} of another, left out")
        self._unreadable = Tally("values of users that cannot be read as text, left out")
        self._unclear = Tally("users of whom it is not known whether they are disabled")

    @property
    def attributes(self) -> list[str]:
        """All LDAP attributes that are asked for."""
        rules = self._rules
        wanted = {rules.key, *self._login_attributes}
        wanted.update(name for names in rules.attributes.values() for name in names)
        wanted.update(rule.attribute for rule in rules.disabled if rule.attribute is not None)
        if rules.member_of is not None:
            wanted.add(rules.member_of)
        return sorted(wanted)

    @property
    def gaps(self) -> list[str]:
        return self._nameless.lines() + self._doubled.lines()

    @property
    def notes(self) -> list[str]:
        return self._unreadable.lines() + self._unclear.lines()

    def __len__(self) -> int:
        return len(self._dn_of)

    def read(self, entries: Iterable[RawEntry], standings: Standings) -> Iterator[UserRecord]:
        """Each entry's record, each key once."""
        for entry in entries:
            key = values.key(self._rules.key, entry)
            if key is None:
                self._nameless.add(entry.dn)
            elif self._is_new(key, entry):
                state, reason = standings.of(key, entry.attributes)
                if state is None and reason:
                    self._unclear.add(f"{entry.dn!r}: {reason}")
                found = values.attributes(self._rules.attributes, entry, self._unreadable.add)
                self.seen.update(found)
                yield UserRecord(
                    key=key,
                    attributes=found,
                    state=state,
                    origin=entry.dn,
                    reason=reason,
                )

    def has_dn(self, dn: str) -> bool:
        return dn in self._by_dn

    def by_dn(self, dn: str) -> Key | None:
        return self._by_dn.get(dn)

    def by_login(self, attribute: str, login: str) -> Key | None:
        """The one person whose attribute has that value; None for nobody, and for several."""
        return self._by_login.get((attribute.lower(), prepared(login)))

    def in_group(self, dn: str) -> list[Key]:
        """Those whose own entries name the group."""
        return self._groups.get(dn, [])

    def _is_new(self, key: Key, entry: RawEntry) -> bool:
        dn = values.comparable(entry.dn)
        if (known := self._dn_of.setdefault(key, dn)) is not dn:
            if known != dn:
                self._doubled.add(f"{entry.dn!r} and {known!r} have {key}")
            return False
        self._by_dn[dn] = key
        for attribute in self._login_attributes:
            for octets in entry.attributes.get(attribute, ()):
                login = (attribute, prepared(octets.decode("utf-8", "replace")))
                self._by_login[login] = None if login in self._by_login else key
        if self._rules.member_of is not None:
            for octets in entry.attributes.get(self._rules.member_of.lower(), ()):
                self._groups.setdefault(
                    values.comparable(octets.decode("utf-8", "replace")), []
                ).append(key)
        return True
