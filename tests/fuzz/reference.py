"""What the answer to a search says, read from RFC 4511 without a thought of speed, and by pyasn1."""

from collections.abc import Iterator

from ldap3.protocol.rfc4511 import LDAPMessage
from pyasn1.codec.ber import decoder

Entry = tuple[str, dict[str, list[bytes]]]
PAGED_RESULTS = "1.2.840.113556.1.4.319"


def elements(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each element. Raises ValueError where they do not end where the octets do."""
    while octets:
        if len(octets) < 2:
            raise ValueError("no length")
        size, start = octets[1], 2
        if size >= 0x80:
            start = 2 + size - 0x80
            if not 0x81 <= size <= 0x84 or len(octets) < start:
                raise ValueError("no such length")
            size = int.from_bytes(octets[2:start], "big")
        if len(octets) < start + size:
            raise ValueError("cut short")
        yield octets[0], octets[start : start + size]
        octets = octets[start + size :]


def entries_of(octets: bytes, number: int) -> list[Entry]:
    """The entries of a search that ends well, with no page after this one. Raises ValueError."""
    found: list[Entry] = []
    for tag, inner in elements(octets):
        identity, (kind, operation), *more = known(inner, 2)
        if tag != 0x30:
            raise ValueError("no message")
        controls = controls_of(more[0][1]) if more and more[0][0] == 0xA0 else {}
        came = integer(*identity, 0x02)
        if came == 0 and kind == 0x78:
            heed(operation)
        elif came != number:
            raise ValueError("another request's")
        elif kind == 0x64:
            found.append(entry_of(operation))
        elif kind == 0x65:
            end(operation, controls)
            return found
        elif kind == 0x73:
            _ = [text(*each) for each in elements(operation)]
        else:
            raise ValueError("no answer to a search")
    raise ValueError("no end")


def known(octets: bytes, least: int) -> list[tuple[int, bytes]]:
    """At least so many elements."""
    if len(found := list(elements(octets))) < least:
        raise ValueError("something is missing")
    return found


def octet_string(tag: int, inner: bytes) -> bytes:
    if tag != 0x04:
        raise ValueError("no octet string")
    return inner


def text(tag: int, inner: bytes) -> str:
    return octet_string(tag, inner).decode()


def integer(tag: int, inner: bytes, wanted: int) -> int:
    if tag != wanted or not 1 <= len(inner) <= 4:
        raise ValueError("no integer")
    return int.from_bytes(inner, "big", signed=True)


def entry_of(operation: bytes) -> Entry:
    dn, (tag, listed), *_ = known(operation, 2)
    if tag != 0x30:
        raise ValueError("no attributes")
    attributes: dict[str, list[bytes]] = {}
    for tag, inner in elements(listed):
        name, (kind, values), *_ = known(inner, 2)
        if (tag, kind) != (0x30, 0x31):
            raise ValueError("no attribute")
        if found := [octet_string(*each) for each in elements(values)]:
            key = octet_string(*name).decode("ascii").lower()
            if attributes.setdefault(key, found) != found:
                raise ValueError("an attribute comes twice")
    return text(*dn), attributes


def end(operation: bytes, controls: dict[str, bytes]) -> None:
    code, matched, words, *more = known(operation, 3)
    text(*matched)
    octet_string(*words)
    for tag, inner in more[:1]:
        _ = [text(*each) for each in elements(inner)] if tag == 0xA3 else []
    if integer(*code, 0x0A) != 0:
        raise ValueError("it did not end well")
    ((tag, inner),) = elements(controls[PAGED_RESULTS])
    size, cookie, *_ = known(inner, 2)
    if (tag, size[0], octet_string(*cookie)) != (0x30, 0x02, b""):
        raise ValueError("a page is missing")


def heed(operation: bytes) -> None:
    code, matched, words, *more = known(operation, 3)
    integer(*code, 0x0A)
    text(*matched)
    octet_string(*words)
    if (0x8A, b"1.3.6.1.4.1.1466.20036") in more:
        raise ValueError("a notice of disconnection")


def controls_of(octets: bytes) -> dict[str, bytes]:
    found = {}
    for tag, inner in elements(octets):
        name, *more = known(inner, 1)
        if tag != 0x30:
            raise ValueError("no control")
        if more and more[0][0] == 0x01:
            del more[0]
        found[text(*name)] = more[0][1] if more and more[0][0] == 0x04 else b""
    return found


def by_pyasn1(answer: bytes) -> list[Entry]:
    """All entries by ldap3's definition of LDAP messages, of an answer with nothing wrong in it."""
    found: list[Entry] = []
    while answer:
        message, answer = decoder.decode(answer, asn1Spec=LDAPMessage())
        if message["protocolOp"].getName() == "searchResEntry":
            operation = message["protocolOp"].getComponent()
            attributes = {
                bytes(each["type"]).decode().lower(): [bytes(value) for value in each["vals"]]
                for each in operation["attributes"]
            }
            found.append((bytes(operation["object"]).decode(), attributes))
    return found
