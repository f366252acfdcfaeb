"""One sync's snapshot as it is kept, to be read; `Ledger.keep` renews it."""

from collections.abc import Collection, Iterable, Iterator

from syncd.core.model import Key, Kind
from syncd.core.prints import Print
from syncd.database import Database
from syncd.ledger import snapshot
from syncd.ledger.snapshot import AT_ONCE, LOOSE, Head, Item, Part


class Snapshot:
    """Read in small transactions, so that a run may write to the ledger meanwhile."""

    def __init__(self, database: Database, sync: str) -> None:
        self._database, self._sync = database, sync

    def head(self) -> Head | None:
        """None where there is no snapshot."""
        with self._database.reading() as connection:
            return snapshot.head(connection, self._sync)

    def unsettled(self) -> set[tuple[Kind, Key]]:
        """What the last decision left something open of."""
        with self._database.reading() as connection:
            return set(snapshot.unsettled(connection, self._sync))

    def undecided(self) -> set[tuple[Kind, Key]]:
        """Those of them of whom it may become otherwise: not such as a plan only tells of again."""
        with self._database.reading() as connection:
            found = snapshot.unsettled(connection, self._sync)
        return {one for one, told in found.items() if not told}

    def chunk_prints(self, part: Part) -> dict[Print, int | None]:
        """The prints of all chunks, each with its `until`."""
        with self._database.reading() as connection:
            return snapshot.chunk_prints(connection, self._sync, part)

    def chunks_of_loose(self, part: Part) -> set[Print]:
        """The chunks with anything in them that was renewed since by itself, past all readings."""
        prints = self.chunk_prints(part)
        loose = {
            item.name
            for item in self.items(part, [one for one, until in prints.items() if until == LOOSE])
        }
        if not loose:
            return set()
        return {
            one
            for start in range(0, len(prints), AT_ONCE)
            for one, items in self._chunks(part, list(prints)[start : start + AT_ONCE])
            if any(item.name in loose for item in items)
        }

    def _chunks(self, part: Part, prints: list[Print]) -> list[tuple[Print, list[Item]]]:
        with self._database.reading() as connection:
            return snapshot.chunks(connection, self._sync, part, prints)

    def items(self, part: Part, prints: Iterable[Print]) -> Iterator[Item]:
        """What is in these chunks."""
        wanted = list(prints)
        for start in range(0, len(wanted), AT_ONCE):
            for _, found in self._chunks(part, wanted[start : start + AT_ONCE]):
                yield from found

    def records(self, part: Part, names: Collection[str]) -> list[tuple[str, bytes]]:
        """Those of these names that are there."""
        with self._database.reading() as connection:
            return snapshot.records(connection, self._sync, part, names)

    def met(self, part: Part, points: Collection[int]) -> list[str]:
        """The names of those that can be met at one of these points."""
        with self._database.reading() as connection:
            return snapshot.met(connection, self._sync, part, points)

    def all(self, part: Part) -> Iterator[tuple[str, bytes]]:
        """Everything, in the order of names."""
        last = ""
        while some := self._following(part, last):
            yield from some
            last = some[-1][0]

    def _following(self, part: Part, after: str) -> list[tuple[str, bytes]]:
        with self._database.reading() as connection:
            return snapshot.following(connection, self._sync, part, after, AT_ONCE)
