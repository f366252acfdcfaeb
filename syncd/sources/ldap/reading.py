"""One pass over a directory: people first, page by page, then groups; and whether it was whole."""

from collections.abc import Iterator
from datetime import datetime

from msgspec.structs import replace

from syncd.core.model import GroupRecord, Key, UserRecord
from syncd.core.prints import Print, print_of
from syncd.errors import SourceError
from syncd.paging import AT_ONCE, Page, Sighting
from syncd.ports import Cursor
from syncd.sources.ldap import values
from syncd.sources.ldap.config import Entries, LdapConfig
from syncd.sources.ldap.entries import opened
from syncd.sources.ldap.groups import Groups
from syncd.sources.ldap.kept_groups import KeptGroups
from syncd.sources.ldap.pages import LazyPage, Once, records
from syncd.sources.ldap.people import People
from syncd.sources.ldap.presets import group_rules, user_rules
from syncd.sources.ldap.roll import Roll
from syncd.sources.ldap.search import Query
from syncd.sources.ldap.sentinels import Sentinels
from syncd.sources.ldap.session import Session
from syncd.sources.ldap.standing import Standings

_GROUPS_A_PAGE = 1000


class LdapReading:
    """A `PagedReading`: take `users` or `user_pages` to the end, then `groups` or `group_pages`.

    Only then are `gaps` and `notes` final.
    """

    def __init__(
        self,
        name: str,
        config: LdapConfig,
        session: Session,
        now: datetime,
        cursor: Cursor | None = None,
    ) -> None:
        self._cursor = cursor
        self._name = name
        self._config = config
        self._session = session
        self._now = now
        self._rules, self._group_rules = user_rules(config), group_rules(config)
        logins = [rule.matches for rule in self._group_rules.members if rule.kind == "uid"]
        self._people = People(self._rules, logins if config.groups else ())
        self._kept = KeptGroups(
            self._group_rules.members, named_by_people=self._rules.member_of is not None
        )
        self._groups = Groups(self._group_rules, self._kept, self._roll)
        self._sentinels = Sentinels(config, self._rules)
        self._count = 0
        self._everybody = b""
        self._asked_again: Roll | None = None
        self._unread = ["users", "groups"]
        self._failed = False

    @property
    def users(self) -> Iterator[UserRecord]:
        for page in self.user_pages:
            yield from records(page)

    @property
    def groups(self) -> Iterator[GroupRecord]:
        for page in self.group_pages:
            yield from records(page)
        self._session.close()

    @property
    def user_pages(self) -> Iterator[Page[UserRecord]]:
        """Raises `SourceError` at the end where no search found anybody and some failed."""
        self._sentinels.ask(self._session)
        standings, once = self._standings(), Once(self._config.users.bases)

        def sighting(octets: bytes) -> Sighting[UserRecord]:
            found = self._people.sighting(octets, standings)
            if found.record is not None:
                self._sentinels.see(found.record)
            return found

        wanted = self._people.attributes
        for each in self._pages("users", self._config.users, self._rules.filter, wanted):
            prints, page = once.prints(each, standings.salt)
            self._count += len(page)
            self._everybody = print_of(self._everybody + b"".join(prints))
            self._sentinels.look(page)
            yield LazyPage(prints, page, sighting)
        self._unread.remove("users")
        if self._count <= self._people.left_out:
            self._refuse(self._session.gaps + self._people.gaps)

    @property
    def group_pages(self) -> Iterator[Page[GroupRecord]]:
        given, prints = self._config.groups, list[Print]()
        if given is not None and not self._failed:
            once, wanted = Once(given.bases), self._groups.attributes
            for each in self._pages("groups", given, self._group_rules.filter, wanted):
                for seen, octets in zip(*once.prints(each), strict=True):
                    self._kept.take(octets, seen)
            prints, numbers = self._kept.prints(self._everybody), range(len(self._kept))
            for at in range(0, len(prints), _GROUPS_A_PAGE):
                some = slice(at, at + _GROUPS_A_PAGE)
                yield LazyPage(prints[some], numbers[some], self._group)
        self._unread.remove("groups")
        if self._all_decoded or not prints:
            self._session.close()  # otherwise a group that is decoded late asks for the people

    @property
    def cursor(self) -> Cursor | None:
        """None where not everything was read: what is missing would not be told later either."""
        return None if self.gaps else self._cursor

    @property
    def gaps(self) -> list[str]:
        unread = [f"the {what} were not read to their end" for what in self._unread]
        found = self._session.gaps + self._people.gaps + self._groups.gaps
        return found + unread + self._disappointments()

    @property
    def notes(self) -> list[str]:
        told = self._all_decoded and self._count > self._people.left_out
        unknown = [
            f"no user has a value for {name} ({' or '.join(sources)}): is that name right?"
            for name, sources in self._config.users.attributes.items()
            if sources and told and name not in self._people.seen
        ]
        return self._session.notes + self._people.notes + unknown + self._groups.notes

    @property
    def _all_decoded(self) -> bool:
        """Whether it is known of all people that were found who they are."""
        return "users" not in self._unread and self._people.decoded == self._count

    def _refuse(self, problems: list[str]) -> None:
        """Raises `SourceError`, if there are problems."""
        if problems:
            self._failed = True
            self._session.close()
            raise SourceError(*(f"source {self._name}: {problem}" for problem in problems))

    def _disappointments(self) -> list[str]:
        """What the configuration says must be there and was not."""
        for dn in self._sentinels.dns:
            if self._kept.has_dn(dn):
                self._sentinels.see_dn(dn)
        found = [f"the sentinel {each!r} was not seen" for each in self._sentinels.missing]
        expect = self._config.expect
        users = self._count - self._people.left_out
        groups = len(self._kept) - self._groups.left_out
        if users < expect.min_users:
            found.append(
                f"{users} users were found, where at least {expect.min_users} are expected"
            )
        if groups < expect.min_groups:
            found.append(
                f"{groups} groups were found, where at least {expect.min_groups} are expected"
            )
        return found

    def _group(self, number: int) -> Sighting[GroupRecord]:
        """Of a group that may lack members, nothing is remembered."""
        found = self._groups.sighting(number)
        return replace(found, until=AT_ONCE) if self._session.gaps else found

    def _roll(self) -> Roll:
        """Of all people: of those who were decoded, if all were, or asked for again."""
        if self._all_decoded:
            return self._people.roll
        if self._asked_again is None:
            self._asked_again = Roll()
            wanted = self._people.names
            for page in self._pages("users", self._config.users, self._rules.filter, wanted):
                for octets in page:
                    self._people.enrol(octets, self._asked_again)
        return self._asked_again

    def _pages(
        self, what: str, given: Entries, wanted: str, attributes: list[str]
    ) -> Iterator[list[bytes]]:
        for base in given.bases:
            yield from self._session.pages(what, Query(base, wanted, attributes, given.scope))

    def _standings(self) -> Standings:
        """Asks the rules that are filters, before the people are read."""
        rules, found = self._rules, dict[Key, str]()
        failed = len(self._session.gaps)
        for rule in rules.disabled:
            if rule.filter is not None:
                both = f"(&{rules.filter}{rule.filter})"
                for page in self._pages("disabled users", self._config.users, both, [rules.key]):
                    for octets in page:
                        if (key := values.key(rules.key, opened(octets))) is not None:
                            found[key] = f"it matches {rule.filter}"
        whole = len(self._session.gaps) == failed
        return Standings(rules.disabled, found if whole else None, self._now)
