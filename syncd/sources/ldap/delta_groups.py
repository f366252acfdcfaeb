"""Tells anew of the groups that a change is about, each whole: touched ones, and those around them.

A group is about whoever it names. So besides the groups that were touched, those are told anew that
name somebody by a name that is new, or was theirs; and all that contain one of these, at any depth.
Who is in them is found out by asking for each name that they contain.
"""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet

from msgspec import Struct

from syncd.core.model import GroupRecord, Key
from syncd.core.prints import print_of
from syncd.paging import Before
from syncd.sources.ldap import values
from syncd.sources.ldap.delta_lookup import Lookup
from syncd.sources.ldap.delta_search import Unusable
from syncd.sources.ldap.delta_touched import Extents
from syncd.sources.ldap.entries import RawEntry, opened
from syncd.sources.ldap.groups import Groups
from syncd.sources.ldap.kept_groups import KeptGroups
from syncd.sources.ldap.members import named_logins, written_dns
from syncd.sources.ldap.people import People
from syncd.sources.ldap.presets import GroupRules
from syncd.sources.ldap.roll import Roll


class Names(Struct):
    """What groups may mean otherwise than before: DNs, and logins with their LDAP attributes."""

    dns: set[str]
    logins: set[tuple[str, str]]


class Known(Struct):
    """Who is known without asking: the entries that were told, and what was told `before`.

    Of the latter, those whose keys are `touched` may have other names now.
    """

    told: Sequence[bytes]
    touched: AbstractSet[Key]
    before: Before | None


class GroupChanges:
    """The groups of one reading of changes. `people` reads by which names they are known."""

    def __init__(self, lookup: Lookup, extents: Extents, rules: GroupRules, people: People) -> None:
        self._lookup = lookup
        self._extents = extents
        self._key = rules.key
        self._rules = rules.members
        self._people = people
        self._roll = Roll()
        self._kept = KeptGroups(rules.members, named_by_people=False)
        self._groups = Groups(rules, self._kept, lambda: self._roll)
        self._entries: list[RawEntry] = []
        self._known: dict[str, Key] = {}
        self._enrolled: set[str] = set()

    @property
    def attributes(self) -> Sequence[str]:
        """All LDAP attributes that are asked for."""
        return self._groups.attributes

    @property
    def notes(self) -> list[str]:
        return self._groups.notes

    def told(self, touched: Iterable[bytes], names: Names, known: Known) -> list[GroupRecord]:
        """Raises `Unusable` where one of them cannot be told."""
        for octets in touched:
            self._take(octets)
        self._take_those_around(names)
        count = len(self._entries)
        for octets in known.told:
            self._enrol(octets)
        self._take_those_within(known)
        records = [self._groups.sighting(number).record for number in range(count)]
        if problems := self._groups.gaps:
            raise Unusable("; ".join(problems))
        return [record for record in records if record is not None]

    def _take(self, octets: bytes) -> None:
        """Once, however often it is found."""
        entry = opened(octets)
        if not self._kept.has_dn(values.comparable(entry.dn)):
            self._kept.take(octets, print_of(octets))
            self._entries.append(entry)

    def _take_those_around(self, names: Names) -> None:
        """All groups that name one of these, or a group that is to be told."""
        asked: set[tuple[str, str]] = set()
        logins = names.logins
        dns = names.dns | {entry.dn for entry in self._entries}
        while dns or logins:
            at = len(self._entries)
            naming = set(self._naming(Names(dns, logins))) - asked
            asked |= naming
            for octets, _ in self._lookup.having(self._extents.groups, naming, self.attributes):
                self._take(octets)
            dns, logins = {entry.dn for entry in self._entries[at:]}, set()

    def _naming(self, names: Names) -> Iterator[tuple[str, str]]:
        """What a group that names one of these has: an attribute and its value."""
        for rule in self._rules:
            if rule.kind == "dn":
                yield from ((rule.attribute, dn) for dn in names.dns)
            else:
                for attribute, login in names.logins:
                    if attribute == rule.matches.lower():
                        yield rule.attribute, login

    def _take_those_within(self, known: Known) -> None:
        """Finds out who the members are, and takes in the groups among them."""
        at, logins = 0, set[tuple[str, str]]()
        while at < len(self._entries):
            some, at = self._entries[at:], len(self._entries)
            self._recall(some, known)
            named = {
                values.comparable(dn): dn
                for entry in some
                for dn in written_dns(self._rules, entry)
            }
            logins.update(login for entry in some for login in self._logins(entry))
            self._find({dn: text for dn, text in named.items() if dn not in self._known})
        for octets, _ in self._lookup.having(self._extents.users, logins, self._people.names):
            self._enrol(octets)
        for dn, key in self._known.items():
            if dn not in self._enrolled:
                self._roll.add(key, dn)

    def _recall(self, groups: Iterable[RawEntry], known: Known) -> None:
        """Who was in these groups, and was not touched since, has the same name as then."""
        if known.before is None:
            return
        keys = [key for entry in groups if (key := values.key(self._key, entry)) is not None]
        members = {key for group in known.before.groups(keys) for key in group.members}
        for user in known.before.users(members - known.touched):
            self._known.setdefault(values.comparable(user.origin), user.key)

    def _logins(self, entry: RawEntry) -> Iterator[tuple[str, str]]:
        for rule in self._rules:
            for _, login in named_logins([rule], entry):
                yield rule.matches, login

    def _find(self, dns: dict[str, str]) -> None:
        """Enters the people in the roll, and takes in the groups."""
        texts = [text for dn, text in dns.items() if dn not in self._enrolled]
        for octets, _ in self._lookup.named(self._extents.users, texts, self._people.names):
            self._enrol(octets)
        rest = [text for dn, text in dns.items() if dn not in self._enrolled]
        for octets, _ in self._lookup.named(self._extents.groups, rest, self.attributes):
            self._take(octets)

    def _enrol(self, octets: bytes) -> None:
        self._people.enrol(octets, self._roll)
        self._enrolled.add(values.comparable(opened(octets).dn))
