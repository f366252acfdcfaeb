"""A product is never empty: somebody is logged in, and some groups are there from the first day."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from msgspec.structs import replace

from syncd.paging import DecodedPage, Members
from tests.servers.web import WebServer
from tests.servers.web.faults import Fault, Predicate

NOWHERE = "http://127.0.0.1:9"
"""Where nobody listens."""


class Apart:
    """A backend without what was there when it was wrapped, so that it begins as an empty one.

    `server` is what it speaks to. What fails is tried again at once, or tests would wait.
    """

    def __init__(self, inner, server, hidden=None):
        self.inner, self.server = _hasty(inner), server
        collections = (inner.users, inner.groups)
        self.hidden = hidden or [{one.ref for one in each.read()} for each in collections]
        self.users, self.groups = map(_Things, collections, self.hidden)
        self.members = _Members(inner.members, *self.hidden)

    def again(self):
        """Another connection to the same product."""
        return Apart(another(self), self.server, self.hidden)

    def __getattr__(self, name):
        return getattr(self.inner, name)


class _Things:
    def __init__(self, inner, others):
        self._inner, self._others = inner, others

        if hasattr(inner, "pages"):
            self.pages = self._pages

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def _pages(self):
        for page in self._inner.pages():
            records = [page.decode(at).record for at in range(len(page.prints))]
            yield DecodedPage([one for one in records if one.ref not in self._others])

    def read(self):
        return (one for one in self._inner.read() if one.ref not in self._others)

    def get(self, ref):
        return None if ref in self._others else self._inner.get(ref)


class _Members:
    def __init__(self, inner, users, groups):
        self._inner, self._users, self._groups = inner, users, groups
        if hasattr(inner, "of"):
            self.of = self._of

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def read(self):
        for one in self._inner.read():
            if one.group not in self._groups and one.user not in self._users:
                yield one

    def _of(self, groups):
        for one in self._inner.of([group for group in groups if group not in self._groups]):
            if users := tuple(user for user in one.users if user not in self._users):
                yield Members(one.group, users)


def another(backend: Apart, **settings: Any) -> Any:
    """The same backend anew, but for these settings; it tells of everybody."""
    inner = backend.inner
    given = {name: getattr(inner.config, name) for name in inner.config.model_fields_set}
    return _hasty(type(inner)(inner.name, inner.Config(**{**given, **settings}), inner.base))


def _hasty(backend: Any) -> Any:
    backend.session._dialect = replace(backend.session._dialect, pauses=(0.01,))
    return backend


@contextmanager
def failing(server: WebServer, fault: Fault, when: Predicate) -> Iterator[None]:
    """While it lasts."""
    server.faults.add(fault, when=when)
    yield
    server.faults.clear()
