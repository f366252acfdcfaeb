"""Reads a list of HumHub's to its end."""

from collections.abc import Iterator
from itertools import chain
from typing import TypeVar

from syncd.backends.http import ListPage, Session, whole
from syncd.backends.humhub.wire import Head, HubGroup, HubUser, Rows

T = TypeVar("T", Head, HubGroup, HubUser)

LIMIT = 100
"""Rows a page: what the code gives at most. The API's page says 50: a short page is no last one."""


def everything(session: Session, path: str, kind: type[Rows[T]], *refs: str) -> Iterator[T]:
    """Each once. There is no ORDER BY, and pages are by offset (BaseController::handlePagination):
    see `whole`. Where HumHub does not count, all is read beforehand, so that it is counted."""

    def pages() -> Iterator[ListPage[T]]:
        walk, counted = _pages(session, path, kind, *refs), None
        first = next(walk)
        if first.total is None:
            counted = len(first.results) + sum(len(rows.results) for rows in walk)
            walk = _pages(session, path, kind, *refs)
        else:
            walk = chain([first], walk)
        for rows in walk:
            yield ListPage(rows.results, counted if rows.total is None else rows.total)

    return whole(f"{session.name}: {path.format(*refs)}", pages, lambda one: one.id)


def _pages(session: Session, path: str, kind: type[Rows[T]], *refs: str) -> Iterator[Rows[T]]:
    """From 1 on, to the end of what is counted, or to the first page with nothing on it."""
    page, came = 1, 0
    while True:
        query = {"page": page, "limit": LIMIT}
        rows = session.get(path, *refs, query=query).json(kind)
        yield rows
        came += len(rows.results)
        if not rows.results or (rows.total is not None and came >= rows.total):
            return
        page += 1
