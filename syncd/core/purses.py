"""What a change draws on: the budgets that it counts for, and whose turn it is in each."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping

from syncd.core.model import NAME_FIELD, Key, Kind, Op
from syncd.core.plan import Change
from syncd.core.policy import ADMIN, RENAME, Purse
from syncd.core.prints import SIZE, print_of

_BITS = SIZE * 8 // 2
_ONES = (1 << _BITS) - 1
_OPS = frozenset[str](Op)


def purses(change: Change) -> tuple[Purse, ...]:
    """The wide one, of its kind and op, comes first. None where all of it is approved, and none of
    a step aside from a name, which its own change follows."""
    kind, op = change.kind, change.op
    if op is Op.CREATE and not change.approved:
        gives = change.after.get("admin") is True
        return ((kind, op), (kind, ADMIN)) if gives else ((kind, op),)
    if op is Op.UPDATE:
        fields = [name for name in change.after if name not in change.approved]
        if not fields or change.temporary:
            return ()
        found = (purse_of(change, name) for name in fields)
        return (kind, op), *(purse for purse in found if purse)
    if change.approved:
        return ()
    return ((kind, op), (kind, op, change.key)) if kind is Kind.MEMBER else ((kind, op),)


def is_wide(purse: Purse) -> bool:
    """Whether it is of a kind and op, and so of whole changes; or of a part of these."""
    return len(purse) == len(("kind", "op")) and purse[1] in _OPS


def purse_of(change: Change, name: str) -> Purse | None:
    """What an update of this field draws on besides. To fill what was empty takes nothing from
    anybody, and draws on nothing; nor does to say of somebody that they are no administrator."""
    before, after = change.before.get(name), change.after[name]
    if name == NAME_FIELD[change.kind]:
        return change.kind, RENAME
    if name == "admin":
        return None if bool(before) is bool(after) else (change.kind, ADMIN)
    return None if before is None else (change.kind, change.op, name)


def held_fields(change: Change, purse: Purse) -> Iterator[str]:
    """Those of an update that draw on it."""
    for name in change.after:
        if name not in change.approved and (is_wide(purse) or purse == purse_of(change, name)):
            yield name


Turns = Mapping[Key, int]
"""Whose turn it is, where keys are other names than those that it went by."""


def rank(change: Change, turns: Turns | None = None) -> int:
    """Whose turn it is: by a print of the person's key, or the group's; or by `turns`.

    So it is the same in each run, whatever else is due and in whatever order, and nobody has it by
    their name; and one person's turn comes in all budgets at once, so that few are changed by half.
    """
    if turns is not None:
        turn = turns.get(change.key, 0)
        return turn if change.member is None else (turns.get(change.member, 0) << _BITS) + turn
    if change.member is None:
        return _number(change.key)
    return (_number(change.member) >> _BITS << _BITS) + (_number(change.key) >> _BITS)


def parting(kind: Kind, last: int) -> tuple[int, ...]:
    """Between which keys' prints a budget's room ended, where `last` was the last rank to have
    some: each print is the last one of those before."""
    if kind is not Kind.MEMBER:
        return (last,)
    person, group = last >> _BITS, last & _ONES
    return (person << _BITS) - 1, person << _BITS | _ONES, group << _BITS | _ONES


def turns_of(keys: Iterable[Key], parted: Collection[int]) -> dict[Key, int]:
    """By which budgets end where they ended by prints, be the keys called otherwise. All that it
    tells of a print is between which of those `parted` it is: who knows all keys could try them."""
    ends = sorted(parted)
    return {key: bisect_left(ends, _number(key)) for key in keys}


def _number(key: Key) -> int:
    return int.from_bytes(print_of(key.encode()))
