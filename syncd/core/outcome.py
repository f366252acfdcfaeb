"""What two plans come to for each thing, held side by side: who would be affected otherwise."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import chain
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from syncd.core.memory import Mark, Remark
from syncd.core.model import Key, Kind, Ref, Value
from syncd.core.plan import Change, Plan, Problem
from syncd.core.stream import encode


class Fate(StrEnum):
    """What becomes of a thing in a plan."""

    RUNS = "runs"
    HELD = "held"
    REFUSED = "refused"
    UNSETTLED = "unsettled"
    DRIFTED = "drifted"
    CONFLICT = "conflict"
    FAILURE = "failure"


class Thing(NamedTuple):
    """A person, a group, or that somebody is in a group: then `member` is the user's key."""

    kind: Kind
    key: Key
    member: Key | None = None


class Outcome(Struct, frozen=True, omit_defaults=True):
    """One line of a plan about one thing. `what` is the op, or the remark that is made; a
    conflict and a failure have none. `why` is the reason, or the rule that stops it."""

    fate: Fate
    name: str
    what: str = ""
    ref: Ref | None = None
    before: Mapping[str, Value] = {}
    after: Mapping[str, Value] = {}
    temporary: bool = False
    why: str = ""

    @property
    def meaning(self) -> bytes:
        """The same for outcomes that differ in nothing but words: a reason, how many are over a
        budget, what somebody is called in messages. Of a problem the words are all there is."""
        said = self.why if self.fate in _PROBLEMS else ""
        return encode(replace(self, name="", why=said))


_PROBLEMS = frozenset({Fate.CONFLICT, Fate.FAILURE})


class Turn(StrEnum):
    """How somebody is affected by what makes the second plan of the first."""

    NEWLY = "newly"
    NO_LONGER = "no longer"
    OTHERWISE = "otherwise"


class Affected(Struct, frozen=True):
    """A thing of which the two plans say something else."""

    turn: Turn
    kind: Kind
    key: Key
    member: Key | None
    name: str
    before: tuple[Outcome, ...]
    after: tuple[Outcome, ...]


_TOLD = frozenset({Remark.ADOPT, Remark.REKEY, Remark.LEFT})
"""Remarks that an administrator must know of: an account becomes somebody's, or what becomes of who
has left comes later. What the others say is in a change as well."""


def outcomes(plan: Plan) -> Iterator[tuple[Thing, Outcome]]:
    """All that the plan says, in its order."""
    for change in plan.changes:
        yield _thing(change), _of_change(Fate.RUNS, change, change.reason)
    for fate, refusals in (
        (Fate.HELD, plan.held),
        (Fate.REFUSED, plan.refused),
        (Fate.UNSETTLED, plan.unsettled),
        (Fate.DRIFTED, plan.drifted),
    ):
        for one in refusals:
            yield _thing(one.change), _of_change(fate, one.change, one.rule)
    for fate, problems in ((Fate.CONFLICT, plan.conflicts), (Fate.FAILURE, plan.failures)):
        for problem in problems:
            yield Thing(problem.kind, problem.key), _of_problem(fate, problem)
    for mark in plan.marks:
        if mark.remark in _TOLD:
            yield Thing(mark.kind, mark.key), _of_mark(mark)


def compare(thing: Thing, before: Iterable[Outcome], after: Iterable[Outcome]) -> Affected | None:
    """None where both come to the same."""
    was, will_be = (tuple(sorted(_telling(some), key=_place)) for some in (before, after))
    if [one.meaning for one in was] == [one.meaning for one in will_be]:
        return None
    turn = Turn.OTHERWISE if was and will_be else Turn.NEWLY if will_be else Turn.NO_LONGER
    name = next(chain(will_be, was)).name
    return Affected(turn, thing.kind, thing.key, thing.member, name, was, will_be)


def _telling(some: Iterable[Outcome]) -> Sequence[Outcome]:
    """That a thing leaves is told by what becomes of it; by itself where nothing does yet."""
    found = tuple(some)
    return tuple(one for one in found if one.what != Remark.LEFT) or found


def what_counts(one: Affected) -> str:
    """Under which word it is counted: `user.create`, `user.suspend held`, `user conflict`."""
    outcome = (one.after or one.before)[0]
    what = f"{one.kind}.{outcome.what}" if outcome.what else one.kind.value
    return what if outcome.fate is Fate.RUNS else f"{what} {outcome.fate}"


def newly_held(one: Affected) -> bool:
    """Whether the second plan holds anything of it that the first does not hold."""
    return not _held(one.after) <= _held(one.before)


def _held(some: Sequence[Outcome]) -> set[bytes]:
    return {one.meaning for one in some if one.fate is Fate.HELD}


def _place(one: Outcome) -> tuple[str, str, bytes]:
    return one.fate, one.what, one.meaning


def _thing(change: Change) -> Thing:
    return Thing(change.kind, change.key, change.member)


def _of_change(fate: Fate, change: Change, why: str) -> Outcome:
    return Outcome(
        fate,
        change.name,
        change.op,
        change.ref,
        change.before,
        change.after,
        change.temporary,
        why,
    )


def _of_problem(fate: Fate, problem: Problem) -> Outcome:
    return Outcome(fate, problem.name or problem.key, why=problem.why)


def _of_mark(mark: Mark) -> Outcome:
    return Outcome(Fate.RUNS, mark.name, mark.remark, mark.ref, why=mark.rule)
