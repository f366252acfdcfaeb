"""What becomes of one thing in a plan, as words: for a terminal and for Markdown alike."""

from collections.abc import Iterator
from typing import NamedTuple

from syncd.core.memory import Remark
from syncd.core.model import ATTRIBUTES, NAME_FIELD, Kind, Op
from syncd.core.outcome import Affected, Fate, Outcome
from syncd.render.changes import in_order
from syncd.render.words import NOTHING, SIGNS, STYLES, value

_OPS = frozenset(Op)
_STOPPED = {
    Fate.HELD: "held",
    Fate.REFUSED: "refused",
    Fate.UNSETTLED: "never settles",
    Fate.DRIFTED: "changed outside, and left so",
}


class Step(NamedTuple):
    """A field and what it was and becomes; `before` is None where it is given for the first
    time."""

    field: str
    before: str | None
    after: str


def steps(one: Outcome, kind: Kind) -> Iterator[Step]:
    """Of a creation without the name, for by that it is called already."""
    if one.what not in {Op.CREATE, Op.UPDATE}:
        return
    created = one.what == Op.CREATE
    for name in in_order(one.after):
        if not created or (name != NAME_FIELD[kind] and one.after[name] is not None):
            before = None if created else value(one.before.get(name)) or NOTHING
            yield Step(name.removeprefix(ATTRIBUTES), before, value(one.after[name]))


def verb(one: Outcome) -> str:
    """`create`, `held: suspend`, `conflict`."""
    if one.what == Remark.LEFT:
        return "leaves, and no more is done yet"
    if not one.what:
        return one.fate.value
    stopped = _STOPPED.get(one.fate)
    return f"{stopped}: {one.what}" if stopped else one.what


def sign(one: Affected) -> tuple[str, str]:
    """By what becomes of it in the end, and its style."""
    last = (one.after or one.before)[0]
    if last.what not in _OPS:
        return ("=", "cyan") if last.what else ("!", "red")
    op = Op(last.what)
    return SIGNS[op], "yellow" if last.fate in _STOPPED else STYLES[op]
