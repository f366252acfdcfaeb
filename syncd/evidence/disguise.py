"""What a run decided, under pseudonyms.

Whose turn it is in a budget, whom a pattern fits and what a fingerprint is of hang on the names
themselves. So that is found out by these, and goes along with the question as what it came to:
computed again, it leads to the run's own plan, with other names. Where it does not, since of two
names the first in order was preferred, that is said.
"""

from collections.abc import Collection, Iterator, Mapping
from operator import attrgetter
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from syncd.core.approval import approval_print
from syncd.core.desired import Desired
from syncd.core.detour import temporary
from syncd.core.hold import Hold
from syncd.core.ladder import ground_of, holds_on
from syncd.core.model import Key, Kind, Op, Stored
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
    question, memory = again.question, again.question.memory
    who = _held_by_key(question)
    policy = replace(
        question.policy,
        waves=by_key(question.policy.waves, again.plan.changes, names_of(question)),
        legal_holds=tuple(_resolved(question.policy.legal_holds, who)),
    )
    known = replace(memory, approved={}, holds=tuple(_resolved(memory.holds, who)))
    hidden: Question = hiding.value(replace(question, memory=known, policy=policy))
    return replace(
        hidden,
        desired=_in_order(hidden.desired),
        memory=replace(hidden.memory, approved=_approved(again, hiding)),
        policy=replace(hidden.policy, protect=hiding.patterns),
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


def _held_by_key(question: Question) -> Mapping[Hold, Collection[Key]]:
    """Of each hold with a pattern the leavers whom it is about: it means nothing to others."""
    there = {one.ref: one.entity for one in question.seen.users}
    staying = {one.key for one in question.desired.users}
    ground = ground_of(question.policy, question.now, question.memory, question.declared)
    found: dict[Hold, list[Key]] = {hold: [] for hold in ground.holds if hold.pattern}
    for link in question.memory.links if found else ():
        if link.kind is Kind.USER and link.key not in staying and link.ref in there:
            for hold in holds_on(link, there[link.ref], ground):
                if hold.pattern:
                    found[hold].append(link.key)
    return found


def _resolved(holds: Collection[Hold], who: Mapping[Hold, Collection[Key]]) -> Iterator[Hold]:
    for hold in holds:
        if hold.pattern:
            yield from (replace(hold, who=key, pattern=False) for key in who.get(hold, ()))
        else:
            yield hold


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
