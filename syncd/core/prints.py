"""Prints: 128 bits that stand for something as it was read, so that it need not be kept to be
known again, nor decoded to be found unchanged."""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import NewType, cast

Print = NewType("Print", bytes)
"""16 octets; two things with the same print are the same, octet for octet."""

SIZE = 16


def print_of(octets: bytes | bytearray | memoryview) -> Print:
    """BLAKE2b (RFC 7693) with a digest of 128 bits."""
    return Print(blake2b(octets, digest_size=SIZE).digest())


def fold(prints: Sequence[Print]) -> int:
    """All of them as one number, whatever order they come in: bit by bit exclusive or.

    Halves are laid upon each other as whole numbers, for there may be millions of prints.
    """
    whole, width = int.from_bytes(b"".join(prints)), len(prints)
    while width > 1:
        width = (width + 1) // 2
        bits = width * SIZE * 8
        whole = (whole >> bits) ^ (whole & ((1 << bits) - 1))
    return whole


def point_of(text: str) -> int:
    """A number of 64 bits, signed: where things with the same text meet, and hardly any others."""
    digest = blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def prints_of(many: Iterable[bytes | bytearray | memoryview]) -> list[Print]:
    """The print of each, by the shortest way: there may be millions."""
    return cast("list[Print]", [blake2b(one, digest_size=SIZE).digest() for one in many])
