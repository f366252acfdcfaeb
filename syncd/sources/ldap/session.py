"""Searches over one connection, keeping what went wrong and what a person should know of."""

from collections.abc import Iterator, Sequence
from urllib.parse import unquote, urlsplit

from ldap3 import Connection

from syncd.core.dn import normal_dn
from syncd.sources.ldap.connection import disconnect
from syncd.sources.ldap.ranges import complete
from syncd.sources.ldap.search import Query, RawEntry, Search
from syncd.sources.ldap.tally import Tally


class Session:
    """`gaps` are why what was read is not all there is; `notes` are harmless."""

    def __init__(
        self,
        connection: Connection,
        page_size: int,
        harmless_referrals: Sequence[str],
        notes: Sequence[str],
    ) -> None:
        self._connection = connection
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

    def entries(self, what: str, query: Query) -> Iterator[RawEntry]:
        """All that the search finds; where that is not all there is, a gap says why."""
        where = f"{what} under {query.base!r} are incomplete"
        if self._lost:
            self._gaps.append(f"{where}: the connection was lost before")
            return
        search = Search(self._connection, query, self._page_size)
        for entry in search:
            self._gaps.extend(complete(entry, self._connection))
            yield entry
        self._lost = search.lost
        if search.failure:
            self._gaps.append(f"{where}: {search.failure}")
        followed = Tally(f"{where}: referrals, which are not followed")
        for url in search.referrals:
            (self._left_alone if self._is_harmless(url) else followed).add(url)
        self._gaps.extend(followed.lines())

    def close(self) -> None:
        disconnect(self._connection)

    def _is_harmless(self, url: str) -> bool:
        try:
            dn = normal_dn(unquote(urlsplit(url).path.removeprefix("/")))
        except ValueError:
            return False
        return any(dn == prefix or dn.startswith(f"{prefix},") for prefix in self._harmless)
