"""Connections that are kept for the next call, as many as calls may be under way.

A server may close an idle connection at the moment in which a request is on its way, and then
nobody can tell whether it was read (RFC 9112, section 9.3.1; RFC 9110, section 9.2.2). So a
connection is used again only within a moment that is shorter than servers wait, and only if nothing
came on it since, be it the end: what is left is an instant, and counts as a doubt.
"""

import re
import select
import time
from http.client import HTTPConnection
from threading import BoundedSemaphore

from syncd.backends.http.route import Route

_MOMENT = 1.0
"""Seconds. Gunicorn closes after 2, Node and Apache after 5, others later."""

_TIMEOUT = re.compile(r"(?i)\btimeout\s*=\s*([0-9]{1,6})\b")


class Line:
    """A connection, and until when it may be used again."""

    __slots__ = ("_news", "connection", "until")

    def __init__(self, connection: HTTPConnection) -> None:
        self.connection = connection
        self.until = 0.0
        self._news = select.poll()
        self._news.register(connection.sock, select.POLLIN)

    def is_usable(self) -> bool:
        """Nobody has asked anything, so that whatever came is no answer."""
        return time.monotonic() < self.until and not self._news.poll(0)

    def keep(self, told: str | None) -> None:
        """`told` is the answer's Keep-Alive, by which some say when they will close."""
        found = _TIMEOUT.search(told) if told else None
        moment = min(_MOMENT, int(found[1]) / 2) if found else _MOMENT
        self.until = time.monotonic() + moment


class Pool:
    def __init__(self, route: Route, width: int, patience: float) -> None:
        """Who finds all in use waits for `patience` seconds."""
        self._route, self._width, self._patience = route, width, patience
        self._free = BoundedSemaphore(width)
        self._idle: list[Line] = []
        self._closed = False

    def take(self) -> Line:
        """The one that was used last, so that the others may go. Raises as `Route.open` does."""
        if not self._free.acquire(timeout=self._patience):
            raise TimeoutError(f"all {self._width} connections were in use all the time")
        try:
            while (line := self._kept()) is not None:
                if line.is_usable():
                    return line
                line.connection.close()
            return Line(self._route.open())
        except BaseException:
            self._free.release()
            raise

    def give_back(self, line: Line, *, usable: bool) -> None:
        if usable and not self._closed:
            self._idle.append(line)
        else:
            line.connection.close()
        self._free.release()

    def close(self) -> None:
        """Calls that are under way end as they do."""
        self._closed = True
        while (line := self._kept()) is not None:
            line.connection.close()

    def _kept(self) -> Line | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None
