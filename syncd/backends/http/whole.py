"""Reads a list of pages to its end, or says that it could not.

Pages by number are no snapshot: whoever is added or deleted meanwhile moves all that come after.
So what came is held against what the server counts, and where anything does not fit the list is
read once more, and again. Who was in any of these readings is told, once.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

from msgspec import Struct

from syncd.errors import Incomplete, Rejected, Unavailable

T = TypeVar("T")

_READINGS = 3


class ListPage(Struct, Generic[T]):
    """One page as it came; `total` is how many things the server counts, where it does."""

    items: Sequence[T]
    total: int | None = None


def whole(
    name: str, read: Callable[[], Iterator[ListPage[T]]], id_of: Callable[[T], object]
) -> Iterator[T]:
    """Everything, each id once. `read` is one pass over the pages, `name` what is read.

    Raises `Incomplete` where the list moves in each of three passes, does not advance, or breaks
    off once a page has come; before that what `read` raises.
    """
    told: set[object] = set()
    problem = ""
    for _ in range(_READINGS):
        seen = _Pass()
        for page in _unbroken(name, read()):
            new = seen.take([id_of(one) for one in page.items], page.total)
            for at, one in new:
                if one not in told:
                    told.add(one)
                    yield page.items[at]
            if seen.stuck:
                break
        if not (problem := seen.problem()):
            return
    raise Incomplete(f"{name} could not be read to its end: {problem}, in {_READINGS} readings")


def _unbroken(name: str, pages: Iterator[ListPage[T]]) -> Iterator[ListPage[T]]:
    begun = False
    try:
        for page in pages:
            begun = True
            yield page
    except (Unavailable, Rejected) as error:
        if not begun:
            raise
        raise Incomplete(f"{name} could not be read to its end: {error}") from error


class _Pass:
    """What came in one pass."""

    def __init__(self) -> None:
        self._ids: set[object] = set()
        self._totals: list[int] = []
        self._again = 0
        self.stuck = False
        """Whether a page brought nothing new: the next one may, for ever."""

    def take(self, ids: Sequence[object], total: int | None) -> list[tuple[int, object]]:
        """Which of a page are new, with their places."""
        if total is not None:
            self._totals.append(total)
        new = [(at, one) for at, one in enumerate(ids) if one not in self._ids]
        self.stuck = bool(ids) and not new
        self._again += len(ids) - len({one for _, one in new})
        self._ids.update(one for _, one in new)
        return new

    def problem(self) -> str:
        """Why the pass proves nothing; empty where it does."""
        if self.stuck:
            return "a page came a second time"
        if len(set(self._totals)) > 1 or self._again:
            return "things moved while it was read"
        if self._totals and self._totals[-1] != len(self._ids):
            return f"{len(self._ids)} things came, and {self._totals[-1]} are said to be there"
        return ""
