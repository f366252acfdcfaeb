"""One request and its answer, on one connection.

Python's own http.client connects, with TLS and tunnels, and reads the answer. The request is
written here, in one piece: its head is the same for all calls but for a line or two. With 16
calls under way, what larger libraries do besides takes more than the rest of syncd does.
"""

import time
import zlib
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPException

from msgspec import Struct

from syncd.backends.http.head import Headed
from syncd.backends.http.pool import Line

_PIECE = 256 * 1024
_WHOLE = 600.0
"""Seconds in which an answer must have come to its end, however slowly it does."""

_GZIP = 16 + zlib.MAX_WBITS


class TooLarge(Exception):
    """More octets than anybody wants to hold."""


class Got(Struct):
    """`left` is whether the connection can be used again."""

    status: int
    headers: dict[str, str]
    body: bytes
    left: bool


def exchange(line: Line, method: str, request: bytes, largest: int) -> Got:
    """Raises OSError, HTTPException or `TooLarge`, and then the connection is of no use."""
    connection = line.connection
    # Who does not want a request to its end may have said why before it closed.
    with suppress(BrokenPipeError, ConnectionResetError):
        connection.sock.sendall(request)
    response = Headed(connection.sock, method=method)
    try:
        response.begin()
        headers = response.told
        body = _decoded(_read(response, largest), headers, largest)
        left = not response.will_close and response.status >= HTTPStatus.OK
    finally:
        response.close()
    if left:
        line.keep(headers.get("keep-alive"))
    return Got(response.status, headers, body, left)


def _read(response: Headed, largest: int) -> bytes:
    if response.length is not None and response.length > largest:
        raise TooLarge
    end = time.monotonic() + _WHOLE
    pieces: list[bytes] = []
    room = largest
    while response.length != 0 and (piece := response.read1(_PIECE)):
        pieces.append(piece)
        room -= len(piece)
        if room < 0:
            raise TooLarge
        if time.monotonic() > end:
            raise TimeoutError
    if response.length:
        raise HTTPException("it ended before its end")
    return b"".join(pieces)


def _decoded(body: bytes, headers: dict[str, str], largest: int) -> bytes:
    coding = headers.get("content-encoding", "").strip().lower()
    if coding in {"", "identity"}:
        return body
    if coding not in {"gzip", "x-gzip"}:
        raise HTTPException("it is compressed in a way that nobody asked for")
    return _unzipped(body, largest)


def _unzipped(body: bytes, largest: int) -> bytes:
    """Several members in a row are one text (RFC 1952, section 2.2)."""
    text = b""
    try:
        while body:
            member = zlib.decompressobj(_GZIP)
            text += member.decompress(body, largest + 1 - len(text))
            if len(text) > largest:
                raise TooLarge
            if not member.eof:
                raise HTTPException("it ended before its end")
            body = member.unused_data
    except zlib.error:
        raise HTTPException("what it compressed cannot be read") from None
    return text
