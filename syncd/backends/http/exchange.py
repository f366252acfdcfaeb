"""One request and its answer, on one connection.

Python's own http.client connects, with TLS and tunnels. The request is written in one piece, for
its head is the same for all calls but for a line or two, and the answer is read with limits. With
16 calls under way, what larger libraries do besides takes more time than all the rest of syncd.
"""

from contextlib import suppress

from msgspec import Struct

from syncd.backends.http.body import read_body
from syncd.backends.http.head import read_head
from syncd.backends.http.pool import Line
from syncd.backends.http.stream import Stream


class Got(Struct):
    """`left` is whether the connection can be used again."""

    status: int
    headers: dict[str, str]
    body: bytes
    left: bool


def exchange(line: Line, request: bytes, largest: int) -> Got:
    """Raises OSError, HTTPException or `TooLarge`, and then the connection is of no use."""
    sock = line.connection.sock
    # Who does not want a request to its end may have said why before it closed.
    with suppress(BrokenPipeError, ConnectionResetError):
        sock.sendall(request)
    stream = Stream(sock)
    head = read_head(stream)
    body = read_body(stream, head, largest)
    # What came beyond the answer is the answer to nothing.
    left = head.stays and not stream.beyond
    if left:
        line.keep(head.headers.get("keep-alive"))
    return Got(head.status, head.headers, body, left)
