"""Reads groups from their entries and finds out who is in them, by way of any nested group."""

from collections.abc import Callable, Iterator

from msgspec import Struct

from syncd.core.model import GroupRecord, Key, RawValue
from syncd.core.nesting import Expansion, expand
from syncd.paging import AT_ONCE, Sighting
from syncd.sources.ldap import values
from syncd.sources.ldap.entries import RawEntry, opened
from syncd.sources.ldap.kept_groups import KeptGroups
from syncd.sources.ldap.members import Direct, direct
from syncd.sources.ldap.presets import GroupRules
from syncd.sources.ldap.roll import Roll
from syncd.sources.ldap.tally import Tally


class _Group(Struct, frozen=True):
    """A group as it is told of."""

    key: Key
    dn: str
    attributes: dict[str, RawValue]


class _Nests(Struct, frozen=True):
    """The groups that contain others, those in them, and all who are in each of these."""

    direct: dict[Key, Direct]
    dns: dict[Key, str]
    everybody: Expansion[Key]


class Groups:
    """The groups of one reading, decoded one by one. `roll` is asked for when the first is."""

    def __init__(self, rules: GroupRules, kept: KeptGroups, roll: Callable[[], Roll]) -> None:
        self._rules = rules
        self._kept = kept
        self._roll = roll
        self._plan = values.plan(rules.attributes)
        self._owners: dict[Key, int] = {}
        self._by_dn: dict[str, Key] = {}
        self._nests: _Nests | None = None
        self.left_out = 0
        self._unread = Tally("groups whose entries cannot be read, left out")
        self._nameless = Tally(
            f"groups without exactly one {rules.key} or without a name, left out"
        )
        self._doubled = Tally(f"groups with the {rules.key} of another, left out")
        self._unreadable = Tally("values of groups that cannot be read as text, left out")
        self._outside = Tally("members of groups that are no users of this source")

    @property
    def attributes(self) -> list[str]:
        """All LDAP attributes that are asked for."""
        wanted = {self._rules.key, *(rule.attribute for rule in self._rules.members)}
        wanted.update(name for names in self._rules.attributes.values() for name in names)
        return sorted(wanted)

    @property
    def gaps(self) -> list[str]:
        return self._unread.lines() + self._nameless.lines() + self._doubled.lines()

    @property
    def notes(self) -> list[str]:
        cycles = [] if self._nests is None else _cycles(self._nests)
        return self._unreadable.lines() + self._outside.lines() + cycles

    def sighting(self, number: int) -> Sighting[GroupRecord]:
        """The record of the group that was kept under that number, with all its members.

        None where it has no key or name, or the key of one before it.
        """
        try:
            entry = opened(self._kept[number])
        except ValueError as exc:
            self._unread.add(str(exc))
            self.left_out += 1
            return Sighting(None, AT_ONCE)
        unreadable: list[str] = []
        group = self._group(entry, unreadable)
        for each in unreadable:
            self._unreadable.add(each)
        if group is None:
            self._nameless.add(entry.dn)
        elif (owner := self._all_owners()[group.key]) == number:
            return self._record(group, entry, is_told=bool(unreadable))
        elif (first := opened(self._kept[owner]).dn) != group.dn:
            self._doubled.add(f"{group.dn!r} and {first!r} have {group.key}")
        self.left_out += 1
        return Sighting(None, AT_ONCE)

    def _record(self, group: _Group, entry: RawEntry, *, is_told: bool) -> Sighting[GroupRecord]:
        """With what cannot be read, it is decoded anew every time.

        Not so for members outside and cycles, which are common and do no harm: to tell of them in
        each reading would take asking for all people each time.
        """
        nests = self._all_nests()
        found = nests.direct.get(group.key)
        if found is None:
            found = direct(self._rules.members, entry, self._roll())
            members = tuple(sorted(set(found.people)))
        else:
            members = nests.everybody.members[group.key]
        outside = [repr(each) for each in found.strangers]
        outside += [repr(dn) for dn in found.others if dn not in self._by_dn]
        for each in outside:
            self._outside.add(f"{each} in {group.dn!r}")
        record = GroupRecord(
            key=group.key, attributes=group.attributes, members=members, origin=group.dn
        )
        return Sighting(record, AT_ONCE if is_told else None)

    def _group(self, entry: RawEntry, unreadable: list[str]) -> _Group | None:
        """None where it has no key or no name."""
        key = values.key(self._rules.key, entry)
        attributes = values.attributes(self._plan, entry, unreadable.append)
        if key is None or "display_name" not in attributes:
            return None
        return _Group(key, entry.dn, attributes)

    def _all_nests(self) -> _Nests:
        """Once found out, from all groups that were kept."""
        if self._nests is None:
            nesting = self._kept.nesting()
            keys = [key for key, number in self._all_owners().items() if number in nesting]
            self._nests = self._nests_of(keys)
        return self._nests

    def _all_owners(self) -> dict[Key, int]:
        """Under which number the group with each key is kept: the first that has it."""
        if not self._owners:
            for number, entry in self._entries():
                group = self._group(entry, [])
                if group is not None and self._owners.setdefault(group.key, number) == number:
                    self._by_dn[values.comparable(entry.dn)] = group.key
        return self._owners

    def _entries(self) -> Iterator[tuple[int, RawEntry]]:
        for number in range(len(self._kept)):
            try:
                yield number, opened(self._kept[number])
            except ValueError:  # told of where it is decoded
                continue

    def _nests_of(self, waiting: list[Key]) -> _Nests:
        """Of these groups and all that they contain."""
        found: dict[Key, Direct] = {}
        dns: dict[Key, str] = {}
        children: dict[Key, list[Key]] = {}
        while waiting:
            key = waiting.pop()
            if key in found:
                continue
            entry = opened(self._kept[self._owners[key]])
            found[key] = direct(self._rules.members, entry, self._roll())
            dns[key] = entry.dn
            children[key] = [self._by_dn[dn] for dn in found[key].others if dn in self._by_dn]
            waiting += children[key]
        people = {key: each.people for key, each in found.items()}
        return _Nests(found, dns, expand(people, children))


def _cycles(nests: _Nests) -> list[str]:
    return [
        "groups contain each other: "
        + " contains ".join(repr(nests.dns[key]) for key in (*cycle, cycle[0]))
        for cycle in nests.everybody.cycles
    ]
