"""What comes on a connection, as the file from which Python's http.client reads an answer.

By itself it takes the end of the connection for the end of a head, and of trailers: a head that was
cut would be a whole one. So a line without its end is an error here, and it never sees one.
"""

import time
from http.client import HTTPException, RemoteDisconnected
from io import BufferedReader, RawIOBase
from socket import socket
from typing import Any

_WHOLE = 600.0
"""Seconds in which an answer must have come to its end, however slowly it does."""


class _Octets(RawIOBase):
    """As the socket gives them, until `ended`."""

    def __init__(self, sock: socket) -> None:
        self.ended = False
        self._sock = sock
        self._until = time.monotonic() + _WHOLE

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        if self.ended:
            return 0
        if time.monotonic() > self._until:
            raise TimeoutError
        return self._sock.recv_into(buffer)


class Incoming(BufferedReader):
    """For one answer, and what comes before it."""

    def __init__(self, sock: socket) -> None:
        self._octets = _Octets(sock)
        super().__init__(self._octets)

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(size)
        if not line.endswith(b"\n") and len(line) != size:
            raise RemoteDisconnected("it ended before its end")
        return line

    def read(self, size: int | None = -1, /) -> bytes:
        """http.client asks for what a chunk says it has, be that less than nothing."""
        if size is None or size < 0:
            raise HTTPException("a chunk does not say how long it is")
        return super().read(size)

    def has_more(self) -> bool:
        """Whether more came than was read. Nothing can be read after that."""
        self._octets.ended = True
        return bool(self.peek(1))

    def makefile(self, _mode: str) -> "Incoming":
        """What http.client asks a socket for."""
        return self

    def close(self) -> None:
        """http.client does that with each answer, before anybody can see whether more came."""
