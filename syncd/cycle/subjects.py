"""Whom a cycle is about that is about exactly some: the things that a plan, or a run, touches."""

from itertools import chain

from msgspec import Struct, field

from syncd.core.model import Key, Kind, Op, Ref
from syncd.core.plan import Change, Plan

MANY = 50_000
"""From so many on, to pick them out one by one costs more than to look at everybody."""


class Subjects(Struct):
    """Users and groups by full key and by ref; what has no ref yet only by its key.

    `guarded` is whether anything may be taken from them: then those that a guard counts, or goes
    by, are looked at too. They are too `many` to be picked out where that is cheaper for all, or
    where it is not known beforehand who they are. Where sources are `unread`, what they said last
    will do.
    """

    keys: set[Key] = field(default_factory=set)
    refs: set[Ref] = field(default_factory=set)
    groups: set[Key] = field(default_factory=set)
    group_refs: set[Ref] = field(default_factory=set)
    guarded: bool = False
    many: bool = False
    unread: bool = False

    def add(self, kind: Kind, key: Key, ref: Ref | None) -> None:
        """A user, or a group; of members, the group."""
        of_user = kind is Kind.USER
        (self.keys if of_user else self.groups).add(key)
        if ref is not None:
            (self.refs if of_user else self.group_refs).add(ref)
        self.many |= len(self.keys) + len(self.refs) > MANY

    def add_change(self, change: Change) -> None:
        self.add(change.kind, change.key, change.ref)
        if change.member is not None:
            self.add(Kind.USER, change.member, change.member_ref)
        self.guarded |= change.removes


def subjects_of(plan: Plan) -> Subjects:
    """Those of a plan's changes, of what it held, for that may be approved by now, and of what it
    adopts; as far as they are not many."""
    found = Subjects()
    for mark in plan.marks:
        found.add(mark.kind, mark.key, mark.ref)
    for change in chain(plan.changes, (one.change for one in plan.held)):
        found.add_change(change)
        # Whoever is in a group by now is concerned by its deletion.
        found.many |= change.kind is Kind.GROUP and change.op is Op.DELETE
        if found.many:
            break
    return found
