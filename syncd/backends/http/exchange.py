"""One request and its answer, on one connection.

Python's own http.client connects, with TLS and tunnels, and reads the answer. The request is
written here, in one piece: its head is the same for all calls but for a line or two. With 16
calls under way, what larger libraries do besides takes more than the rest of syncd does.
"""

import re
import time
import zlib
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse

from msgspec import Struct

from syncd.backends.http.pool import Line

_PIECE = 256 * 1024
_WHOLE = 600.0
"""Seconds in which an answer must have come to its end, however slowly it does."""

_OLD = 10
"""HTTP/1.0, where closing is the rule."""
_NUMBER = re.compile(r"[ \t]*[0-9]+[ \t]*")
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
    response = HTTPResponse(connection.sock, method=method)
    try:
        response.begin()
        headers = _headers(response)
        body = _decoded(_read(response, headers, largest), headers, largest)
        left = not response.will_close and response.status >= HTTPStatus.OK
    finally:
        response.close()
    if left:
        line.keep(headers.get("keep-alive"))
    return Got(response.status, headers, body, left)


def _headers(response: HTTPResponse) -> dict[str, str]:
    """By their names in small letters; several of one name are one (RFC 9110, section 5.3).

    http.client reads to the end of the line where a length is no number, and takes the first of
    several; both are answers that somebody tampered with (RFC 9112, section 6.3).
    """
    headers: dict[str, str] = {}
    for written, value in response.headers.raw_items():
        name = written.lower()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    length = headers.get("content-length")
    if length is not None and not _NUMBER.fullmatch(length):
        raise HTTPException("its length is no number")
    return headers


def _read(response: HTTPResponse, headers: dict[str, str], largest: int) -> bytes:
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
    if response.length or not (pieces or _may_end(response, headers)):
        raise HTTPException("the answer ended before its end")
    return b"".join(pieces)


def _may_end(response: HTTPResponse, headers: dict[str, str]) -> bool:
    """Whether there may be nothing at all. http.client takes a head that was cut for a whole one;
    who tells neither a length nor that it will close has not come to its end."""
    closes = response.version == _OLD or "close" in headers.get("connection", "").lower()
    return response.length == 0 or response.chunked or closes


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
                raise HTTPException("the answer ended before its end")
            body = member.unused_data
    except zlib.error:
        raise HTTPException("what it compressed cannot be read") from None
    return text
