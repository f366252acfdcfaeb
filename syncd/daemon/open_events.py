"""What somebody was told of and is not over, in so few words that the ledger can keep it."""

import hashlib
from collections.abc import Iterable, Sequence

from msgspec import Struct

_MOST = 256


class Open(Struct, frozen=True):
    """A set of things, by the least of their hashes: exact up to 256 things, a sample beyond.

    `count` is how many there are, and `listed` how many of them were seen, which may be fewer.
    """

    count: int = 0
    hashes: tuple[str, ...] = ()
    listed: int = 0

    @classmethod
    def of(cls, names: Iterable[Sequence[str]], count: int) -> "Open":
        hashes = sorted({_hash(name) for name in names})
        return cls(count, tuple(hashes[:_MOST]), len(hashes))

    @classmethod
    def read(cls, text: str) -> "Open":
        """What `str` made."""
        if not text:
            return cls()
        numbers, _, hashes = text.partition(":")
        count, _, listed = numbers.partition("/")
        return cls(int(count), tuple(hashes.split(",")) if hashes else (), int(listed))

    def __str__(self) -> str:
        return f"{self.count}/{self.listed}:{','.join(self.hashes)}"

    def has_more_than(self, told: "Open") -> bool:
        """Whether anything in it was surely not in that one."""
        if self.count > told.count:
            return True
        if self.listed < self.count or told.listed < told.count:
            return False  # which of them are seen is chance
        return bool(set(self._below(told)) - set(told.hashes))

    def with_all_of(self, told: "Open") -> "Open":
        """Both, where nobody could see whether anything of the old one is over."""
        count = max(self.count, told.count)
        hashes = sorted({*self.hashes, *told.hashes})
        return Open(count, tuple(hashes[:_MOST]), max(self.listed, told.listed))

    def _below(self, told: "Open") -> list[str]:
        """Those of which the other one would have the hash."""
        if len(told.hashes) < _MOST:
            return list(self.hashes)
        return [one for one in self.hashes if one <= told.hashes[-1]]


def _hash(name: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(name).encode(errors="surrogatepass")).hexdigest()[:12]
