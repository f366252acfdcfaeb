"""Prints are digests that anyone can make again."""

from functools import reduce
from hashlib import blake2b
from operator import xor

from hypothesis import given
from hypothesis import strategies as st

from syncd.core.prints import SIZE, fold, point_of, print_of, prints_of


def test_a_print_is_a_short_blake2b():
    """Of octets however they are held."""
    digest = blake2b(b"ada", digest_size=16).digest()
    held = [b"ada", bytearray(b"ada"), memoryview(b"ada")]
    assert [print_of(one) for one in held] == prints_of(held) == [digest] * 3
    assert len(digest) == SIZE


@given(st.lists(st.binary(max_size=3), max_size=40))
def test_many_prints_fold_into_one_in_any_order(some):
    """Bit by bit, by exclusive or; none is nothing."""
    prints = prints_of(some)
    expected = reduce(xor, (int.from_bytes(one) for one in prints), 0)
    assert fold(prints) == fold(prints[::-1]) == expected


def test_a_point_is_a_number_that_anyone_can_make_again():
    """Of 64 bits with a sign, as databases have them."""
    digest = blake2b("zoë".encode(), digest_size=8).digest()
    assert point_of("zoë") == int.from_bytes(digest, "big", signed=True)
    points = [point_of(str(number)) for number in range(100)]
    assert min(points) < 0 < max(points)
