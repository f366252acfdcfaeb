"""Reads the entries that a search finds, page by page (RFC 2696), and says whether it ended well.

This is the one place that touches ldap3's search results. The result code is checked after every
page: ldap3 hands out what came before a size limit as if it were all.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from ldap3 import BASE, DEREF_NEVER, LEVEL, SUBTREE, Connection
from msgspec import Struct

from syncd.sources.ldap import failures
from syncd.sources.ldap.config import Scope

PAGED_RESULTS = "1.2.840.113556.1.4.319"
_SCOPES: dict[Scope, Literal["SUBTREE", "LEVEL", "BASE"]] = {
    "subtree": SUBTREE,
    "one_level": LEVEL,
    "base": BASE,
}


class RawEntry(Struct):
    """An entry as it came: attribute names in lower case, values as bytes."""

    dn: str
    attributes: dict[str, list[bytes]]


class Query(Struct, frozen=True):
    """What to search for."""

    base: str
    filter: str
    attributes: Sequence[str]
    scope: Scope = "subtree"


class Search:
    """One search. Iterate it to its end; only then are `failure`, `lost` and `referrals` final.

    `failure` says why it did not end well, and is empty where every page did. `lost` is whether the
    connection is of no more use. `referrals` are the URLs that the server left to others.
    """

    def __init__(self, connection: Connection, query: Query, page_size: int) -> None:
        self._connection = connection
        self._query = query
        self._page_size = page_size
        self.failure = "it was not read to its end"
        self.lost = False
        self.referrals: list[str] = []

    def __iter__(self) -> Iterator[RawEntry]:
        cookie: bytes | None = None
        while True:
            try:
                self._ask(cookie)
                found, self._connection.response = self._connection.response or (), None
                result = self._connection.result
                entries = [_entry(each) for each in found if each["type"] == "searchResEntry"]
            except failures.WIRE_ERRORS as exc:
                self.failure = failures.of_wire(exc, self._connection.receive_timeout)
                self.lost = True
                return
            for each in found:
                if each["type"] == "searchResRef":
                    self.referrals.extend(each["uri"])
            yield from entries
            cookie, self.failure = _ending(result, paged=self._page_size > 0)
            if not cookie:
                return

    def _ask(self, cookie: bytes | None) -> None:
        query = self._query
        self._connection.search(
            query.base,
            query.filter,
            _SCOPES[query.scope],
            dereference_aliases=DEREF_NEVER,
            attributes=list(query.attributes),
            paged_size=self._page_size or None,
            paged_criticality=True,
            paged_cookie=cookie,
        )


def _entry(found: Mapping[str, Any]) -> RawEntry:
    """Raises UnicodeDecodeError where the name is not UTF-8, as RFC 4511 demands."""
    attributes = found["raw_attributes"].items()
    return RawEntry(
        found["raw_dn"].decode("utf-8"),
        {name.lower(): list(values) for name, values in attributes if values},
    )


def _ending(result: Mapping[str, Any], *, paged: bool) -> tuple[bytes | None, str]:
    """The cookie of the next page, if there is one, and why there will be none."""
    if result["result"] != failures.SUCCESS:
        return None, failures.of_result(result)
    control = result.get("controls", {}).get(PAGED_RESULTS)
    if control is None:
        answer = "the server ignores the page size: page_size: 0 asks for all at once"
        return None, answer if paged else ""
    cookie = control["value"]["cookie"]
    return (cookie, "the next page was not read") if cookie else (None, "")
