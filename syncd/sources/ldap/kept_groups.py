"""Keeps groups as they came until the last has come: only then is known which contain others.

A group that contains others is as it was only if all groups are, and one that names people by their
logins, or is named by them, only if all people are: its print covers that.
"""

from array import array
from collections.abc import Sequence

from syncd.core.prints import Print, print_of
from syncd.sources.ldap import values
from syncd.sources.ldap.config import MemberRule
from syncd.sources.ldap.entries import RawEntry, opened
from syncd.sources.ldap.members import named_dns
from syncd.sources.ldap.shelf import Shelf


class KeptGroups:
    """Groups by their number, in the order in which they came.

    `named_by_people` is whether people's own entries say which groups they are in.
    """

    def __init__(self, rules: Sequence[MemberRule], *, named_by_people: bool) -> None:
        self._rules = rules
        self._logins = [rule.attribute.lower() for rule in rules if rule.kind == "uid"]
        self._named_by_people = named_by_people
        self._shelf = Shelf()
        self._prints: list[Print] = []
        self._dns: dict[str, int] = {}
        self._names_logins: list[bool] = []
        self._members: list[array[int]] = []
        """Hashes of each group's members' DNs: enough to see whether one may be a group."""

    def __len__(self) -> int:
        return len(self._shelf)

    def __getitem__(self, number: int) -> bytes:
        return self._shelf[number]

    def has_dn(self, dn: str) -> bool:
        return dn in self._dns

    def take(self, octets: bytes, seen: Print) -> None:
        """Takes in an entry, of which that is the print."""
        try:
            entry = opened(octets)
        except ValueError:  # for who decodes it
            entry = RawEntry("", {})
        self._dns.setdefault(values.comparable(entry.dn), len(self))
        self._names_logins.append(any(name in entry.attributes for name in self._logins))
        self._members.append(array("q", map(hash, named_dns(self._rules, entry))))
        self._prints.append(seen)
        self._shelf.add(octets)

    def nesting(self) -> set[int]:
        """The groups that contain others."""
        groups = {hash(dn) for dn in self._dns}
        return {at for at, some in enumerate(self._members) if not groups.isdisjoint(some)}

    def prints(self, people: bytes) -> list[Print]:
        """Of all groups, where that stands for all people."""
        prints = [
            print_of(own + people) if self._named_by_people or names_logins else own
            for own, names_logins in zip(self._prints, self._names_logins, strict=True)
        ]
        everything = print_of(b"".join(prints))
        for at in self.nesting():
            prints[at] = print_of(prints[at] + everything)
        return prints
