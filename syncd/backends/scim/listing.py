"""Reads a list to its end, page by page, or says that it could not.

By index, a list is no snapshot (RFC 7644, section 3.4.2.4): whoever is added or deleted meanwhile
moves all that come after. So each page begins with the last thing of the one before: if it is not
there, something has moved. Then, and where fewer or more came than the server counts, the list is
read once more, and again; who is in any of these readings is told, once. By cursor (RFC 9865) only
the count is compared, where there is one.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct, field

from syncd.backends.http import Session
from syncd.backends.scim.faults import StaleCursor, WrongCount
from syncd.core.model import Ref
from syncd.errors import Incomplete, Rejected, Unavailable

_READINGS = 3
"""How often a list is read that moves meanwhile."""

_IDLE = 20
"""Pages with nothing new after which a cursor leads nowhere."""


class Meta(Struct, gc=False):
    version: str | None = None


class Head(Struct, gc=False, rename="camel"):
    """What every resource has (RFC 7643, section 3.1)."""

    id: str | int
    external_id: str | None = None
    meta: Meta | None = None


class Item(Struct, gc=False):
    """One resource of a page, with its octets as they came."""

    ref: Ref
    raw: bytes
    version: str | None


class ListPage(Struct):
    total: int | None = field(name="totalResults", default=None)
    resources: list[msgspec.Raw] | None = field(name="Resources", default=None)
    next_cursor: str | None = field(name="nextCursor", default=None)


class Listing:
    """One reading of everything at `path`. `query` is what else is asked for with each page."""

    def __init__(
        self,
        session: Session,
        path: str,
        query: Mapping[str, str],
        *,
        cursor: bool,
        page: int | None,
    ) -> None:
        self._session, self._path, self._query = session, path, dict(query)
        self._cursor, self._page = cursor, page
        self._begun = False

    def pages(self) -> Iterator[list[Item]]:
        """Everything, each once. Raises `Incomplete`; another `BackendError` where nothing came."""
        told: set[Ref] = set()
        problem = ""
        for reading in range(_READINGS):
            walk = _Walk(self, seen=set() if reading else told)
            for items in walk.by_cursor() if self._cursor else walk.by_index():
                new = items
                if reading:
                    new = [item for item in items if item.ref not in told]
                    told.update(item.ref for item in new)
                if new:
                    yield new
            if not (problem := walk.problem):
                return
        raise self.incomplete(f"{problem}, in {_READINGS} readings")

    def ask(self, where: Mapping[str, str | int]) -> tuple[ListPage, list[Item]]:
        """One page. What fails once a page has come is a reading that broke off."""
        query: dict[str, str | int] = {**self._query, **where}
        if self._page is not None:
            query["count"] = self._page
        try:
            answer = self._session.get(self._path, query=query)
        except WrongCount:
            self._page = None
            raise
        except StaleCursor:
            raise
        except (Unavailable, Rejected) as error:
            if self._begun:
                raise self.incomplete(str(error)) from error
            raise
        self._begun = True
        page = answer.json(ListPage)
        try:
            return page, [_item(raw) for raw in page.resources or ()]
        except msgspec.DecodeError as error:
            raise answer.unexpected(f"one of its resources is none: {error}") from None

    def incomplete(self, why: str) -> Incomplete:
        return Incomplete(f"{self._session.name}: {self._path} could not be read to its end: {why}")


class _Walk:
    """One pass. `seen` are all that came in it; `problem` is why it proves nothing."""

    def __init__(self, listing: Listing, seen: set[Ref]) -> None:
        self.problem = ""
        self._listing, self._seen = listing, seen
        self._first: Ref | None = None

    def by_index(self) -> Iterator[list[Item]]:
        """From 1, in steps of what came: a server may give less than it is asked for."""
        position, last = 0, None
        while True:
            start = position if last else position + 1
            got = self._ask({"startIndex": start} if position else {})
            if got is None:
                return
            page, items = got
            if page.next_cursor and not position:
                # Whoever pages by cursors only says so by this (RFC 9865, section 2.3).
                yield from self._on(page, items)
                return
            self._check_advance(position, items)
            if last:
                if not items or items[0].ref != last:
                    self.problem = "things moved while it was read"
                    return
                items = items[1:]
            yield self._new(items)
            position += len(items)
            if self._ends(page, position, items):
                return
            last = items[-1].ref if len(items) > 1 or last else None

    def by_cursor(self) -> Iterator[list[Item]]:
        got = self._ask({"cursor": ""})
        if got is not None:
            yield from self._on(*got)

    def _on(self, page: ListPage, items: list[Item]) -> Iterator[list[Item]]:
        """The cursor is missing on the last page, and only there (RFC 9865, section 2)."""
        used, idle = set(), 0
        while True:
            new = self._new(items)
            idle = 0 if new else idle + 1
            yield new
            cursor = page.next_cursor
            if not cursor:
                break
            if cursor in used or idle > _IDLE:
                raise self._listing.incomplete("its cursors lead nowhere")
            used.add(cursor)
            got = self._ask({"cursor": cursor})
            if got is None:
                return
            page, items = got
        self._compare(page.total)

    def _ask(self, where: Mapping[str, str | int]) -> tuple[ListPage, list[Item]] | None:
        """None where the list has to be read from its beginning again."""
        try:
            return self._listing.ask(where)
        except (StaleCursor, WrongCount) as error:
            self.problem = str(error)
            return None

    def _new(self, items: list[Item]) -> list[Item]:
        if self._first is None and items:
            self._first = items[0].ref
        new: list[Item] = []
        for item in items:
            if item.ref not in self._seen:
                self._seen.add(item.ref)
                new.append(item)
        return new

    def _check_advance(self, position: int, items: list[Item]) -> None:
        if position and items and items[0].ref == self._first:
            why = f"it begins anew where {position} things had come: startIndex has no effect"
            raise self._listing.incomplete(why)

    def _ends(self, page: ListPage, position: int, items: list[Item]) -> bool:
        total = page.total
        if items and (total is None or position < total):
            return False
        self._compare(total)
        return True

    def _compare(self, total: int | None) -> None:
        if total is not None and len(self._seen) != total:
            self.problem = f"{len(self._seen)} things came, and {total} are said to be there"


def _item(raw: Any) -> Item:
    octets = bytes(raw)
    head = msgspec.json.decode(octets, type=Head)
    version = head.meta.version if head.meta else None
    return Item(Ref(str(head.id)), octets, version)
