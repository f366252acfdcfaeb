"""What a run decided, under pseudonyms.

Whose turn it is in a budget, whom a pattern fits and what a fingerprint is of hang on the names
themselves. So that is found out by these, and goes along with the question as what it came to:
computed again, it leads to the run's own plan, with other names. Where it does not, since of two
names the first in order was preferred, that is said.
"""

from collections.abc import Iterator, Mapping
from operator import attrgetter
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from syncd.core.approval import approval_print
from syncd.core.desired import Desired
from syncd.core.detour import temporary
from syncd.core.model import Key, Op, Stored
from syncd.core.plan import Change, Plan, only
from syncd.core.purses import turns_of
from syncd.core.question import Question
from syncd.core.seen import seen_of
from syncd.core.waves import by_key
from syncd.evidence.decided import Decided, decided, names_of
from syncd.evidence.hiding import Hiding
from syncd.evidence.likeness import alike, all_changes, likeness


class Disguised(Struct, frozen=True):
    """The plan is the run's, with other names, whatever the question leads to: `same` says whether
    that is it."""

    decided: Decided
    same: bool


def disguised(again: Decided, hiding: Hiding) -> Disguised:
    _learn(again.plan, hiding)
    question = _question(again, hiding)
    things = zip(_things(again.question), _things(question), strict=True)
    prints = {seen_of(thing): seen_of(other) for thing, other in things}
    saved = None if again.saved is None else likeness(again.saved, hiding, prints)
    computed = decided(question, saved, map(hiding.value, again.versions))
    plan = likeness(again.plan, hiding, prints)
    if alike(plan, computed.plan):
        return Disguised(computed, same=True)
    return Disguised(replace(computed, plan=plan), same=False)


def _learn(plan: Plan, hiding: Hiding) -> None:
    """What a change steps aside to is made of the key."""
    for change in all_changes(plan):
        if change.temporary:
            other = hiding.value(change)
            for field, name in change.after.items():
                if name is not None:
                    hiding.learn(str(name), temporary(other, field))


def _question(again: Decided, hiding: Hiding) -> Question:
    question = again.question
    waves = by_key(question.policy.waves, again.plan.changes, names_of(question))
    bare = replace(question, memory=replace(question.memory, approved={}))
    hidden: Question = hiding.value(bare)
    return replace(
        hidden,
        desired=_in_order(hidden.desired),
        memory=replace(hidden.memory, approved=_approved(again, hiding)),
        policy=hiding.policy(replace(question.policy, waves=waves)),
        turns=_turns(again, hiding),
    )


def _in_order(desired: Desired) -> Desired:
    users, groups = (sorted(some, key=_KEY) for some in (desired.users, desired.groups))
    return replace(desired, users=tuple(users), groups=tuple(groups))


def _turns(again: Decided, hiding: Hiding) -> Mapping[Key, int]:
    pairs = ((one.key, one.member) for one in all_changes(again.plan))
    keys = {key for pair in pairs for key in pair if key is not None}
    turns = turns_of(keys, again.parted)
    return {hiding.value(key): turn for key, turn in turns.items() if turn}


def _approved(again: Decided, hiding: Hiding) -> dict[str, str]:
    """Of the same changes, and parts of changes."""
    approved = again.question.memory.approved
    found: dict[str, str] = {}
    for change in all_changes(again.plan) if approved else ():
        if change.approved:
            found |= {
                approval_print(hiding.value(part)): hiding.value(by)
                for part in _parts(change)
                if (by := approved.get(approval_print(part))) is not None
            }
    return found


def _parts(change: Change) -> Iterator[Change]:
    """What of it somebody may have approved: all, what is approved, and each field of that."""
    yield change
    if change.op is Op.UPDATE:
        yield only(change, change.approved)
        yield from (only(change, {name}) for name in change.approved)


_KEY = attrgetter("key")


def _things(question: Question) -> list[Stored[Any]]:
    return [*question.seen.users, *question.seen.groups]
