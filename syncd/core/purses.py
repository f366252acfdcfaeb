"""What a change draws on: the budgets that it counts for, and whose turn it is in each."""

from collections.abc import Iterator

from syncd.core.model import NAME_FIELD, Kind, Op
from syncd.core.plan import Change
from syncd.core.policy import ADMIN, RENAME, Purse
from syncd.core.prints import SIZE, print_of

_HALF = SIZE // 2
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


def rank(change: Change) -> int:
    """Whose turn it is: by a print of the person's key, or the group's.

    So it is the same in each run, whatever else is due and in whatever order, and nobody has it by
    their name; and one person's turn comes in all budgets at once, so that few are changed by half.
    """
    if change.member is None:
        return int.from_bytes(print_of(change.key.encode()))
    person, group = print_of(change.member.encode()), print_of(change.key.encode())
    return int.from_bytes(person[:_HALF] + group[:_HALF])
