"""Pages of a directory's entries, each decoded when and if somebody asks."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations
from typing import Generic, TypeVar

from syncd.core.dn import normal_dn
from syncd.core.prints import Print, print_of
from syncd.paging import Page, Sighting

T = TypeVar("T")
R = TypeVar("R")


class LazyPage(Generic[T, R]):
    """A `Page` of items that `sighting` decodes."""

    def __init__(
        self,
        prints: Sequence[Print],
        items: Sequence[T],
        sighting: Callable[[T], Sighting[R]],
    ) -> None:
        self.prints = prints
        self._items = items
        self._sighting = sighting
        self._next = 0

    def decode(self, at: int) -> Sighting[R]:
        if at < self._next:
            raise AssertionError(f"item {at} was asked for after item {self._next - 1}")
        self._next = at + 1
        return self._sighting(self._items[at])


class Once:
    """Tells entries that came before, as they do where one base is within another."""

    def __init__(self, bases: Iterable[str]) -> None:
        names = [f",{dn}" if (dn := normal_dn(base)) else "" for base in bases]
        self._overlap = any(
            one.endswith(other) or other.endswith(one) for one, other in combinations(names, 2)
        )
        self._seen: set[Print] = set()

    def prints(self, page: list[bytes], salt: bytes = b"") -> tuple[list[Print], list[bytes]]:
        """The prints of those that are new, each with the salt, and these."""
        salted = (salt + octets for octets in page) if salt else page
        prints = list(map(print_of, salted))
        if not self._overlap:
            return prints, page
        new = []
        for found in zip(prints, page, strict=True):
            if found[0] not in self._seen:
                self._seen.add(found[0])
                new.append(found)
        return [each for each, _ in new], [octets for _, octets in new]


def records(page: Page[R]) -> Iterator[R]:
    """All records of a page, decoded."""
    for at in range(len(page.prints)):
        if (record := page.decode(at).record) is not None:
            yield record
