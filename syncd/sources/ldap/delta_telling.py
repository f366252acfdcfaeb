"""Tells people and groups that were touched as a full reading would tell them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from syncd.core.model import GroupRecord, Key, Kind, UserRecord
from syncd.paging import Before
from syncd.sources.ldap import values
from syncd.sources.ldap.config import LdapConfig
from syncd.sources.ldap.delta_groups import GroupChanges, Known
from syncd.sources.ldap.delta_lookup import Lookup
from syncd.sources.ldap.delta_names import Namings
from syncd.sources.ldap.delta_search import Searches, Unusable, any_of, batches
from syncd.sources.ldap.delta_touched import BELOW, Attributes, Extents, Touched
from syncd.sources.ldap.dirsync import names_in
from syncd.sources.ldap.entries import RawEntry, opened
from syncd.sources.ldap.people import People
from syncd.sources.ldap.presets import group_rules, user_rules
from syncd.sources.ldap.search import Query
from syncd.sources.ldap.standing import Standings

Gone = Mapping[Kind, frozenset[Key]]
Told = tuple[list[UserRecord], list[GroupRecord], Gone]


class Telling:
    """Of one reading of changes. `before` has what was told until then, where that is known."""

    def __init__(
        self,
        config: LdapConfig,
        searches: Searches,
        extents: Extents,
        before: Before | None,
        now: datetime,
    ) -> None:
        self._searches = searches
        self._extents = extents
        self._before = before
        self._now = now
        self._rules, rules = user_rules(config), group_rules(config)
        self._group_key = rules.key
        self._logins = [rule.matches for rule in rules.members if rule.kind == "uid"]
        self._people = People(self._rules, self._logins if config.groups else ())
        own_name = "distinguishedName" if config.preset == "active_directory" else "entryDN"
        self._lookup = Lookup(searches, own_name)
        self.untils: list[tuple[datetime, str]] = []
        """Until when what was told of somebody is so, and their DN."""
        self._groups = GroupChanges(self._lookup, extents, rules, self._people)

    @property
    def attributes(self) -> Attributes:
        """All that has to be known of an entry, and whose change has to be."""
        filters = [rule.filter or "" for rule in self._rules.disabled]
        asked = set(self._people.attributes).union(*map(names_in, filters))
        return {Kind.USER: sorted(asked), Kind.GROUP: self._groups.attributes}

    @property
    def notes(self) -> list[str]:
        return self._people.notes + self._groups.notes

    def told(self, touched: Touched, due: Sequence[str], contexts: Iterable[str]) -> Told:
        """What was touched, and who has these DNs. Raises `Unusable`."""
        users = self._users([*touched.entries[Kind.USER], *self._entries(due)])
        groups = self._group_names(touched.entries[Kind.GROUP])
        lost = {
            Kind.USER: touched.gone[Kind.USER] - users.keys(),
            Kind.GROUP: touched.gone[Kind.GROUP] - groups.keys(),
        }
        knew_users = self._recalled_users(users.keys() | lost[Kind.USER])
        knew_groups = self._recalled_groups(groups.keys() | lost[Kind.GROUP])
        self._refuse_who_is_there(touched.lookup, lost)
        strange = (lost[Kind.USER] | lost[Kind.GROUP]) - knew_users.keys() - knew_groups.keys()
        self._refuse_moved_branches(touched, strange, contexts)
        namings = Namings(self._rules.attributes, self._logins, follows=touched.follows)
        for key, (_, entry) in users.items():
            namings.of_person(entry, knew_users.get(key))
        for key, dn in groups.items():
            namings.of_group(dn, knew_groups.get(key))
        namings.of_lost(
            [knew_users[key] for key in lost[Kind.USER] & knew_users.keys()],
            [knew_groups[key] for key in lost[Kind.GROUP] & knew_groups.keys()],
        )
        if self._before is not None:
            lost[Kind.USER] &= knew_users.keys()
            lost[Kind.GROUP] &= knew_groups.keys()
        people = touched.entries[Kind.USER]
        known = Known(people, users.keys() | touched.gone[Kind.USER], self._before)
        told = self._groups.told(touched.entries[Kind.GROUP], namings.names, known)
        gone = {kind: frozenset(keys) for kind, keys in lost.items()}
        return [record for record, _ in users.values()], told, gone

    def _users(self, found: Sequence[bytes]) -> dict[Key, tuple[UserRecord, RawEntry]]:
        """Everybody among these once. Raises `Unusable` where one cannot be told."""
        entries = [opened(octets) for octets in found]
        standings = self._standings([entry.dn for entry in entries])
        users: dict[Key, tuple[UserRecord, RawEntry]] = {}
        for octets, entry in zip(found, entries, strict=True):
            sighting = self._people.sighting(octets, standings)
            if (record := sighting.record) is not None:
                users[record.key] = (record, entry)
                if sighting.until is not None:
                    self.untils.append((sighting.until, entry.dn))
        if problems := self._people.gaps:
            raise Unusable("; ".join(problems))
        return users

    def _entries(self, dns: Sequence[str]) -> list[bytes]:
        """Of the people who have these DNs."""
        wanted = self.attributes[Kind.USER]
        return [octets for octets, _ in self._lookup.named(self._extents.users, dns, wanted)]

    def _standings(self, dns: Sequence[str]) -> Standings:
        """Asks the rules that are filters, of these entries."""
        disabled: dict[Key, str] = {}
        for rule in self._rules.disabled:
            if rule.filter is None:
                continue
            wanted = [self._rules.key]
            for _, entry in self._lookup.named(self._extents.users, dns, wanted, rule.filter):
                if (key := values.key(self._rules.key, entry)) is not None:
                    disabled[key] = f"it matches {rule.filter}"
        return Standings(self._rules.disabled, disabled, self._now)

    def _group_names(self, found: Iterable[bytes]) -> dict[Key, str]:
        """The DN of each group; those without a key are found out when they are told."""
        entries = map(opened, found)
        named = ((values.key(self._group_key, entry), entry.dn) for entry in entries)
        return {key: dn for key, dn in named if key is not None}

    def _recalled_users(self, keys: Collection[Key]) -> Mapping[Key, UserRecord]:
        records = self._before.users(keys) if self._before is not None else ()
        return {record.key: record for record in records}

    def _recalled_groups(self, keys: Collection[Key]) -> Mapping[Key, GroupRecord]:
        records = self._before.groups(keys) if self._before is not None else ()
        return {record.key: record for record in records}

    def _refuse_who_is_there(self, attribute: str, lost: Mapping[Kind, set[Key]]) -> None:
        """Raises `Unusable` where what is said to be gone is found.

        OpenLDAP says so of whatever changed where the account may not read its `entryCSN`.
        """
        for extent in self._extents.all if attribute else ():
            for some in batches(lost[extent.kind]):
                for _, entry in self._searches.found(
                    extent.query(["1.1"], any_of(attribute, some))
                ):
                    raise Unusable(f"{entry.dn!r} is there and said to be gone")

    def _refuse_moved_branches(
        self, touched: Touched, strange: Iterable[Key], contexts: Iterable[str]
    ) -> None:
        """Raises `Unusable` where entries have other names that were not touched themselves.

        What is below an entry that is renamed or moved is told of by nobody. `strange` are keys
        of what is gone that was neither user nor group: it may be such an entry.
        """
        for context in contexts if touched.lookup else ():
            for some in batches(strange):
                query = Query(context, any_of(touched.lookup, some), BELOW)
                for entry in self._searches.seen(query):
                    touched.see_name(entry)
        for dn in dict.fromkeys(touched.above):
            if self._searches.has_below(dn, self._extents.anybody):
                raise Unusable(f"{dn!r} was changed, and with it maybe names of those below it")
