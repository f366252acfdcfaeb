"""What is found about many, part by part, as far as it is kept at hand: counts, marks, problems."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from operator import attrgetter

from syncd.core.desired import Desired, HalfKnown
from syncd.core.judge import rejoin
from syncd.core.mapping import Doubts
from syncd.core.memory import Mark, Remark
from syncd.core.model import NAME_FIELD, E, Group, Key, Kind, Op, Ref, Rung
from syncd.core.parts import Findings
from syncd.core.plan import Change, Plan, Problem
from syncd.core.policy import Purse
from syncd.core.purses import purses
from syncd.core.question import Declared

_UNPROVEN = {Remark.LEFT, Remark.FORGET, Remark.STRIPPED}


class Tally:
    """`planned` counts what draws on the budgets, `ops` are those of what may run if these allow
    it."""

    def __init__(self) -> None:
        self.planned: Counter[Purse] = Counter()
        self.ops: set[tuple[Kind, Op]] = set()
        self.withheld: Counter[str] = Counter()
        self.population: Counter[Kind] = Counter()
        self.foreign: Counter[Kind] = Counter()
        self._waiting: set[tuple[Kind, Key]] = set()
        self._undecided: set[tuple[Kind, Key]] = set()
        self.causes: Counter[str] = Counter()
        self.doubts = Doubts()
        self.half_known = HalfKnown()
        self._admin_stated = False
        self.renamed: dict[tuple[Kind, Ref], str] = {}
        self.administrators: set[Ref] = set()
        self._marks: list[Mark] = []
        self._bare: dict[Key, Mark] = {}
        self._notes: list[str] = []
        self._problems: list[Problem] = []
        self._failures: list[Problem] = []

    def add(self, kind: Kind, one: Findings[E]) -> None:
        self._marks += (*one.correlated.marks, *one.found.marks)
        self._bare |= one.found.bare
        self._notes += one.found.notes
        self._problems += one.correlated.conflicts
        self._undecided |= {(kind, key) for key in one.undecided}
        self._waiting |= {(kind, key) for key in one.found.waiting}
        self.foreign[kind] += len(one.correlated.foreign)
        self.causes += one.attributed.causes
        self.withhold(one.sifted.withheld)
        name = NAME_FIELD[kind]
        for ours in one.correlated.ours:
            entity, link = ours.stored.entity, ours.link
            self.population[kind] += isinstance(entity, Group) or entity.active
            if (called := getattr(entity, name)) != link.name:
                self.renamed[kind, link.ref] = called

    def add_desired(self, desired: Desired) -> None:
        self._problems += desired.conflicts
        self._failures += desired.failures
        self.doubts += desired.doubts
        self.half_known += desired.half_known
        if "admin" not in desired.managed | desired.once and not self._admin_stated:
            people = desired.people.values()
            self._admin_stated = any(one.attributes.get("admin") for one in people)

    def count(self, possible: Iterable[Change]) -> None:
        """Parts of one change are one."""
        some = list(possible)
        updates = [change for change in some if change.op is Op.UPDATE]
        if updates:
            some = [change for change in some if change.op is not Op.UPDATE] + rejoin(updates)
        self.ops.update((change.kind, change.op) for change in some)
        self.planned.update(chain.from_iterable(map(purses, some)))

    def withhold(self, changes: Iterable[Change]) -> None:
        for change in changes:
            self.withheld[f"{change.kind}.{change.op}"] += 1
            self._undecided |= {*things(change)}

    def in_groups(self, keys: Iterable[Key]) -> None:
        """These are yet to be stripped."""
        for key in keys:
            self._bare.pop(key, None)

    def settled(self, conflicts: Iterable[Problem]) -> None:
        self._problems += conflicts

    def marks(self, *, whole: bool) -> tuple[Mark, ...]:
        marks = [*self._marks, *self._bare.values()]
        if not whole:
            marks = [mark for mark in marks if mark.remark not in _UNPROVEN]
        return _in_turn(marks)

    @property
    def conflicts(self) -> tuple[Problem, ...]:
        return tuple(sorted(self._problems, key=lambda one: (one.kind, one.key, one.why)))

    @property
    def failures(self) -> tuple[Problem, ...]:
        return tuple(sorted(self._failures, key=attrgetter("kind", "key")))

    @property
    def notes(self) -> Iterable[str]:
        return (*self.half_known.notes(), *sorted(self._notes))

    def emulated(self, held: Declared) -> list[str]:
        """How people are suspended, or restored, where the target has no such state."""
        turned = held.emulated and self.ops & {(Kind.USER, Op.SUSPEND), (Kind.USER, Op.RESTORE)}
        return [f"suspension is emulated: {held.emulated}"] if turned else []

    def unmapped_admin(self, held: Declared) -> list[str]:
        """What the sources state and the target, which has it, is not told of."""
        if not self._admin_stated or "admin" not in held.fields:
            return []
        how = "`users.always` to keep it true"
        if "admin" in held.immutable:
            how = "`users.on_create` to give it to new accounts"
        return [f"admin is stated in the sources and not mapped: left alone; map `admin` in {how}"]

    def undecided(self) -> Iterator[tuple[Kind, Key]]:
        """Those of whom anything is withheld, in conflict, or not known; some more than once."""
        yield from self._undecided
        yield from ((one.kind, one.key) for one in (*self._problems, *self._failures))

    def left_open(self, plan: Plan) -> Iterator[tuple[Kind, Key]]:
        """With those that the plan tells of, or would if it were proven; some more than once."""
        yield from self.undecided()
        yield from self._waiting
        for mark in (*self._marks, *self._bare.values()):
            yield from ((mark.kind, key) for key in (mark.key, mark.old_key) if key)
        yield from chain.from_iterable(map(things, plan.changes))
        for refusals in (plan.held, plan.refused):
            yield from chain.from_iterable(things(one.change) for one in refusals)
        yield from (thing(one.change) for one in plan.unsettled if one.change.op is not Op.UPDATE)


def told_of(plan: Plan) -> Iterator[tuple[Kind, Key]]:
    """Those of whom no more is known than that some of their fields are left as they are."""
    for refusals in (plan.unsettled, plan.drifted):
        yield from (thing(one.change) for one in refusals if one.change.op is Op.UPDATE)


def thing(change: Change) -> tuple[Kind, Key]:
    """Whom it is about; of members, the user."""
    return (change.kind, change.key) if change.member is None else (Kind.USER, change.member)


def things(change: Change) -> Iterator[tuple[Kind, Key]]:
    """With the group of who is stripped: in no source, they do not lead to it."""
    yield thing(change)
    if change.rung is Rung.STRIP:
        yield Kind.GROUP, change.key


def _in_turn(marks: list[Mark]) -> tuple[Mark, ...]:
    """What is remembered under a key that a link gives up, the new keys, and then the rest."""
    given_up = {(mark.kind, mark.old_key) for mark in marks}

    def turn(mark: Mark) -> tuple[bool, bool, str, str, str]:
        early = (mark.kind, mark.key) in given_up
        return not early, mark.remark is not Remark.REKEY, mark.kind, mark.key, mark.remark

    return tuple(sorted(marks, key=turn))
