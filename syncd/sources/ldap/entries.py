"""Entries as they are kept until somebody asks what is in them: as octets, opened on demand."""

from typing import Any

import msgspec
from msgspec import Struct

from syncd.sources.ldap.ber import OCTET_STRING, SEQUENCE, SET, Malformed, content, pass_over

ENTRY = 0x64
"""Tag of a SearchResultEntry (RFC 4511, 4.5.2)."""

RANGE = b";range="
"""What the name of an attribute contains of which not all values came, in lower case."""

_PACKED = b"\0"
"""The first octet of an entry that syncd itself put together."""


class RawEntry(Struct, array_like=True):
    """An entry as it came: attribute names in lower case, values as bytes."""

    dn: str
    attributes: dict[str, list[bytes]]


def packed(entry: RawEntry) -> bytes:
    """An entry as octets, for `opened`."""
    return _PACKED + bytes(_ENCODER.encode(entry))


def opened(octets: bytes) -> RawEntry:
    """What is in an entry: in a server's SearchResultEntry, or in what `packed` made.

    Attributes without a value are left out. Raises ValueError (`Malformed`, or UnicodeDecodeError
    where a name is not UTF-8 as RFC 4511 demands) where it is none.
    """
    if octets[:1] == _PACKED:
        return _DECODER.decode(octets[1:])
    start, stop = content(octets, 0, len(octets), ENTRY)
    if stop != len(octets):
        raise Malformed("an entry with something behind it")
    at, end = content(octets, start, stop, OCTET_STRING)
    dn = octets[at:end].decode()
    at, end = content(octets, end, stop, SEQUENCE)
    pass_over(octets, end, stop)
    return RawEntry(dn, _attributes(octets, at, end))


def _attributes(octets: bytes, at: int, stop: int) -> dict[str, list[bytes]]:
    """Those of the PartialAttributeList (RFC 4511, 4.1.7) from `at` to `stop`."""
    found: dict[str, list[bytes]] = {}
    while at < stop:
        start, end = content(octets, at, stop, SEQUENCE)
        name, name_end = content(octets, start, end, OCTET_STRING)
        first, last = content(octets, name_end, end, SET)
        pass_over(octets, last, end)
        if values := _values(octets, first, last):
            attribute = octets[name:name_end].decode("ascii").lower()
            if found.setdefault(attribute, values) != values:
                raise Malformed(f"{attribute} comes twice, with different values")
        at = end
    return found


def _values(octets: bytes, at: int, stop: int) -> list[bytes]:
    values = []
    while at < stop:
        start, at = content(octets, at, stop, OCTET_STRING)
        values.append(octets[start:at])
    return values


_ENCODER: Any = msgspec.msgpack.Encoder(order="deterministic")
_DECODER = msgspec.msgpack.Decoder(RawEntry)
