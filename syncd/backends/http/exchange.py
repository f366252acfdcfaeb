"""One request and its answer, on one connection.

Python's own http.client connects, with TLS and tunnels, and reads the answer. The request is
written in one piece, for its head is the same for all calls but for a line or two. What http.client
lets pass though it may be half an answer is an error here.
"""

from contextlib import suppress
from email.errors import MissingHeaderBodySeparatorDefect
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from socket import socket
from typing import cast

from msgspec import Struct

from syncd.backends.http.body import read_body
from syncd.backends.http.incoming import Incoming
from syncd.backends.http.pool import Line
from syncd.fence import ask


class Got(Struct):
    """`headers` are by their names in small letters; several of one name are one, with commas
    (RFC 9110, section 5.3). `left` is whether the connection can be used again.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    left: bool


def exchange(line: Line, request: bytes, largest: int) -> Got:
    """Raises OSError, HTTPException or `TooLarge`, and then the connection is of no use; and sends
    nothing where the run may not (`syncd.fence`), which is raised."""
    sock = line.connection.sock
    ask()
    # Who does not want a request to its end may have said why before it closed.
    with suppress(BrokenPipeError, ConnectionResetError):
        sock.sendall(request)
    incoming = Incoming(sock)
    response = _answer(incoming)
    headers = _headers(response)
    body = read_body(response, largest)
    final = response.status >= HTTPStatus.OK
    # What came beyond the answer is the answer to nothing.
    left = final and not response.will_close and not incoming.has_more()
    if left:
        line.keep(headers.get("keep-alive"))
    return Got(response.status, headers, body, left)


def _answer(incoming: Incoming) -> HTTPResponse:
    """The last one, read up to its body: http.client passes over 100, and not over hints."""
    while True:
        response = HTTPResponse(cast("socket", incoming))
        try:
            response.begin()
        except (LookupError, TypeError, ValueError):  # email's parser, of odd boundaries
            raise HTTPException("its head cannot be read") from None
        _check(response)
        if response.status >= HTTPStatus.OK or response.status == HTTPStatus.SWITCHING_PROTOCOLS:
            return response


def _check(response: HTTPResponse) -> None:
    """A head must say clearly where the body ends (RFC 9112, section 6.3), or half could be all."""
    headers = response.headers
    # At a line that is no header http.client stops without a word.
    if any(isinstance(one, MissingHeaderBodySeparatorDefect) for one in headers.defects):
        raise HTTPException("it has a header that is none")
    lengths = headers.get_all("Content-Length", [])
    codings = headers.get_all("Transfer-Encoding", [])
    unread = (lengths and response.length is None) or (codings and not response.chunked)
    if unread or len(lengths) > 1 or len(codings) > 1:
        raise HTTPException("it does not say clearly where it ends")


def _headers(response: HTTPResponse) -> dict[str, str]:
    headers: dict[str, str] = {}
    for written, value in response.headers.items():
        name, text = written.lower(), " ".join(value.split())
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return headers
