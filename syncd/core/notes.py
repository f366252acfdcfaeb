"""What is noted of changes by their ids, where there may be more than memory has room for."""

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol


class Notes(Protocol):
    def note(self, some: Iterable[tuple[str, bytes]]) -> None:
        """Ids and what there is to say of each; the last word on one counts."""
        ...

    def of(self, ids: Collection[str]) -> Mapping[str, bytes]:
        """What was noted of these, of as many as anything was."""
        ...


class Pad:
    """In memory."""

    def __init__(self) -> None:
        self._noted: dict[str, bytes] = {}

    def note(self, some: Iterable[tuple[str, bytes]]) -> None:
        self._noted.update(some)

    def of(self, ids: Collection[str]) -> Mapping[str, bytes]:
        return {one: self._noted[one] for one in ids if one in self._noted}
