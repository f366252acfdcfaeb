"""The octets of a connection that ldap3 made, taken apart into LDAP messages (RFC 4511, 4.1.1).

ldap3 connects, speaks TLS, logs in, encodes requests and sends them. What the server answers is
read here, from the same socket: entries stay the octets that they are.

There is no thread. What comes ahead waits in the socket's buffers; a thread that took it from there
was measured to be slower, and what TLS encrypts must not be read and written by two at once.
"""

from typing import Any

from ldap3 import DEREF_NEVER, Connection
from ldap3.core.exceptions import LDAPSessionTerminatedByServerError
from ldap3.operation.search import search_operation
from ldap3.protocol.rfc2696 import paged_search_control

from syncd.sources.ldap.ber import INTEGER, SEQUENCE, Malformed, head
from syncd.sources.ldap.entries import ENTRY, RANGE
from syncd.sources.ldap.messages import DONE, UNSOLICITED, Message, heed, message

_CHUNK = 1 << 18
_LONG_FORM, _ONE_OCTET, _TWO_OCTETS, _FOUR_OCTETS = 0x80, 0x81, 0x82, 0x84


class Wire:
    """One connection, with one search at a time.

    `ranged` is whether there may be an attribute in the answer that comes in ranges; `patience` is
    how many seconds without a sign of life it takes to give up. Every method raises whatever the
    socket raises, and what `failures.WIRE_ERRORS` names besides.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._socket = connection.socket
        self._asked: int | None = None
        self._octets = b""
        self._at = 0
        self.ranged = False

    @property
    def patience(self) -> int:
        return int(self._connection.receive_timeout)

    def ask(self, query: tuple[str, str, Any, list[str]], page_size: int, cookie: bytes) -> None:
        """Sends a search: base, filter, scope and attributes; what the last one left is dropped."""
        while self._asked is not None:
            self.read([])
        base, condition, scope, attributes = query
        request = search_operation(
            base, condition, scope, DEREF_NEVER, attributes, 0, 0, False, True, True
        )
        controls = [paged_search_control(True, page_size, cookie)] if page_size else None
        self._asked = self._connection.strategy.send("searchRequest", request, controls)
        self.ranged = False

    def read(self, entries: list[bytes]) -> Message | None:
        """Adds entries of the answer, as they were received, or gives another message of it.

        That is None where there were entries; it may also be an entry, with its controls. The
        search ends with its `DONE`. Notifications that nobody asked for are passed over, but for
        that of a disconnection. Raises `Malformed` for what is no LDAP message, or no answer to
        this search.
        """
        while True:
            bounds = self._await()
            before = len(entries)
            self._take(entries)
            if len(entries) > before:
                return None
            found = message(self._octets, *bounds)
            self._at = bounds[1]
            if found.id == self._asked:
                self._asked = None if found.tag == DONE else self._asked
                return found
            if found.id != UNSOLICITED:
                raise Malformed(f"an answer to request {found.id} came to {self._asked}")
            heed(found)

    def _await(self) -> tuple[int, int]:
        """Where the content of the next message begins and ends, once all of it was received."""
        while (bounds := head(self._octets, self._at)) is None:
            self._receive(len(self._octets) - self._at + 1)
        tag, start, stop = bounds
        if tag != SEQUENCE:
            raise Malformed(f"a message that begins with {tag:#04x}")
        if stop > len(self._octets):
            start, stop = start - self._at, stop - self._at
            self._receive(stop)
        return start, stop

    def _receive(self, needed: int) -> None:
        """Goes on until so many octets are there that were not taken; they begin at 0 then."""
        parts = [self._octets[self._at :]]
        count = len(parts[0])
        while count < needed:
            part = self._socket.recv(_CHUNK)
            if not part:
                raise LDAPSessionTerminatedByServerError("the line was closed")
            parts.append(part)
            count += len(part)
        self._octets, self._at = b"".join(parts), 0
        self.ranged = self.ranged or RANGE in self._octets.lower()

    def _take(self, entries: list[bytes]) -> None:
        """The entries without controls at the front of what was received."""
        octets, at, received = self._octets, self._at, len(self._octets)
        number = self._asked or 0
        size = number.bit_length() // 8 + 1
        front = bytes([INTEGER, size]) + number.to_bytes(size, "big") + bytes([ENTRY])
        before = len(front) - 1
        try:
            while octets[at] == SEQUENCE:
                start, stop = _bounds(octets, at)
                operation = start + before
                if stop > received or not octets.startswith(front, start):
                    break
                if _bounds(octets, operation)[1] != stop:
                    break  # controls follow, or nonsense: both for a closer look
                entries.append(octets[operation:stop])
                at = stop
        except IndexError:  # only a part of the next one was received
            pass
        self._at = at


def _bounds(octets: bytes, at: int) -> tuple[int, int]:
    """As `head`, for the lengths that are common; others are as if they ended beyond everything."""
    size = octets[at + 1]
    if size < _LONG_FORM:
        return at + 2, at + 2 + size
    if size == _TWO_OCTETS:
        return at + 4, at + 4 + (octets[at + 2] << 8 | octets[at + 3])
    if size == _ONE_OCTET:
        return at + 3, at + 3 + octets[at + 2]
    if size == _FOUR_OCTETS:
        return at + 6, at + 6 + int.from_bytes(octets[at + 2 : at + 6], "big")
    return at, len(octets) + 1
