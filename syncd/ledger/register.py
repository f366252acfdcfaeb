"""The register: the links of a sync where they are many, a thousand at a time, or only counted."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from sqlalchemy import Connection

from syncd.core.memory import Link
from syncd.core.model import Key, Kind
from syncd.ledger import recall


class Register:
    """Part of a ledger; what is read is as it was stored last."""

    def __init__(self, reading: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._reading = reading

    def each_link(self, sync: str, kind: Kind) -> Iterator[list[Link]]:
        """All of one kind, a thousand at a time."""
        key: Key | None = None
        while True:
            with self._reading() as connection:
                found = recall.links_after(connection, sync, kind, key)
            if not found:
                return
            yield found
            key = found[-1].key

    def leavers_with_aliases(self, sync: str, kind: Kind) -> tuple[Link, ...]:
        """Links of who is in no source under that key, and was met under others, too."""
        with self._reading() as connection:
            return recall.leavers_with_aliases(connection, sync, kind)

    def count_links(self, sync: str, kind: Kind) -> int:
        with self._reading() as connection:
            return recall.count_links(connection, sync, kind)

    def are_present(self, sync: str, kind: Kind, prefix: str, number: int) -> bool:
        """Whether so many links have keys with that prefix and were not missed in the sources."""
        with self._reading() as connection:
            return recall.are_present(connection, sync, kind, prefix, number)
