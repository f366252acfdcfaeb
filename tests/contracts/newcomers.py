"""A target that is never empty: who was there at first is not told, so that the laws can begin."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from syncd.ports import Backend
from tests.servers.web import WebServer
from tests.servers.web.faults import Fault, Predicate

NOWHERE = "http://127.0.0.1:9"
"""Where nobody listens."""


class Newcomers:
    """Everything else is the backend's own. `server` is what it speaks to."""

    def __init__(
        self, inner: Backend, server: WebServer, old: frozenset[Any] | None = None
    ) -> None:
        """`old` are the refs of users who are not told; default: those who are there now."""
        self.inner, self.server = inner, server
        self.old = frozenset(one.ref for one in inner.users.read()) if old is None else old
        self.users = _Users(inner.users, self.old)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class _Users:
    def __init__(self, inner: Any, old: frozenset[Any]) -> None:
        self._inner, self._old = inner, old

    def read(self) -> Iterator[Any]:
        return (one for one in self._inner.read() if one.ref not in self._old)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def again(backend: Newcomers, **settings: Any) -> Any:
    """Another one of the same, but for these settings; it tells of everybody."""
    inner: Any = backend.inner
    given = {name: getattr(inner.config, name) for name in inner.config.model_fields_set}
    return type(inner)(inner.name, inner.Config(**{**given, **settings}), inner.base)


@contextmanager
def failing(server: WebServer, fault: Fault, when: Predicate) -> Iterator[None]:
    """While it lasts."""
    server.faults.add(fault, when=when)
    yield
    server.faults.clear()
