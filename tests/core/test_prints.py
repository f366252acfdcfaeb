"""Prints are digests that anyone can make again."""

from hashlib import blake2b

from syncd.core.prints import SIZE, print_of, prints_of


def test_a_print_is_a_short_blake2b():
    """Of octets however they are held."""
    digest = blake2b(b"ada", digest_size=16).digest()
    held = [b"ada", bytearray(b"ada"), memoryview(b"ada")]
    assert [print_of(one) for one in held] == prints_of(held) == [digest] * 3
    assert len(digest) == SIZE
