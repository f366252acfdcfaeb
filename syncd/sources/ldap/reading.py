"""One pass over a directory: people first, page by page, then groups; and whether it was whole."""

from collections.abc import Iterator
from datetime import datetime

from syncd.core.dn import normal_dn, prepared
from syncd.core.model import GroupRecord, Key, UserRecord
from syncd.errors import SourceError
from syncd.ports import Cursor
from syncd.sources.ldap import values
from syncd.sources.ldap.config import Entries, LdapConfig
from syncd.sources.ldap.groups import Groups
from syncd.sources.ldap.people import People
from syncd.sources.ldap.presets import group_rules, user_rules
from syncd.sources.ldap.search import Query, RawEntry
from syncd.sources.ldap.session import Session
from syncd.sources.ldap.standing import Standings


class LdapReading:
    """A `Reading`: iterate `users` to the end, then `groups`; then `gaps` and `notes` are final."""

    cursor: Cursor | None = None

    def __init__(self, name: str, config: LdapConfig, session: Session, now: datetime) -> None:
        self._name = name
        self._config = config
        self._session = session
        self._now = now
        self._rules = user_rules(config)
        self._group_rules = group_rules(config)
        logins = [rule.matches for rule in self._group_rules.members if rule.kind == "uid"]
        self._people = People(self._rules, logins if config.groups else ())
        self._groups = Groups(self._group_rules, self._people)
        self._unseen = {prepared(each) for each in config.sentinels}
        self._unread = ["users", "groups"]
        self._failed = False

    @property
    def users(self) -> Iterator[UserRecord]:
        """Raises `SourceError` at the end where no search found anybody and some failed."""
        standings = self._standings()
        wanted = self._people.attributes
        entries = self._entries("users", self._config.users, self._rules.filter, wanted)
        for record in self._people.read(entries, standings):
            self._unseen.difference_update(_logins(record))
            yield record
        self._unread.remove("users")
        if not self._people and (problems := self._session.gaps + self._people.gaps):
            self._failed = True
            self._session.close()
            raise SourceError(*(f"source {self._name}: {problem}" for problem in problems))

    @property
    def groups(self) -> Iterator[GroupRecord]:
        given = self._config.groups
        if given is not None and not self._failed:
            wanted = self._groups.attributes
            self._groups.read(self._entries("groups", given, self._group_rules.filter, wanted))
            yield from self._groups.records()
        self._unread.remove("groups")
        self._session.close()

    @property
    def gaps(self) -> list[str]:
        unread = [f"the {what} were not read to their end" for what in self._unread]
        found = self._session.gaps + self._people.gaps + self._groups.gaps
        return found + unread + self._disappointments()

    @property
    def notes(self) -> list[str]:
        unknown = [
            f"no user has a value for {name} ({' or '.join(sources)}): is that name right?"
            for name, sources in self._config.users.attributes.items()
            if sources and self._people and name not in self._people.seen
        ]
        return self._session.notes + self._people.notes + unknown + self._groups.notes

    def _disappointments(self) -> list[str]:
        """What the configuration says must be there and was not."""
        expect, users, groups = self._config.expect, len(self._people), len(self._groups)
        found = [
            f"the sentinel {each!r} was not seen"
            for each in self._config.sentinels
            if prepared(each) in self._unseen and not self._has_entry(each)
        ]
        if users < expect.min_users:
            found.append(
                f"{users} users were found, where at least {expect.min_users} are expected"
            )
        if groups < expect.min_groups:
            found.append(
                f"{groups} groups were found, where at least {expect.min_groups} are expected"
            )
        return found

    def _has_entry(self, sentinel: str) -> bool:
        try:
            dn = normal_dn(sentinel)
        except ValueError:
            return False
        return self._people.has_dn(dn) or self._groups.has_dn(dn)

    def _entries(
        self, what: str, given: Entries, wanted: str, attributes: list[str]
    ) -> Iterator[RawEntry]:
        for base in given.bases:
            yield from self._session.entries(what, Query(base, wanted, attributes, given.scope))

    def _standings(self) -> Standings:
        """Asks the rules that are filters, before the people are read."""
        rules, found = self._rules, dict[Key, str]()
        failed = len(self._session.gaps)
        for rule in rules.disabled:
            if rule.filter is not None:
                both = f"(&{rules.filter}{rule.filter})"
                for entry in self._entries("disabled users", self._config.users, both, [rules.key]):
                    if (key := values.key(rules.key, entry)) is not None:
                        found[key] = f"it matches {rule.filter}"
        whole = len(self._session.gaps) == failed
        return Standings(rules.disabled, found if whole else None, self._now)


def _logins(record: UserRecord) -> set[str]:
    """The user names, as sentinels are compared with them."""
    names = record.attributes.get("user_name", ())
    return {prepared(name) for name in ((names,) if isinstance(names, str) else names)}
