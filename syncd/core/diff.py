"""What must change: a merge-join of what should be with what is ours, both in key order.

|            | is ours                          | is not there  |
| ---------- | -------------------------------- | ------------- |
| wanted     | update, suspend or restore       | create        |
| not wanted | the next rung of the ladder      | nothing       |

Nothing is judged here: every change that would make the store true comes out.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Generic

from msgspec import Struct

from syncd.core.correlate import Ours
from syncd.core.descent import descend, ignore
from syncd.core.desired import Wanted
from syncd.core.found import Found, change, deletion, mark, suspension
from syncd.core.ladder import Ground, has_passed
from syncd.core.memory import Remark
from syncd.core.model import E, Group, Key, Kind, Op, Update, User, Value, flat
from syncd.core.normal import same
from syncd.core.plan import Change
from syncd.core.policy import Policy, VanishedGroups

_GONE = "is in no source any more"

Pair = tuple[Wanted[E] | None, Ours[E] | None]


class Comparison(Struct, Generic[E], frozen=True):
    """Both sides of one kind, and how to compare them.

    `managed` fields are kept true; `once` are given at creation. `absent` says why a key
    is not wanted, `undecided` keys are skipped.
    """

    wanted: Sequence[Wanted[E]]
    ours: Sequence[Ours[E]]
    managed: frozenset[str]
    once: frozenset[str]
    caseless: frozenset[str]
    absent: Mapping[Key, str]
    undecided: frozenset[Key]


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


def diff_users(both: Comparison[User], ground: Ground) -> Found:
    found = Found([], [], [])
    for wanted, ours in join(both.wanted, both.ours):
        key = wanted.key if wanted else ours.link.key if ours else Key("")
        if key in both.undecided:
            continue
        if wanted and ours:
            _update(wanted, ours, both, found)
            _follow_state(wanted, ours, ground.policy, found)
        elif wanted and wanted.entity.active:
            found.changes.append(_creation(Kind.USER, wanted, both))
        elif wanted:
            found.waiting.append(key)
            found.notes.append(
                f"{wanted.entity.user_name} is suspended in the source and has no account; "
                "none is created until they are active"
            )
        elif ours and not ignore(ours, ground, found):
            descend(ours, both.absent.get(key, _GONE), ground, found)
    return found


def diff_groups(both: Comparison[Group], ground: Ground) -> Found:
    found = Found([], [], [])
    for wanted, ours in join(both.wanted, both.ours):
        key = wanted.key if wanted else ours.link.key if ours else Key("")
        if key in both.undecided:
            continue
        if wanted and ours:
            _update(wanted, ours, both, found)
        elif wanted:
            found.changes.append(_creation(Kind.GROUP, wanted, both))
        elif ours and ground.policy.vanished_groups is not VanishedGroups.IGNORE:
            _vanish(ours, ground, found)
    return found


def _vanish(ours: Ours[Group], ground: Ground, found: Found) -> None:
    """A group that is in no source any more."""
    link, policy = ours.link, ground.policy
    deletable = policy.vanished_groups is VanishedGroups.DELETE
    if deletable:
        found.waiting.append(link.key)
    if link.left_at is None:
        found.marks.append(mark(Remark.LEFT, ours, _GONE))
    elif deletable and has_passed(policy.of_groups, link.left_at, link, ground):
        reason = f"in no source since {link.left_at:%Y-%m-%d}"
        found.changes.append(deletion(ours, reason))


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
        found.marks.append(mark(Remark.RETURNED, ours))


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
    return change(Op.UPDATE, ours, reason, Update(before, after)) if after else None


def _follow_state(wanted: Wanted[User], ours: Ours[User], policy: Policy, found: Found) -> None:
    """A person who is there: suspended as the source says, restored only where syncd suspended."""
    active, suspended_by_us = ours.stored.entity.active, ours.link.suspended_at is not None
    if not wanted.entity.active and active:
        found.changes.append(suspension(ours, "suspended in the source"))
    elif wanted.entity.active and active and suspended_by_us:
        found.marks.append(mark(Remark.ACTIVE, ours))
    elif wanted.entity.active and not active and suspended_by_us and policy.restore:
        back = Update({"active": False}, {"active": True})
        found.changes.append(change(Op.RESTORE, ours, "active again in the source", back))
    elif wanted.entity.active and not active:
        why = "a restoration is not allowed by policy" if suspended_by_us else "disabled by hand"
        found.waiting.append(wanted.key)
        found.notes.append(f"{ours.link.name} stays suspended: {why}")
