"""Values that are kept elsewhere are a sequence like any other."""

import hashlib

import msgspec
import pytest

from syncd.core.stream import Stream, batches, digest_of, encode, lines_of, mapped

VALUES = ("a", "b", "c", "d", "e")


def streamed(values=VALUES):
    lines = [encode(value) for value in values]
    return Stream(len(lines), lambda: iter(lines), msgspec.json.decode)


@pytest.mark.parametrize("at", [0, 2, 4, -1, -5])
def test_one_value_is_found_by_its_place(at):
    """From the end too."""
    assert streamed()[at] == VALUES[at]


def test_a_place_beyond_the_end_is_an_error():
    with pytest.raises(IndexError):
        streamed()[5]


@pytest.mark.parametrize(
    "at", [slice(None), slice(1, 3), slice(-2, None), slice(None, None, 2), slice(None, None, -1)]
)
def test_some_values_are_found_by_their_places(at):
    """In any order that a slice can ask for."""
    assert streamed()[at] == VALUES[at]


def test_a_stream_is_read_as_often_as_it_is_asked_for():
    stream = streamed()
    assert tuple(stream) == tuple(stream) == VALUES
    assert len(stream) == len(VALUES)


@pytest.mark.parametrize("other", [VALUES, list(VALUES), streamed()])
def test_it_equals_what_has_the_same_values_in_the_same_order(other):
    assert streamed() == other


@pytest.mark.parametrize("other", [VALUES[:-1], [*VALUES[:-1], "f"], streamed("abcdf"), "abcde", 5])
def test_it_equals_nothing_else(other):
    assert streamed() != other


def test_a_stream_has_no_hash_as_a_list_has_none():
    with pytest.raises(TypeError, match=r"^a stream is compared by value, as a list is$"):
        hash(streamed())


def test_lines_and_digest_are_the_same_wherever_values_are_kept():
    """The digest is SHA-256 over all lines."""
    text = b'"a"\n"b"\n"c"\n"d"\n"e"\n'
    assert list(lines_of(streamed())) == list(lines_of(VALUES)) == text.split()
    stream = streamed()
    assert digest_of(stream) == stream.digest == digest_of(VALUES) == hashlib.sha256(text).digest()


@pytest.mark.parametrize("values", [VALUES, streamed()], ids=["at once", "streamed"])
def test_values_are_mapped_one_by_one(values):
    """A stream's whenever they are read, so that it stays one."""
    found = mapped(values, str.upper, str)
    assert tuple(found) == tuple(found) == ("A", "B", "C", "D", "E")
    assert isinstance(found, Stream) is isinstance(values, Stream)


def test_a_stream_that_ends_too_early_equals_nothing():
    """It is an error, since it promised more."""
    cut = Stream(2, lambda: iter([encode("a")]), msgspec.json.decode)
    with pytest.raises(ValueError, match="argument 2 is longer"):
        assert cut == ("a", "b")


def test_whether_it_equals_anything_else_is_for_that_to_say():
    """As Python asks of whoever does not know."""
    assert streamed().__eq__(5) is NotImplemented
    assert streamed().__eq__(VALUES[:-1]) is False


def test_a_stream_that_is_mapped_knows_still_how_many_it_has():
    """And of what."""
    counted = Stream(
        5, lambda: iter([encode(one) for one in VALUES]), msgspec.json.decode, {"x": 5}
    )
    assert mapped(counted, str.upper, str).counts == {"x": 5}
    assert mapped(streamed(), str.upper, str).counts is None


def test_batches_are_as_large_as_asked_and_the_last_one_has_the_rest():
    """None is empty, and no more is taken than the next one needs."""
    assert list(batches(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(batches(range(4), 2)) == [[0, 1], [2, 3]]
    assert list(batches([], 2)) == []
    rest = iter(range(5))
    assert next(batches(rest, 2)) == [0, 1]
    assert list(rest) == [2, 3, 4]
