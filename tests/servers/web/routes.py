"""Which function answers a method and a path."""

import re
from collections.abc import Callable
from urllib.parse import unquote

from tests.servers.web.message import Answer

Handler = Callable[..., Answer]
"""Gets the server, the request, and what stands in the path's braces, unquoted."""


class Routes:
    """In order: the first path that fits is taken, so `/user/me` stands before `/user/{id}`."""

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self._found: list[tuple[re.Pattern[str], dict[str, Handler]]] = []
        self._by_path: dict[str, dict[str, Handler]] = {}

    def on(self, methods: str, path: str) -> Callable[[Handler], Handler]:
        """`methods` are separated by spaces; in the path, `{name}` stands for one segment."""

        def register(handler: Handler) -> Handler:
            self._add(self._prefix + path, methods.split(), handler)
            return handler

        return register

    def include(self, other: "Routes") -> None:
        for path, handlers in other._by_path.items():
            for method, handler in handlers.items():
                self._add(path, [method], handler)

    def find(self, method: str, path: str) -> tuple[Handler, list[str]] | set[str]:
        """The handler with its arguments, or the methods that the path knows: none, none such."""
        for pattern, handlers in self._found:
            if found := pattern.fullmatch(path):
                if method in handlers:
                    return handlers[method], [unquote(part) for part in found.groups()]
                return set(handlers)
        return set()

    def _add(self, path: str, methods: list[str], handler: Handler) -> None:
        if path not in self._by_path:
            self._by_path[path] = {}
            pattern = re.sub(r"\\\{\w+\\\}", "([^/]+)", re.escape(path))
            self._found.append((re.compile(pattern), self._by_path[path]))
        self._by_path[path].update(dict.fromkeys(methods, handler))
