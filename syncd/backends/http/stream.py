"""Octets as they come on a connection, by lines or by pieces."""

import socket
import time
from http.client import HTTPException, RemoteDisconnected

LONGEST = 65_536
"""Octets of a line."""

_PIECE = 65_536
_WHOLE = 600.0
"""Seconds in which an answer must have come to its end, however slowly it does."""


class Stream:
    """For one answer."""

    __slots__ = ("_at", "_held", "_sock", "_until")

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._until = time.monotonic() + _WHOLE
        self._held, self._at = b"", 0

    @property
    def beyond(self) -> bool:
        """Whether more came than was asked for."""
        return self._at < len(self._held)

    def line(self) -> bytes:
        """Without its end, which is a line feed, or a carriage return before it too."""
        end = self._held.find(b"\n", self._at)
        while end < 0:
            begun = self._held[self._at :]
            if len(begun) > LONGEST:
                raise _too_long()
            if not (more := self._more()):
                raise cut() if begun else RemoteDisconnected("nothing came")
            self._held, self._at = begun + more, 0
            end = self._held.find(b"\n", len(begun))
        line, self._at = self._held[self._at : end], end + 1
        if len(line) > LONGEST:
            raise _too_long()
        return line.removesuffix(b"\r")

    def some(self, most: int) -> bytes:
        """Nothing where the connection has ended."""
        if not self.beyond:
            self._held, self._at = self._more(), 0
        piece = self._held[self._at : self._at + most]
        self._at += len(piece)
        return piece

    def _more(self) -> bytes:
        if time.monotonic() > self._until:
            raise TimeoutError
        return self._sock.recv(_PIECE)


def cut() -> HTTPException:
    return HTTPException("it ended before its end")


def _too_long() -> HTTPException:
    return HTTPException(f"it has a line of more than {LONGEST:,} octets")
