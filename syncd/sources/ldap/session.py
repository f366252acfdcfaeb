"""Searches over one connection, keeping what went wrong and what a person should know of."""

from collections.abc import Iterator, Sequence
from typing import Literal
from urllib.parse import unquote, urlsplit

from ldap3 import Connection

from syncd.core.dn import normal_dn
from syncd.sources.ldap.connection import disconnect
from syncd.sources.ldap.entries import RANGE, opened, packed
from syncd.sources.ldap.ldap3_search import Ldap3Search
from syncd.sources.ldap.ranges import complete
from syncd.sources.ldap.search import Query, Search, WireSearch
from syncd.sources.ldap.tally import Tally
from syncd.sources.ldap.wire import Wire


class Session:
    """`gaps` are why what was read is not all there is; `notes` are harmless."""

    def __init__(
        self,
        connection: Connection,
        reader: Literal["wire", "ldap3"],
        page_size: int,
        harmless_referrals: Sequence[str],
        notes: Sequence[str],
    ) -> None:
        self._connection = connection
        self._wire = Wire(connection) if reader == "wire" else None
        self._page_size = page_size
        self._harmless = tuple(map(normal_dn, harmless_referrals))
        self._lost = False
        self._left_alone = Tally("referrals to where no people are, not followed")
        self._gaps: list[str] = []
        self._notes = list(notes)

    @property
    def gaps(self) -> list[str]:
        return list(self._gaps)

    @property
    def notes(self) -> list[str]:
        return self._notes + self._left_alone.lines()

    @property
    def lost(self) -> bool:
        """Whether the connection is of no more use."""
        return self._lost

    def search(self, query: Query, page_size: int = 0) -> Search:
        """One search, in pages of that size; 0 asks for no pages."""
        if self._wire is None:
            return Ldap3Search(self._connection, query, page_size)
        return WireSearch(self._wire, query, page_size)

    def pages(self, what: str, query: Query) -> Iterator[list[bytes]]:
        """All that the search finds, for `opened`; where that is not all, a gap says why."""
        where = f"{what} under {query.base!r} are incomplete"
        if self._lost:
            self._gaps.append(f"{where}: the connection was lost before")
            return
        search = self.search(query, self._page_size)
        for page in search:
            yield list(map(self._completed, page)) if search.ranged else page
        self._lost = search.lost
        if search.failure:
            self._gaps.append(f"{where}: {search.failure}")
        followed = Tally(f"{where}: referrals, which are not followed")
        for url in search.referrals:
            (self._left_alone if self._is_harmless(url) else followed).add(url)
        self._gaps.extend(followed.lines())

    def glimpse(self, what: str, query: Query) -> list[bytes]:
        """What a search finds that may well find nothing, and that nothing depends on."""
        if self._lost:
            return []
        search = self.search(query)
        found = [octets for page in search for octets in page]
        if search.lost:
            self._lost = True
            self._gaps.append(f"{what} under {query.base!r} were not found: {search.failure}")
        return found

    def close(self) -> None:
        disconnect(self._connection)

    def _completed(self, octets: bytes) -> bytes:
        """The entry with all values of its attributes that came in ranges."""
        if RANGE not in octets.lower():
            return octets
        try:
            entry = opened(octets)
        except ValueError:  # for who asks what is in it
            return octets
        if not any(";range=" in name for name in entry.attributes):
            return octets
        self._gaps.extend(complete(entry, self.search))
        return packed(entry)

    def _is_harmless(self, url: str) -> bool:
        try:
            dn = normal_dn(unquote(urlsplit(url).path.removeprefix("/")))
        except ValueError:
            return False
        return any(dn == prefix or dn.startswith(f"{prefix},") for prefix in self._harmless)
