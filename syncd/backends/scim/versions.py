"""Versions of resources as they were read, for servers that heed them (RFC 7644, section 3.14)."""

from collections.abc import Iterable, Mapping

import msgspec

from syncd.backends.http import Answer
from syncd.backends.scim.listing import Head, Item
from syncd.core.model import Ref

_MOST = 100_000
"""Versions that are kept; who is not among these is changed without a condition."""

_NONE: Mapping[str, str] = {}


class Versions:
    """Of nothing, where the server does not say that it has any: an ETag may then be anything."""

    def __init__(self, *, heeded: bool) -> None:
        self._heeded = heeded
        self._known: dict[Ref, str] = {}

    def condition(self, ref: Ref) -> Mapping[str, str]:
        """The header by which a change is made only if nobody else changed the thing."""
        version = self._known.get(ref)
        return _NONE if version is None else {"If-Match": version}

    def learn(self, items: Iterable[Item]) -> None:
        if not self._heeded:
            return
        for item in items:
            self._put(item.ref, item.version)

    def told(self, ref: Ref, answer: Answer) -> None:
        """What an answer about one thing says of its version, if anything."""
        if not self._heeded:
            return
        version = answer.headers.get("etag")
        if version is None and answer.body:
            try:
                meta = msgspec.json.decode(answer.body, type=Head).meta
            except (msgspec.DecodeError, UnicodeDecodeError):
                meta = None
            version = meta.version if meta else None
        self._put(ref, version)

    def forget(self, *refs: Ref) -> None:
        for ref in refs:
            self._known.pop(ref, None)

    def _put(self, ref: Ref, version: str | None) -> None:
        if version is None:
            self._known.pop(ref, None)
        elif ref in self._known or len(self._known) < _MOST:
            self._known[ref] = version
