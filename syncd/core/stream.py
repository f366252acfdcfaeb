"""Values in order that may be kept elsewhere: read as often as they are asked for."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Generic, TypeVar, overload

import msgspec

T = TypeVar("T")

encode = msgspec.json.Encoder(order="deterministic").encode
"""A value as JSON in one line: equal values, equal octets."""


class Stream(Sequence[T], Generic[T]):
    """`length` values, of which `lines` begins to give the JSON anew whenever it is called.

    `counts` says how many there are of what, where that is known without a look at each.
    """

    def __init__(
        self,
        length: int,
        lines: Callable[[], Iterator[bytes]],
        decode: Callable[[bytes], T],
        counts: Mapping[str, int] | None = None,
    ) -> None:
        self._length, self.lines, self._decode = length, lines, decode
        self.counts = counts
        self._digest: bytes | None = None

    @property
    def digest(self) -> bytes:
        if self._digest is None:
            self._digest = _digest(self.lines())
        return self._digest

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[T]:
        return map(self._decode, self.lines())

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[T, ...]: ...
    def __getitem__(self, at: int | slice) -> T | tuple[T, ...]:
        if isinstance(at, slice):
            some = range(self._length)[at]
            if some.step < 0:
                return tuple(self)[at]
            return tuple(map(self._decode, islice(self.lines(), some.start, some.stop, some.step)))
        place = range(self._length)[at]
        return self._decode(next(islice(self.lines(), place, None)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Stream | tuple | list) or len(other) != self._length:
            return NotImplemented if not isinstance(other, Stream | tuple | list) else False
        return all(one == another for one, another in zip(self, other, strict=True))

    def __hash__(self) -> int:
        raise TypeError("a stream is compared by value, as a list is")


def mapped(values: Sequence[T], of: Callable[[T], T], kind: type[T]) -> Sequence[T]:
    """Each value as it is made `of` it: at once, or of a stream whenever it is read."""
    if not isinstance(values, Stream):
        return tuple(map(of, values))
    decode = msgspec.json.Decoder(kind).decode

    def lines() -> Iterator[bytes]:
        return (encode(of(one)) for one in values)

    return Stream(len(values), lines, decode, values.counts)


def batches(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """So many at once."""
    rest = iter(values)
    while some := list(islice(rest, size)):
        yield some


def lines_of(values: Sequence[Any]) -> Iterator[bytes]:
    """Each value as JSON in one line."""
    return values.lines() if isinstance(values, Stream) else map(encode, values)


def digest_of(values: Sequence[Any]) -> bytes:
    """SHA-256 over the values' lines: the same wherever they are kept."""
    return values.digest if isinstance(values, Stream) else _digest(map(encode, values))


def _digest(lines: Iterator[bytes]) -> bytes:
    digest = hashlib.sha256()
    for some in batches(lines, 1000):
        digest.update(b"\n".join((*some, b"")))
    return digest.digest()
