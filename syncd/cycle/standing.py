"""A part as it stands now: what the snapshot has of it, but for what was read since."""

from collections.abc import Collection, Iterable, Iterator
from typing import Generic, TypeVar

from syncd.cycle.follow import batches, name_batches
from syncd.cycle.parts import PartOf
from syncd.cycle.workspace import Workspace
from syncd.ledger import Snapshot

T = TypeVar("T")


class Standing(Generic[T]):
    """`moved` and `gone` are the names of what is otherwise than in the snapshot, and of what is
    there no more."""

    def __init__(self, of: PartOf[T], base: Snapshot | None, work: Workspace) -> None:
        self.of = of
        self._base, self._work = base, work

    @property
    def based(self) -> bool:
        """Whether it is known how it was before."""
        return self._base is not None

    def moved(self) -> Iterator[str]:
        if self._base is not None:
            yield from self._work.moved(self.of.part)
            return
        for name, _ in self._work.fresh(self.of.part):
            yield name

    def gone(self) -> Iterator[str]:
        return self._work.gone(self.of.part)

    def some(self, names: Iterable[str]) -> Iterator[T]:
        """Those of these that are there; more than one where the source names two alike."""
        decode, part = self.of.decode, self.of.part
        for wanted in name_batches(dict.fromkeys(names)):
            fresh = self._work.some_fresh(part, wanted)
            yield from (decode(record) for _, record in fresh)
            lacking = set(wanted).difference(name for name, _ in fresh)
            if self._base is not None and lacking:
                lacking.difference_update(self._work.some_gone(part, list(lacking)))
                yield from (decode(record) for _, record in self._base.records(part, lacking))

    def all(self) -> Iterator[T]:
        """Everything, in the order of names."""
        decode = self.of.decode
        for _, record in self.rows():
            yield decode(record)

    def before(self, names: Collection[str]) -> Iterator[T]:
        """As the snapshot has them."""
        if self._base is not None:
            for wanted in name_batches(names):
                for _, record in self._base.records(self.of.part, wanted):
                    yield self.of.decode(record)

    def all_before(self) -> Iterator[T]:
        """Everything as the snapshot has it."""
        if self._base is not None:
            for _, record in self._base.all(self.of.part):
                yield self.of.decode(record)

    def rows(self) -> Iterator[tuple[str, bytes]]:
        """Everything as it is kept, in the order of names."""
        fresh = self._work.fresh(self.of.part)
        if self._base is None:
            yield from fresh
            return
        yield from _overlaid(self._not_gone(), fresh)

    def _not_gone(self) -> Iterator[tuple[str, bytes]]:
        if self._base is not None:
            for some in batches(self._base.all(self.of.part)):
                gone = set(self._work.some_gone(self.of.part, [name for name, _ in some]))
                yield from (row for row in some if row[0] not in gone)


Rows = Iterator[tuple[str, bytes]]


def _overlaid(rows: Rows, fresh: Rows) -> Rows:
    """Both in the order of names; what is fresh stands for a row of the same name."""
    following, last = next(fresh, None), ""
    for name, record in rows:
        while following is not None and following[0] <= name:
            yield following
            last, following = following[0], next(fresh, None)
        if name != last:
            yield name, record
    while following is not None:
        yield following
        following = next(fresh, None)
