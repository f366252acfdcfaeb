"""Reads the entries that a search finds, page by page (RFC 2696), and says whether it ended well.

The result code is checked after every page: what came before a size limit is not all there is.
"""

from collections.abc import Iterator, Sequence
from typing import Literal, Protocol

from ldap3 import BASE, LEVEL, SUBTREE
from msgspec import Struct

from syncd.sources.ldap import failures
from syncd.sources.ldap.ber import Malformed
from syncd.sources.ldap.config import Scope
from syncd.sources.ldap.entries import ENTRY
from syncd.sources.ldap.messages import (
    DONE,
    PAGED_RESULTS,
    REFERENCE,
    Message,
    cookie_of,
    references_of,
    result_of,
)
from syncd.sources.ldap.wire import Wire

SCOPES: dict[Scope, Literal["SUBTREE", "LEVEL", "BASE"]] = {
    "subtree": SUBTREE,
    "one_level": LEVEL,
    "base": BASE,
}
UNREAD = "it was not read to its end"
MORE = "the next page was not read"
UNPAGED = "the server ignores the page size: page_size: 0 asks for all at once"

_TOGETHER = 1000
"""Entries that are handed on before the search ends, where the server does not make pages."""


class Query(Struct, frozen=True):
    """What to search for."""

    base: str
    filter: str
    attributes: Sequence[str]
    scope: Scope = "subtree"


class Search(Protocol):
    """One search. Iterate it to its end; only then are `failure`, `lost` and `referrals` final.

    It gives lists of entries, for `entries.opened`. `failure` says why it did not end well, and is
    empty where every page did. `lost` is whether the connection is of no more use. `referrals` are
    the URLs that the server left to others. `ranged` is whether the list that was given last may
    have attributes of which more is to be asked for.
    """

    ranged: bool
    failure: str
    lost: bool
    referrals: list[str]

    def __iter__(self) -> Iterator[list[bytes]]: ...


class WireSearch:
    """A `Search` that asks for the next page before it hands on the last one.

    Not so where something came in a range: the rest of that is asked for in between.
    """

    def __init__(self, wire: Wire, query: Query, page_size: int) -> None:
        self._wire = wire
        self._query = query
        self._page_size = page_size
        self.ranged = False
        self.failure = UNREAD
        self.lost = False
        self.referrals: list[str] = []

    def __iter__(self) -> Iterator[list[bytes]]:
        try:
            yield from self._pages()
        except failures.WIRE_ERRORS as exc:
            self.failure = failures.of_wire(exc, self._wire.patience)
            self.lost = True

    def _pages(self) -> Iterator[list[bytes]]:
        cookie = b""
        self._ask(cookie)
        while True:
            page: list[bytes] = []
            while (done := self._done(page)) is None:
                if len(page) > max(self._page_size, _TOGETHER) and not self._wire.ranged:
                    yield page
                    page = []
            cookie, self.failure = self._ending(done)
            self.ranged = self._wire.ranged
            ahead = cookie and not self.ranged
            if ahead:
                self._ask(cookie)
            yield page
            if not cookie:
                return
            if not ahead:
                self._ask(cookie)

    def _ask(self, cookie: bytes) -> None:
        query = self._query
        self._wire.ask(
            (query.base, query.filter, SCOPES[query.scope], list(query.attributes)),
            self._page_size,
            cookie,
        )

    def _done(self, page: list[bytes]) -> Message | None:
        """Adds what was received to the page; the last message, once it is that."""
        message = self._wire.read(page)
        if message is None:
            return None
        if message.tag == DONE:
            return message
        if message.tag == ENTRY:
            page.append(message.operation)
        elif message.tag == REFERENCE:
            self.referrals.extend(references_of(message.operation))
        else:
            raise Malformed(f"tag {message.tag:#04x} in the answer to a search")
        return None

    def _ending(self, done: Message) -> tuple[bytes, str]:
        """The cookie of the next page, if there is one, and why there will be none."""
        result = result_of(done.operation)
        if result["result"] != failures.SUCCESS:
            return b"", failures.of_result(result)
        if (control := done.controls.get(PAGED_RESULTS)) is None:
            return b"", UNPAGED if self._page_size else ""
        cookie = cookie_of(control)
        return cookie, MORE if cookie else ""
