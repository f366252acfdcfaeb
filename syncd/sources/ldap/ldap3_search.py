"""Searches that ldap3 decodes itself, as a way round syncd's own reader and as the measure of it.

This is the one place that touches ldap3's search results.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ldap3 import DEREF_NEVER, Connection

from syncd.sources.ldap import failures
from syncd.sources.ldap.entries import RawEntry, packed
from syncd.sources.ldap.messages import PAGED_RESULTS
from syncd.sources.ldap.search import MORE, SCOPES, UNPAGED, UNREAD, Query


class Ldap3Search:
    """A `Search`."""

    def __init__(self, connection: Connection, query: Query, page_size: int) -> None:
        self._connection = connection
        self._query = query
        self._page_size = page_size
        self.ranged = True
        self.failure = UNREAD
        self.lost = False
        self.referrals: list[str] = []

    def __iter__(self) -> Iterator[list[bytes]]:
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
            yield [packed(entry) for entry in entries]
            cookie, self.failure = _ending(result, paged=self._page_size > 0)
            if not cookie:
                return

    def _ask(self, cookie: bytes | None) -> None:
        query = self._query
        self._connection.search(
            query.base,
            query.filter,
            SCOPES[query.scope],
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
        return None, UNPAGED if paged else ""
    cookie = control["value"]["cookie"]
    return (cookie, MORE) if cookie else (None, "")
