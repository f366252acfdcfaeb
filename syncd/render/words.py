"""Say a plan in words: counts, signs and values, with foreign text made harmless."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from syncd.core.model import Kind, Op, Value
from syncd.core.plan import Change, Plan, count

NOTHING = "∅"
"""Stands for "has none" where a value is shown."""

SIGNS: Mapping[Op, str] = {
    Op.CREATE: "+",
    Op.ADD: "+",
    Op.UPDATE: "~",
    Op.RESTORE: "▶",
    Op.SUSPEND: "‖",
    Op.REMOVE: "-",
    Op.DELETE: "-",
}
STYLES: Mapping[Op, str] = {
    Op.CREATE: "green",
    Op.ADD: "green",
    Op.UPDATE: "yellow",
    Op.RESTORE: "cyan",
    Op.SUSPEND: "magenta",
    Op.REMOVE: "red",
    Op.DELETE: "bold red",
}

_DONE: Mapping[Op, str] = {
    Op.CREATE: "created",
    Op.UPDATE: "updated",
    Op.SUSPEND: "suspended",
    Op.RESTORE: "restored",
    Op.DELETE: "deleted",
    Op.ADD: "added",
    Op.REMOVE: "removed",
}
_JOINERS = "\u200c\u200d"
"""Format characters that names of some scripts are spelled with (Unicode 15, section 23.2)."""

_LONGEST = 120


def safe(text: str) -> str:
    """The text with all escaped that could steer a terminal or turn the reading direction."""
    if text.isprintable():
        return text
    return "".join(letter if _harmless(letter) else _escaped(letter) for letter in text)


def _harmless(letter: str) -> bool:
    return letter in _JOINERS or unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")


def value(of: Value) -> str:
    """A field's value as shown: one line, not too long."""
    if of is None:
        return NOTHING
    if isinstance(of, bool):
        return "yes" if of else "no"
    shown = safe(of)
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"


def number(of: int, noun: str, plural: str = "") -> str:
    """`1 change`, `2,000 changes`."""
    return f"{of:,} {noun if of == 1 else plural or noun + 's'}"


def joined(names: str | Sequence[str], limit: int = 8) -> str:
    """A list in one line, the end of a long one counted; a single text as it is."""
    if isinstance(names, str):
        return value(names)
    shown = ", ".join(safe(name) for name in names[:limit])
    return f"{shown} and {len(names) - limit:,} more" if len(names) > limit else shown


def tally(changes: Iterable[Change], *, done: bool = False) -> str:
    """`create 5 users, suspend 1 user, add 3 members`; `created 5 users, …` where they are done."""
    return counted(count(changes), done=done)


def counted(counts: Mapping[str, int], *, done: bool = False) -> str:
    """The same of counts by kind and op, as `user.create`."""
    return ", ".join(
        f"{_DONE[op] if done else op} {number(counts[what], kind)}"
        for kind in Kind
        for op in Op
        if (what := f"{kind}.{op}") in counts
    )


def summary(plan: Plan) -> str:
    """The plan in one line."""
    first = "Nothing to change"
    if plan.changes:
        first = f"{number(len(plan.changes), 'change')}: {tally(plan.changes)}"
    rest = [
        f"{len(some):,} {word}"
        for some, word in (
            (plan.held, "held"),
            (plan.refused, "refused"),
            (plan.unsettled, "never settling"),
            (plan.drifted, "changed outside and left so"),
        )
        if some
    ]
    rest += [number(len(plan.conflicts), "conflict")] if plan.conflicts else []
    rest += [number(len(plan.failures), "failure")] if plan.failures else []
    left_out = sum(plan.withheld_changes.values())
    rest += [f"{number(left_out, 'removal')} withheld"] if left_out else []
    return "; ".join([first, *rest])


def group_of_member(change: Change) -> tuple[str, str]:
    """The user's and the group's name of a member's change, which is called `USER in GROUP`."""
    user, _, group = change.name.partition(" in ")
    return user, group
