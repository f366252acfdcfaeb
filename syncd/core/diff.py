"""What must change: a merge-join of what should be with what is ours, both in key order.

|            | is ours                          | is not there  |
| ---------- | -------------------------------- | ------------- |
| wanted     | update, suspend or restore       | create        |
| not wanted | the ladder: suspend, then delete | nothing       |

Nothing is judged here: every change that would make the store true comes out.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Generic

from msgspec import Struct, field

from syncd.core.correlate import Ours
from syncd.core.desired import Wanted
from syncd.core.memory import Mark, Remark
from syncd.core.model import E, Group, Key, Kind, Op, User, Value, flat
from syncd.core.normal import same
from syncd.core.plan import Change
from syncd.core.policy import Leavers, Policy, VanishedGroups
from syncd.core.seen import seen_of

Pair = tuple[Wanted[E] | None, Ours[E] | None]


class Found(Struct, frozen=True):
    """What a diff comes to: changes, what to remember, and what a person may want to know.

    `waiting` are the keys of which more may come with time, though nothing about them changes.
    """

    changes: list[Change]
    marks: list[Mark]
    notes: list[str]
    waiting: list[Key] = field(default_factory=list)


class Comparison(Struct, Generic[E], frozen=True):
    """Both sides of one kind, and how to compare them.

    `managed` fields are kept true; `once` are given at creation. `absent` says why a key
    is not wanted, `undecided` keys are skipped. Where the target cannot suspend (`suspends`), a
    leaver's grace is spent unsuspended.
    """

    wanted: Sequence[Wanted[E]]
    ours: Sequence[Ours[E]]
    managed: frozenset[str]
    once: frozenset[str]
    caseless: frozenset[str]
    absent: Mapping[Key, str]
    undecided: frozenset[Key]
    suspends: bool = True


def join(wanted: Iterable[Wanted[E]], ours: Iterable[Ours[E]]) -> Iterator[Pair[E]]:
    """Pairs with equal keys, and each that is alone; both sides must be in key order."""
    left, right = iter(wanted), iter(ours)
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one.key < other.link.key):
            yield one, None
            one = next(left, None)
        elif one is None or other.link.key < one.key:
            yield None, other
            other = next(right, None)
        else:
            yield one, other
            one, other = next(left, None), next(right, None)


def diff_users(both: Comparison[User], policy: Policy, now: datetime) -> Found:
    found = Found([], [], [])
    for wanted, ours in join(both.wanted, both.ours):
        key = wanted.key if wanted else ours.link.key if ours else Key("")
        if key in both.undecided:
            continue
        if wanted and ours:
            _update(wanted, ours, both, found)
            _follow_state(wanted, ours, policy, found)
        elif wanted and wanted.entity.active:
            found.changes.append(_creation(Kind.USER, wanted, both))
        elif wanted:
            found.waiting.append(key)
            found.notes.append(
                f"{wanted.entity.user_name} is suspended in the source and has no account; "
                "none is created until they are active"
            )
        elif ours and policy.leavers is not Leavers.IGNORE:
            _descend(ours, both, policy, now, found)
    return found


def diff_groups(both: Comparison[Group], policy: Policy, now: datetime) -> Found:
    found = Found([], [], [])
    for wanted, ours in join(both.wanted, both.ours):
        key = wanted.key if wanted else ours.link.key if ours else Key("")
        if key in both.undecided:
            continue
        if wanted and ours:
            _update(wanted, ours, both, found)
        elif wanted:
            found.changes.append(_creation(Kind.GROUP, wanted, both))
        elif ours and policy.vanished_groups is not VanishedGroups.IGNORE:
            _vanish(ours, policy, now, found)
    return found


def _vanish(ours: Ours[Group], policy: Policy, now: datetime, found: Found) -> None:
    """A group that is in no source any more."""
    deletable = policy.vanished_groups is VanishedGroups.DELETE
    if deletable:
        found.waiting.append(ours.link.key)
    if ours.link.left_at is None:
        found.marks.append(_mark(Remark.LEFT, ours))
    elif _may_delete(ours, deletable, policy, now):
        reason = f"in no source since {ours.link.left_at:%Y-%m-%d}"
        found.changes.append(_deletion(ours, reason))


def _creation(kind: Kind, wanted: Wanted[E], both: Comparison[E]) -> Change:
    fields, givable = flat(wanted.entity), both.managed | both.once
    given = {name: fields[name] for name in sorted(fields) if name in givable}
    name = str(fields["user_name" if kind is Kind.USER else "display_name"])
    return Change(
        Op.CREATE,
        kind,
        wanted.key,
        name,
        after=given,
        reason=f"new: {wanted.origin}",
        aliases=tuple(sorted(wanted.aliases)),
    )


def _update(wanted: Wanted[E], ours: Ours[E], both: Comparison[E], found: Found) -> None:
    if update := update_of(wanted, ours, both.managed, both.caseless):
        found.changes.append(update)
    if ours.link.left_at is not None:
        found.marks.append(_mark(Remark.RETURNED, ours))


def update_of(
    wanted: Wanted[E], ours: Ours[E], managed: Collection[str], caseless: Collection[str]
) -> Change | None:
    """All of the managed fields that differ; None where none does."""
    target, current = flat(wanted.entity), flat(ours.stored.entity)
    before: dict[str, Value] = {}
    after: dict[str, Value] = {}
    for name in sorted(managed):
        if not same(current.get(name), target.get(name), caseless=name in caseless):
            before[name], after[name] = current.get(name), target.get(name)
    reason = f"changed: {wanted.origin}"
    return _change(Op.UPDATE, ours, before, after, reason) if after else None


def _follow_state(wanted: Wanted[User], ours: Ours[User], policy: Policy, found: Found) -> None:
    """A person who is there: suspended as the source says, restored only where syncd suspended."""
    active, suspended_by_us = ours.stored.entity.active, ours.link.suspended_at is not None
    if not wanted.entity.active and active:
        found.changes.append(_suspension(ours, "suspended in the source"))
    elif wanted.entity.active and active and suspended_by_us:
        found.marks.append(_mark(Remark.ACTIVE, ours))
    elif wanted.entity.active and not active and suspended_by_us and policy.restore:
        before, after = {"active": False}, {"active": True}
        found.changes.append(_change(Op.RESTORE, ours, before, after, "active again in the source"))
    elif wanted.entity.active and not active:
        why = "a restoration is not allowed by policy" if suspended_by_us else "disabled by hand"
        found.waiting.append(wanted.key)
        found.notes.append(f"{ours.link.name} stays suspended: {why}")


def _descend(
    ours: Ours[User], both: Comparison[User], policy: Policy, now: datetime, found: Found
) -> None:
    """A leaver: one step down the ladder a run. Never deleted in the run that first misses them."""
    why = both.absent.get(ours.link.key, "is in no source any more")
    deletable = _may_delete(ours, policy.leavers is Leavers.DELETE, policy, now)
    if policy.leavers is Leavers.DELETE:
        found.waiting.append(ours.link.key)
    if ours.link.left_at is None:
        found.marks.append(_mark(Remark.LEFT, ours))
    if ours.stored.entity.active and (both.suspends or not deletable):
        found.changes.append(_suspension(ours, f"leaver: {why}"))
    elif deletable:
        reason = f"leaver since {ours.link.left_at:%Y-%m-%d}, grace is over: {why}"
        found.changes.append(_deletion(ours, reason))


def _may_delete(ours: Ours[E], allowed: bool, policy: Policy, now: datetime) -> bool:
    """Grace counts from the suspension, or from the first miss where a person had suspended."""
    left_at, suspended_at = ours.link.left_at, ours.link.suspended_at
    if not allowed or left_at is None:
        return False
    return now - max(left_at, suspended_at or left_at) >= policy.grace


def _suspension(ours: Ours[User], reason: str) -> Change:
    return _change(Op.SUSPEND, ours, {"active": True}, {"active": False}, reason)


def _deletion(ours: Ours[E], reason: str) -> Change:
    """With all that it takes away: the journal is the last to know."""
    return _change(Op.DELETE, ours, flat(ours.stored.entity), {}, reason)


def _change(
    op: Op, ours: Ours[E], before: Mapping[str, Value], after: Mapping[str, Value], reason: str
) -> Change:
    link = ours.link
    name = str(flat(ours.stored.entity)["user_name" if link.kind is Kind.USER else "display_name"])
    return Change(
        op, link.kind, link.key, name, link.ref, before, after, reason, seen=seen_of(ours.stored)
    )


def _mark(remark: Remark, ours: Ours[E]) -> Mark:
    link = ours.link
    return Mark(remark, link.kind, link.key, link.ref, link.name)
