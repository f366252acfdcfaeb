"""Canary waves: a plan's changes in turns, so that few people meet a mistake first.

Each person has a wave, and all that is about them comes in it; what another change needs comes no
later than that. Groups are made and changed with the first wave, since members need them, and
deleted with the last.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from msgspec.structs import replace

from syncd.core.mapping import matches
from syncd.core.model import Key, Kind, Op
from syncd.core.notes import Notes, Pad
from syncd.core.plan import Change, Plan, Wave
from syncd.core.policy import Cohort, Waves
from syncd.core.prints import print_of
from syncd.core.spool import Row, Spool, Trays
from syncd.core.stream import batches

NamesOf = Callable[[Collection[Key]], Mapping[Key, str]]
"""What people who have an account are called in the target."""

_REST = "all others"
_AT_ONCE = 500
_FINE = 1 << 32


def in_waves(
    plan: Plan,
    waves: Waves,
    names: NamesOf,
    spool: Callable[[], Spool] = Trays,
    notes: Callable[[], Notes] = Pad,
) -> Plan:
    """The same changes in turns; the same plan where it is too small, or all are of one wave.

    What is found is put into a new `spool`, and noted in new `notes`. `plan.changes` must come in
    an order in which each finds what it needs before it.
    """
    if not waves.first or len(plan.changes) < waves.minimum:
        return plan
    return _Sorting(waves, names, spool(), notes()).sorted(plan)


class _Sorting:
    def __init__(self, waves: Waves, names: NamesOf, spool: Spool, notes: Notes) -> None:
        self._cohorts, self._last = waves.first, len(waves.first)
        self._named = any(one.users for one in waves.first)
        self._names, self._spool, self._notes = names, spool, notes
        self._counts = [0] * (self._last + 1)
        self._number = 0

    def sorted(self, plan: Plan) -> Plan:
        for some in batches(plan.changes, _AT_ONCE):
            self._spool.put(_TRAY, self._rows(some))
        there = [number for number, count in enumerate(self._counts) if count]
        if len(there) == 1:
            return plan
        told = tuple(self._wave(number, last=number == there[-1]) for number in there)
        return replace(plan, changes=self._spool.changes([_TRAY]), waves=told)

    def _wave(self, number: int, *, last: bool) -> Wave:
        cohort = self._cohorts[number] if number < self._last else None
        wait = cohort.wait.total_seconds() if cohort and not last else 0.0
        return Wave(_words(cohort) if cohort else _REST, self._counts[number], wait)

    def _rows(self, some: Sequence[Change]) -> Iterable[Row]:
        names = self._names_of(some)
        needed = [need for one in some for need in one.needs]
        before = dict(self._notes.of([*needed, *map(_of_person, some)]))
        rows: list[Row] = []
        found: dict[str, bytes] = {}
        for change in some:
            waves = [before[need][0] for need in change.needs if need in before]
            wave = max((self._own(change, before, names), *waves))
            told = {change.id: bytes([wave])}
            if change.kind is Kind.USER:
                told.setdefault(_of_person(change), bytes([wave]))
            before |= told
            found |= told
            self._counts[wave] += 1
            rows.append(((wave, self._number, "", ""), change, ""))
            self._number += 1
        self._notes.note(found.items())
        return rows

    def _own(self, change: Change, before: Mapping[str, bytes], names: Mapping[Key, str]) -> int:
        if change.kind is Kind.GROUP:
            return self._last if change.op is Op.DELETE else 0
        key = _person(change)
        if change.kind is Kind.USER:
            return self._wave_of(key, change.name)
        if (known := before.get(_of_person(change))) is not None:
            return known[0]
        return self._wave_of(key, names.get(key, ""))

    def people(self, some: Sequence[Change]) -> Iterator[tuple[Key, int]]:
        """Whom these are about, but for groups, and the wave that each would have by itself."""
        names = self._names_of(some)
        for change in some:
            if change.kind is not Kind.GROUP:
                key = _person(change)
                name = change.name if change.kind is Kind.USER else names.get(key, "")
                yield key, self._wave_of(key, name)

    def _wave_of(self, key: Key, name: str) -> int:
        cohorts = enumerate(self._cohorts)
        return next((at for at, one in cohorts if _is_in(one, key, name)), self._last)

    def _names_of(self, some: Iterable[Change]) -> Mapping[Key, str]:
        """Of users about whom there may be nothing but a membership."""
        if not self._named:
            return {}
        keys = {_person(one) for one in some if one.kind is Kind.MEMBER}
        return self._names(keys) if keys else {}


def parted(changes: Iterable[Change], waves: Sequence[Wave]) -> Iterator[Iterator[Change]]:
    """The changes of each wave; each must be walked through before the next is asked for."""
    rest = iter(changes)
    for wave in waves[:-1]:
        yield islice(rest, wave.changes)
    yield rest


def by_key(waves: Waves, changes: Iterable[Change], names: NamesOf) -> Waves:
    """The same waves, in which those whom these changes are about are known by their keys."""
    sorting = _Sorting(waves, names, Trays(), Pad())
    people: list[set[Key]] = [set() for _ in waves.first]
    for some in batches(changes, _AT_ONCE):
        for key, wave in sorting.people(some):
            if wave < len(people) and not any(key in one for one in people):
                people[wave].add(key)
    first = zip(waves.first, people, strict=True)
    return replace(waves, first=tuple(replace(one, keys=frozenset(of)) for one, of in first))


def _is_in(cohort: Cohort, key: Key, name: str) -> bool:
    if cohort.keys is not None:
        return key in cohort.keys
    within = _point(key) < cohort.percent / 100
    return within or bool(cohort.users and name and matches(name, cohort.users))


def _words(cohort: Cohort) -> str:
    share = [f"{cohort.percent:g} % of people"] if cohort.percent else []
    return " and ".join((*share, *([", ".join(cohort.users)] if cohort.users else [])))


def _person(change: Change) -> Key:
    return change.key if change.member is None else change.member


def _of_person(change: Change) -> str:
    """What a person's wave is noted under; no change has such an id."""
    return f"person/{_person(change)}"


def _point(key: Key) -> float:
    """Where a key stands between 0 and 1."""
    return int.from_bytes(print_of(key.encode())[:4]) / _FINE


_TRAY = "waves"
