"""What one source states, as a value, and who is in its groups: also users of other sources."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from syncd.core.merge import People, first, full_key
from syncd.core.model import GroupRecord, Key, Kind, Reference, UserRecord
from syncd.core.normal import normal
from syncd.core.plan import Problem


class Records(Struct, frozen=True):
    """One source, read to its end or to where it broke off (`gaps`)."""

    users: Sequence[UserRecord]
    groups: Sequence[GroupRecord]
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Named(Protocol):
    """Finds users by what references name them by."""

    def keys(self, reference: Reference) -> Sequence[Key] | None:
        """The source's own keys of those so named; None where there is no such source."""
        ...


def members_of(
    sources: Mapping[str, Records], people: People, named: Named
) -> tuple[dict[Key, frozenset[Key]], list[Problem]]:
    """User keys by group key over all sources, and the references that lead to nobody."""
    persons = {key: p.key for p in people.persons for key in (p.key, *p.aliases)}
    members: dict[Key, frozenset[Key]] = {}
    lost: list[Problem] = []
    for source, records in sources.items():
        for group in records.groups:
            keys = {full_key(source, key) for key in group.members}
            found, problems = follow(source, group, named)
            keys.update(found)
            lost += problems
            known = frozenset(persons[key] for key in keys if key in persons)
            members[full_key(source, group.key)] = known
    return members, lost


def follow(source: str, group: GroupRecord, named: Named) -> tuple[list[Key], list[Problem]]:
    """The full keys that a group's references lead to, and those that lead to nobody."""
    keys: list[Key] = []
    lost: list[Problem] = []
    for reference in group.elsewhere:
        found = named.keys(reference)
        if found is not None and len(found) == 1:
            keys.append(full_key(reference.source, found[0]))
        else:
            name, key = first(group.attributes["display_name"]), full_key(source, group.key)
            why = _why_lost(reference, found)
            lost.append(Problem(Kind.GROUP, key, name, why, reference.origin))
    return keys, lost


def _why_lost(reference: Reference, found: Sequence[Key] | None) -> str:
    named = f"{reference.attribute} {reference.value!r} in source {reference.source}"
    if found is None:
        return f"{named}: this sync does not have that source; add it to its `sources`"
    who = f"{len(found)} people" if found else "nobody"
    return f"{named} is {who}; nobody is removed from the group until that is mended"


def names_of(user: UserRecord, attribute: str) -> Iterator[str]:
    """What references by this attribute may call a user, without case."""
    value = user.key if attribute == "key" else user.attributes.get(attribute, ())
    for one in (value,) if isinstance(value, str) else value:
        yield normal(one, caseless=True)


class NamedAmong:
    """`Named` among users in memory; looked through when they are first asked about."""

    def __init__(self, users: Mapping[str, Sequence[UserRecord]]) -> None:
        self._users = users
        self._by: dict[tuple[str, str], dict[str, list[Key]]] = {}

    def keys(self, reference: Reference) -> Sequence[Key] | None:
        source, attribute = reference.source, reference.attribute
        if source not in self._users:
            return None
        if (source, attribute) not in self._by:
            self._by[source, attribute] = self._build(source, attribute)
        return self._by[source, attribute].get(normal(reference.value, caseless=True), ())

    def _build(self, source: str, attribute: str) -> dict[str, list[Key]]:
        keys: dict[str, list[Key]] = defaultdict(list)
        for user in self._users[source]:
            for name in names_of(user, attribute):
                keys[name].append(user.key)
        return keys


def group_names(
    sources: Mapping[str, Records], members: Mapping[Key, frozenset[Key]]
) -> dict[Key, frozenset[str]]:
    """The display names of each user's groups, by the user's key."""
    groups: dict[Key, set[str]] = defaultdict(set)
    for source, records in sources.items():
        for group in records.groups:
            for user in members[full_key(source, group.key)]:
                groups[user].add(first(group.attributes["display_name"]))
    return {user: frozenset(names) for user, names in groups.items()}
