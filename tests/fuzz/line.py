"""A line on which a server's answer lies ready, in pieces: what the wire reader needs of a connection."""

from pathlib import Path

from syncd.sources.ldap.search import Query, WireSearch
from syncd.sources.ldap.wire import Wire

ANSWERS = {
    path.stem: path.read_bytes() for path in (Path(__file__).parent / "answers").glob("*.ber")
}
"""What three products answered to a source's first search for people, as it came.

`made` is made up of what none of them sends: references among the entries, controls, notices.
"""

QUERY = Query("dc=example,dc=test", "(objectClass=*)", ["cn"])


def number_of(answer: bytes) -> int:
    """The message id of an answer: of one octet, in a message whose length has three, or one."""
    return answer[answer.index(b"\x02\x01") + 2]


class Line:
    """What comes, in pieces; after the last one the line is closed.

    It takes the place of ldap3's connection, of its strategy and of the socket. Pages that are asked
    for after the first are not answered.
    """

    receive_timeout = 1

    def __init__(self, pieces: list[bytes], number: int) -> None:
        self.strategy = self.socket = self
        self._pieces = pieces[::-1]
        self._number = number
        self.sent = 0

    def send(self, _kind: str, _request: object, _controls: object) -> int:
        self.sent += 1
        return self._number + self.sent - 1

    def recv(self, size: int) -> bytes:
        if not self._pieces:
            return b""
        piece = self._pieces.pop()
        if len(piece) > size:
            self._pieces.append(piece[size:])
        return piece[:size]


def search(
    pieces: list[bytes], number: int, page_size: int = 1000
) -> tuple[list[bytes], WireSearch]:
    """The entries that were found, and the search at its end."""
    found = WireSearch(Wire(Line(pieces, number)), QUERY, page_size)
    return [entry for page in found for entry in page], found


def pieces_of(answer: bytes, sizes: list[int]) -> list[bytes]:
    """The answer in pieces of these sizes, over and over; none is empty."""
    pieces, at, turn = [], 0, 0
    while at < len(answer):
        size = sizes[turn % len(sizes)]
        pieces.append(answer[at : at + size])
        at, turn = at + size, turn + 1
    return pieces
