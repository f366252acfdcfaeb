"""What a diff comes to, and the changes and marks that it is made of."""

from msgspec import Struct, field

from syncd.core.correlate import Ours
from syncd.core.memory import Mark, Remark
from syncd.core.model import NAME_FIELD, E, Key, Op, Ref, Rung, Update, User, flat
from syncd.core.plan import Change
from syncd.core.seen import seen_of

_NOTHING = Update({}, {})


class Found(Struct, frozen=True):
    """What a diff comes to: changes, what to remember, and what a person may want to know.

    `waiting` are the keys of which more may come with time, though nothing about them changes.
    `stripping` are the leavers who are to be in no group, each with the reason; those of them who
    are in none are remembered so by the mark in `bare`. `stopped` is what a legal hold stops, and
    in which words.
    """

    changes: list[Change]
    marks: list[Mark]
    notes: list[str]
    waiting: list[Key] = field(default_factory=list)
    stripping: dict[Key, str] = field(default_factory=dict)
    bare: dict[Key, Mark] = field(default_factory=dict)
    stopped: dict[tuple[Op, Ref], str] = field(default_factory=dict)


def change(
    op: Op, ours: Ours[E], reason: str, fields: Update = _NOTHING, rung: Rung | None = None
) -> Change:
    link, (before, after) = ours.link, (fields.before, fields.after)
    name = str(flat(ours.stored.entity)[NAME_FIELD[link.kind]])
    seen = seen_of(ours.stored)
    return Change(
        op, link.kind, link.key, name, link.ref, before, after, reason, rung=rung, seen=seen
    )


def suspension(ours: Ours[User], reason: str, rung: Rung | None = None) -> Change:
    return change(Op.SUSPEND, ours, reason, Update({"active": True}, {"active": False}), rung)


def deletion(ours: Ours[E], reason: str, rung: Rung | None = None) -> Change:
    """With all that it takes away: the journal is the last to know."""
    return change(Op.DELETE, ours, reason, Update(flat(ours.stored.entity), {}), rung)


def mark(remark: Remark, ours: Ours[E], rule: str = "") -> Mark:
    link = ours.link
    return Mark(remark, link.kind, link.key, link.ref, link.name, rule)
