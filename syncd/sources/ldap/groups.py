"""Reads groups from their entries and finds out who is in them, by way of any nested group."""

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from syncd.core.model import GroupRecord, Key, RawValue
from syncd.core.nesting import expand
from syncd.sources.ldap import values
from syncd.sources.ldap.config import MemberRule
from syncd.sources.ldap.people import People
from syncd.sources.ldap.presets import GroupRules
from syncd.sources.ldap.search import RawEntry
from syncd.sources.ldap.tally import Tally

_OPTIONAL_UID = re.compile(r"#'[01]*'B\Z")
"""What may follow the DN in a uniqueMember (RFC 4517, 3.3.21)."""


class _Group(Struct):
    """A group as read: members among the people, and DNs that may be groups."""

    dn: str
    attributes: dict[str, RawValue]
    people: list[Key]
    others: list[str]


class Groups:
    """The groups of one reading."""

    def __init__(self, rules: GroupRules, people: People) -> None:
        self._rules = rules
        self._people = people
        self._groups: dict[Key, _Group] = {}
        self._by_dn: dict[str, Key] = {}
        self._nameless = Tally(
            f"groups without exactly one {rules.key} or without a name, left out"
        )
        self._doubled = Tally(f"groups with the {rules.key} of another, left out")
        self._unreadable = Tally("values of groups that cannot be read as text, left out")
        self._outside = Tally("members of groups that are no users of this source")
        self._cycles: tuple[tuple[Key, ...], ...] = ()

    @property
    def attributes(self) -> list[str]:
        """All LDAP attributes that are asked for."""
        wanted = {self._rules.key, *(rule.attribute for rule in self._rules.members)}
        wanted.update(name for names in self._rules.attributes.values() for name in names)
        return sorted(wanted)

    @property
    def gaps(self) -> list[str]:
        return self._nameless.lines() + self._doubled.lines()

    @property
    def notes(self) -> list[str]:
        cycles = [
            "groups contain each other: "
            + " contains ".join(repr(self._groups[key].dn) for key in (*cycle, cycle[0]))
            for cycle in self._cycles
        ]
        return self._unreadable.lines() + self._outside.lines() + cycles

    def __len__(self) -> int:
        return len(self._groups)

    def has_dn(self, dn: str) -> bool:
        return dn in self._by_dn

    def read(self, entries: Iterable[RawEntry]) -> None:
        """Takes in each entry, each key once."""
        for entry in entries:
            key = values.key(self._rules.key, entry)
            attributes = values.attributes(self._rules.attributes, entry, self._unreadable.add)
            if key is None or "display_name" not in attributes:
                self._nameless.add(entry.dn)
            elif key not in self._groups:
                self._take(key, _Group(entry.dn, attributes, [], []), entry)
            elif self._groups[key].dn != entry.dn:
                self._doubled.add(f"{entry.dn!r} and {self._groups[key].dn!r} have {key}")

    def records(self) -> Iterator[GroupRecord]:
        """Every group with all its members, once all entries were taken in."""
        children: dict[Key, list[Key]] = {}
        for key, group in self._groups.items():
            for dn in group.others:
                if (child := self._by_dn.get(dn)) is not None:
                    children.setdefault(key, []).append(child)
                else:
                    self._outside.add(f"{dn!r} in {group.dn!r}")
        everybody = expand({key: group.people for key, group in self._groups.items()}, children)
        self._cycles = everybody.cycles
        for key, group in self._groups.items():
            yield GroupRecord(
                key=key,
                attributes=group.attributes,
                members=everybody.members[key],
                origin=group.dn,
            )

    def _take(self, key: Key, group: _Group, entry: RawEntry) -> None:
        dn = values.comparable(entry.dn)
        self._groups[key] = group
        self._by_dn[dn] = key
        group.people.extend(self._people.in_group(dn))
        for rule in self._rules.members:
            for octets in entry.attributes.get(rule.attribute.lower(), ()):
                self._place(group, rule, octets.decode("utf-8", "replace"))

    def _place(self, group: _Group, rule: MemberRule, value: str) -> None:
        if rule.kind == "uid":
            person = self._people.by_login(rule.matches, value)
            if person is None:
                self._outside.add(f"{value!r} in {group.dn!r}")
                return
        else:
            dn = values.comparable(_OPTIONAL_UID.sub("", value))
            person = self._people.by_dn(dn)
            if person is None:
                group.others.append(dn)
                return
        group.people.append(person)
