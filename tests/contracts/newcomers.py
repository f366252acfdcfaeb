"""A target that is never empty: who was there at first is not told, so that the laws can begin."""

from collections.abc import Iterator
from typing import Any

from syncd.ports import Backend


class Newcomers:
    """Everything else is the backend's own."""

    def __init__(self, inner: Backend, old: frozenset[Any] | None = None) -> None:
        """`old` are the refs of users who are not told; default: those who are there now."""
        self.inner = inner
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
