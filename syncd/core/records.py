"""What one source states, as a value, and who is in its groups: also users of other sources."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

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


def members_of(
    sources: Mapping[str, Records], people: People
) -> tuple[dict[Key, frozenset[Key]], list[Problem]]:
    """User keys by group key over all sources, and the references that lead to nobody."""
    persons = {key: p.key for p in people.persons for key in (p.key, *p.aliases)}
    index = _Index(sources)
    members: dict[Key, frozenset[Key]] = {}
    lost: list[Problem] = []
    for source, records in sources.items():
        for group in records.groups:
            keys = {full_key(source, key) for key in group.members}
            for reference in group.elsewhere:
                found, why = index.find(reference)
                if found is None:
                    name = first(group.attributes["display_name"])
                    key = full_key(source, group.key)
                    lost.append(Problem(Kind.GROUP, key, name, why, reference.origin))
                else:
                    keys.add(found)
            known = frozenset(persons[key] for key in keys if key in persons)
            members[full_key(source, group.key)] = known
    return members, lost


class _Index:
    """Finds users of other sources by an attribute, without case; built when first asked."""

    def __init__(self, sources: Mapping[str, Records]) -> None:
        self._sources = sources
        self._by: dict[tuple[str, str], dict[str, list[Key]]] = {}

    def find(self, reference: Reference) -> tuple[Key | None, str]:
        """The user's full key, or None and why."""
        source, attribute = reference.source, reference.attribute
        named = f"{attribute} {reference.value!r} in source {source}"
        if source not in self._sources:
            return None, f"{named}: this sync does not have that source; add it to its `sources`"
        if (source, attribute) not in self._by:
            self._by[source, attribute] = self._build(source, attribute)
        found = self._by[source, attribute].get(normal(reference.value, caseless=True), [])
        if len(found) != 1:
            who = f"{len(found)} people" if found else "nobody"
            return None, f"{named} is {who}; nobody is removed from the group until that is mended"
        return full_key(source, found[0]), ""

    def _build(self, source: str, attribute: str) -> dict[str, list[Key]]:
        keys: dict[str, list[Key]] = defaultdict(list)
        for user in self._sources[source].users:
            value = user.key if attribute == "key" else user.attributes.get(attribute, ())
            for one in (value,) if isinstance(value, str) else value:
                keys[normal(one, caseless=True)].append(user.key)
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
