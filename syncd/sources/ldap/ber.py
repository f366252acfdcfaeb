"""The part of BER that LDAP messages are made of: definite lengths, short tags (RFC 4511, 5.1)."""

BOOLEAN, INTEGER, OCTET_STRING, ENUMERATED, SEQUENCE, SET = 0x01, 0x02, 0x04, 0x0A, 0x30, 0x31

LARGEST = 1 << 28
"""No message is believed to be longer, in octets: a quarter of a gibibyte."""

_LONG_FORM = 0x80
_MOST_LENGTH_OCTETS = 4


class Malformed(ValueError):
    """What came is not encoded as RFC 4511 demands."""


def head(octets: bytes, at: int) -> tuple[int, int, int] | None:
    """Tag of the element at that place, where its content begins and where it ends.

    None where the octets end before its length does; the content may end beyond them. Raises
    `Malformed` for an indefinite length and for one that is not believed.
    """
    if len(octets) < at + 2:
        return None
    size, start = octets[at + 1], at + 2
    if size >= _LONG_FORM:
        count = size - _LONG_FORM
        if not 0 < count <= _MOST_LENGTH_OCTETS:
            raise Malformed(f"a length of {count or 'indefinitely many'} octets")
        start += count
        if len(octets) < start:
            return None
        size = int.from_bytes(octets[start - count : start], "big")
        if size > LARGEST:
            raise Malformed(f"an element of {size} octets")
    return octets[at], start, start + size


def element(octets: bytes, at: int, stop: int) -> tuple[int, int, int]:
    """As `head`, of an element that ends at `stop` at the latest. Raises `Malformed`."""
    found = head(octets, at) if at < stop else None
    if found is None or found[2] > stop:
        raise Malformed(f"an element is cut short at octet {at}")
    return found


def content(octets: bytes, at: int, stop: int, tag: int) -> tuple[int, int]:
    """Where the content of the element with that tag begins and ends. Raises `Malformed`."""
    found, start, end = element(octets, at, stop)
    if found != tag:
        raise Malformed(f"tag {found:#04x} where {tag:#04x} should be, at octet {at}")
    return start, end


def pass_over(octets: bytes, at: int, stop: int) -> None:
    """What follows what is known of a sequence means nothing (RFC 4511, 4), but must be elements.

    Raises `Malformed`.
    """
    while at < stop:
        _, _, at = element(octets, at, stop)


def integer(octets: bytes) -> int:
    """Of an INTEGER's or ENUMERATED's content. Raises `Malformed`."""
    if not 0 < len(octets) <= _MOST_LENGTH_OCTETS:  # RFC 4511, 4.1.1: none is above 2^31 - 1
        raise Malformed(f"an integer of {len(octets)} octets")
    return int.from_bytes(octets, "big", signed=True)
