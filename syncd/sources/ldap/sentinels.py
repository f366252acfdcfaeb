"""Looks out for those who must be in a directory in good health, also where nobody is decoded.

People among them are asked for by themselves first, to learn how the server writes their DNs;
these are then looked for in what is read of everybody.
"""

from collections.abc import Iterable, Iterator

from ldap3.utils.conv import escape_filter_chars

from syncd.core.dn import normal_dn, prepared
from syncd.core.model import UserRecord
from syncd.sources.ldap import values
from syncd.sources.ldap.config import LdapConfig
from syncd.sources.ldap.entries import opened
from syncd.sources.ldap.presets import UserRules
from syncd.sources.ldap.search import Query
from syncd.sources.ldap.session import Session


class Sentinels:
    """Logins, or DNs of people or groups, as the configuration names them."""

    def __init__(self, config: LdapConfig, rules: UserRules) -> None:
        self._config = config
        self._rules = rules
        self._unseen = {prepared(each) for each in config.sentinels}
        self._dns = {dn: prepared(each) for each in config.sentinels if (dn := _dn(each))}
        self._written: dict[bytes, set[str]] = {}
        """DNs of people as the server writes them, and which sentinels each is."""

    @property
    def missing(self) -> list[str]:
        """As the configuration has them."""
        return [each for each in self._config.sentinels if prepared(each) in self._unseen]

    @property
    def dns(self) -> Iterable[str]:
        """Those that are DNs, in normal form."""
        return self._dns.keys()

    def ask(self, session: Session) -> None:
        """Finds out how the server writes the people's DNs."""
        for each in self.missing:
            for query in self._queries(each):
                for octets in session.glimpse("sentinels", query):
                    self._written.setdefault(_written(octets), set()).add(prepared(each))

    def look(self, page: list[bytes]) -> None:
        """For people in a page of entries."""
        for written in list(self._written):
            if any(written in octets and written == _written(octets) for octets in page):
                self._unseen -= self._written.pop(written)

    def see(self, record: UserRecord) -> None:
        """A person who was decoded."""
        if self._unseen:
            names = record.attributes.get("user_name", ())
            for name in (names,) if isinstance(names, str) else names:
                self._unseen.discard(prepared(name))
            self.see_dn(values.comparable(record.origin))

    def see_dn(self, dn: str) -> None:
        """A person or group of that name, in normal form."""
        self._unseen.discard(self._dns.get(dn, ""))

    def _queries(self, sentinel: str) -> Iterator[Query]:
        """Searches that find the person: by login, and by DN where a base is above that."""
        users, rules = self._config.users, self._rules
        logins = rules.attributes.get("user_name", ())
        wanted = "".join(f"({name}={escape_filter_chars(sentinel)})" for name in logins)
        dn = _dn(sentinel)
        for base in users.bases:
            if logins:
                yield Query(base, f"(&{rules.filter}(|{wanted}))", ["1.1"], users.scope)
            if dn and f",{dn}".endswith(f",{normal_dn(base)}"):
                yield Query(sentinel, rules.filter, ["1.1"], "base")


def _dn(text: str) -> str:
    """The normal form of a DN; nothing for what is none."""
    try:
        return normal_dn(text)
    except ValueError:
        return ""


def _written(octets: bytes) -> bytes:
    """The DN of an entry as it was sent; nothing where it is no entry."""
    try:
        return opened(octets).dn.encode()
    except ValueError:
        return b""
