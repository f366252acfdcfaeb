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
    """Those of the PartialAttributeList (RFC 4511, 4.1.7) from `at` to `stop`.

    Nearly all have one value and are short; such a one is read at one go, and anything else, or
    what is amiss, by `_any`.
    """
    found: dict[str, list[bytes]] = {}
    names, last = _NAMES, stop - _LEAST
    while at < stop:
        if (
            at <= last
            and (size := octets[at + 1]) < _LONG_FORM
            and (name_size := octets[at + 3]) < _LONG_FORM
            and (end := at + 2 + size) <= stop
            and (value := (name_end := at + 4 + name_size) + 4) <= end
            and octets[name_end + 1] == end - name_end - 2
            and octets[name_end + 3] == end - value
            and octets[at] == SEQUENCE
            and octets[at + 2] == OCTET_STRING
            and octets[name_end] == SET
            and octets[name_end + 2] == OCTET_STRING
        ):
            name, values, at = octets[at + 4 : name_end], [octets[value:end]], end
        else:
            name, values, at = _any(octets, at, stop)
            if not values:
                continue
        attribute = names.get(name) or _attribute(name)
        if (known := found.setdefault(attribute, values)) is not values and known != values:
            raise Malformed(f"{attribute} comes twice, with different values")
    return found


def _any(octets: bytes, at: int, stop: int) -> tuple[bytes, list[bytes], int]:
    """Name and values of the attribute at that place, and where it ends."""
    start, end = content(octets, at, stop, SEQUENCE)
    name, name_end = content(octets, start, end, OCTET_STRING)
    value, last = content(octets, name_end, end, SET)
    pass_over(octets, last, end)
    values = []
    while value < last:
        if (
            value + 1 < last
            and (size := octets[value + 1]) < _LONG_FORM
            and (after := value + 2 + size) <= last
            and octets[value] == OCTET_STRING
        ):
            values.append(octets[value + 2 : after])
            value = after
        else:
            start, value = content(octets, value, last, OCTET_STRING)
            values.append(octets[start:value])
    return octets[name:name_end], values, end


def _attribute(name: bytes) -> str:
    """The name in lower case. Raises UnicodeDecodeError."""
    attribute = name.decode("ascii").lower()
    if len(_NAMES) < _MOST_NAMES:
        _NAMES[name] = attribute
    return attribute


_NAMES: dict[bytes, str] = {}
"""Attributes' names as they came, and in lower case: they are few, and come again and again."""

_MOST_NAMES = 10_000
_LONG_FORM = 0x80
_LEAST = 8
"""An attribute whose name and one value are empty has so many octets."""

_ENCODER: Any = msgspec.msgpack.Encoder(order="deterministic")
_DECODER = msgspec.msgpack.Decoder(RawEntry)
