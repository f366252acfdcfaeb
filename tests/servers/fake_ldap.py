"""An LDAP server of a few lines that answers as real ones do only when large, or broken.

It ignores filters, serves entries in pages (RFC 2696), and hands out long attributes in ranges as Active
Directory does ([MS-ADTS] 3.1.1.3.1.3.3). The wire format is written from RFC 4511.
"""

import contextlib
import re
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence

Attributes = Mapping[str, Sequence[bytes]]
_NO_ODDITY: Attributes = {"": ()}

BIND, BIND_RESPONSE, UNBIND = 0x60, 0x61, 0x42
SEARCH, ENTRY, DONE, REFERENCE = 0x63, 0x64, 0x65, 0x73
EXTENDED, EXTENDED_RESPONSE = 0x77, 0x78
PAGED_RESULTS = b"1.2.840.113556.1.4.319"


def tlv(tag: int, *parts: bytes) -> bytes:
    """A BER element with its length in the long form, so that any length fits."""
    content = b"".join(parts)
    return bytes([tag, 0x84]) + len(content).to_bytes(4, "big") + content


def octets(value: str | bytes) -> bytes:
    return tlv(0x04, value.encode() if isinstance(value, str) else value)


def elements(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each element."""
    at = 0
    while at < len(content):
        tag, size, at = content[at], content[at + 1], at + 2
        if size & 0x80:
            more = size & 0x7F
            size, at = int.from_bytes(content[at : at + more], "big"), at + more
        yield tag, content[at : at + size]
        at += size


class FakeLdap:
    """Set the attributes before a source connects; `port` is where it listens."""

    def __init__(self) -> None:
        self.entries: dict[str, Attributes] = {}
        self.range_size = 1_000_000
        self.range_ends_at: int | None = None
        """No values from this one on, although more were promised."""
        self.range_answer: Attributes | None = _NO_ODDITY
        """What an entry has when the next range is asked for; None for no entry."""
        self.range_code = 0
        """The result of a search for the next range."""
        self.ignores_pages = False
        self.search_answer: bytes | None = None
        """Sent in answer to a search, instead of an answer."""
        self.references: list[str] = []
        self.searches: list[tuple[str, list[str]]] = []
        """Base and attributes of each search."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._clients: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"ldap://127.0.0.1:{self.port}"

    def close(self) -> None:
        for each in (self._listener, *self._clients):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        for each in (self._listener, *self._clients):
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._clients.append(client)
            thread = threading.Thread(target=self._serve, args=(client,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while message := client.recv(65536):  # a client's request is one small packet
                ((_, content),) = elements(message)
                (_, number), (operation, request), *controls = elements(content)
                if operation == UNBIND:
                    break
                client.sendall(self._answer(number, operation, request, controls))
            client.shutdown(socket.SHUT_RDWR)

    def _answer(
        self, number: bytes, operation: int, request: bytes, controls: list[tuple[int, bytes]]
    ) -> bytes:
        def message(tag: int, *parts: bytes, controls: bytes = b"") -> bytes:
            return tlv(0x30, tlv(0x02, number), tlv(tag, *parts), controls)

        if operation == BIND:
            return message(BIND_RESPONSE, tlv(0x0A, b"\0"), octets(""), octets(""))
        if operation == EXTENDED:
            refusal = "no TLS here"
            return message(EXTENDED_RESPONSE, tlv(0x0A, b"\2"), octets(""), octets(refusal))
        if self.search_answer is not None:
            return self.search_answer
        found, cookie = self._page(self._found(request), controls)
        code = self.range_code if ";range=" in self.searches[-1][1][0] else 0
        sent = [message(ENTRY, octets(dn), tlv(0x30, *_values(values))) for dn, values in found]
        sent += [message(REFERENCE, octets(url)) for url in self.references]
        done = (tlv(0x0A, bytes([code])), octets(""), octets(""))
        return b"".join([*sent, message(DONE, *done, controls=cookie)])

    def _page(
        self, found: list[tuple[str, Attributes]], controls: list[tuple[int, bytes]]
    ) -> tuple[list[tuple[str, Attributes]], bytes]:
        """The page that the paged results control asks for, and the control to answer it with."""
        if not controls or self.ignores_pages:
            return found, b""
        ((_, control),) = elements(controls[0][1])
        *_, (_, value) = elements(control)
        ((_, wanted),) = elements(value)
        (_, size), (_, cookie) = elements(wanted)
        start, count = int(cookie or b"0"), int.from_bytes(size, "big")
        more = str(start + count) if start + count < len(found) else ""
        answer = octets(tlv(0x30, tlv(0x02, b"\0"), octets(more)))
        control = tlv(0xA0, tlv(0x30, octets(PAGED_RESULTS), answer))
        return found[start : start + count], control

    def _found(self, request: bytes) -> list[tuple[str, Attributes]]:
        (_, base), (_, scope), *_, (_, wanted) = elements(request)
        names = [name.decode() for _, name in elements(wanted)]
        self.searches.append((base.decode(), names))
        if ";range=" in names[0] and self.range_answer is not _NO_ODDITY:
            return [] if self.range_answer is None else [(base.decode(), self.range_answer)]
        return [
            (dn, self._asked(attributes, names))
            for dn, attributes in self.entries.items()
            if dn == base.decode() or (scope != b"\0" and dn.endswith(f",{base.decode()}"))
        ]

    def _asked(self, attributes: Attributes, names: Sequence[str]) -> Attributes:
        """The attributes by these names, long ones in ranges."""
        answer: dict[str, Sequence[bytes]] = {}
        for name in names:
            plain, _, option = name.partition(";range=")
            values = attributes.get(plain, ())
            first = int(re.split("-", option)[0]) if option else 0
            if self.range_ends_at is not None and first >= self.range_ends_at:
                continue
            part = values[first : first + self.range_size]
            if option or len(part) < len(values):
                end = first + len(part)
                last = "*" if end == len(values) else str(end - 1)
                answer[f"{plain};range={first}-{last}"] = part
            elif part:
                answer[plain] = part
        return answer


def _values(attributes: Attributes) -> list[bytes]:
    return [
        tlv(0x30, octets(name), tlv(0x31, *map(octets, values)))
        for name, values in attributes.items()
    ]
