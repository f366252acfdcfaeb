"""What changes of one thing, made one after the other, come to in the end."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from syncd.core.model import Key, Kind, Op, Value


class What(StrEnum):
    CREATED = "created"
    CHANGED = "changed"
    DELETED = "deleted"
    REPLACED = "replaced"  # deleted, and made anew
    ADDED = "added"
    REMOVED = "removed"


class Step(Struct, frozen=True):
    """One change that was made; `line` is its place among all."""

    line: int
    op: Op
    name: str
    before: Mapping[str, Value] = {}
    after: Mapping[str, Value] = {}


class Net(Struct, frozen=True):
    """What became of one thing. `fields` are from -> to; of a thing that is made or replaced, what
    it has in the end, and of one that is deleted, what is known that it had."""

    kind: Kind
    key: Key
    member: Key | None
    name: str
    what: What
    fields: Mapping[str, tuple[Value, Value]] = {}


def of_thing(kind: Kind, key: Key, steps: Sequence[Step]) -> Net | None:
    """Of a user or a group; None where all of it cancels out. There is at least one step, and
    they are in order."""
    there = steps[0].op is not Op.CREATE
    was_there, deleted = there, False
    first: dict[str, Value] = {}
    last: dict[str, Value] = {}
    for step in steps:
        if step.op is Op.DELETE:
            there, deleted = False, True
            last = {}
            continue
        if step.op is Op.CREATE:
            there, last = True, dict(step.after)
            continue
        for name, value in step.after.items():
            if not deleted:
                first.setdefault(name, step.before.get(name))
            last[name] = value
    what = _what(was_there, there, deleted)
    if what is None:
        return None
    fields = _fields(what, first if was_there else {}, last)
    if what is What.CHANGED and not fields:
        return None
    return Net(kind, key, None, steps[-1].name, what, fields)


def _what(was_there: bool, there: bool, deleted: bool) -> What | None:
    if was_there and there:
        return What.REPLACED if deleted else What.CHANGED
    if there:
        return What.CREATED
    return What.DELETED if was_there else None


def _fields(
    what: What, first: Mapping[str, Value], last: Mapping[str, Value]
) -> dict[str, tuple[Value, Value]]:
    before: Mapping[str, Value] = {} if what is What.REPLACED else first
    both = {name: (before.get(name), last.get(name)) for name in (*before, *last)}
    return {name: pair for name, pair in sorted(both.items()) if pair[0] != pair[1]}


def of_member(group: Key, user: Key, steps: Sequence[Step], ends: Iterable[int]) -> Net | None:
    """Of somebody's place in a group, which `ends` as well where either of them is deleted: at
    these lines. What was before that is part of the deletion."""
    last = max(ends, default=0)
    was_in = not last and steps[0].op is Op.REMOVE
    is_in = steps[-1].op is Op.ADD and steps[-1].line > last
    if was_in == is_in:
        return None
    what = What.ADDED if is_in else What.REMOVED
    return Net(Kind.MEMBER, group, user, steps[-1].name, what)


def inverse(net: Net) -> Net:
    """The same from its end to its beginning."""
    fields = {name: (after, before) for name, (before, after) in net.fields.items()}
    return Net(net.kind, net.key, net.member, net.name, _INVERSE.get(net.what, net.what), fields)


_INVERSE = {
    What.CREATED: What.DELETED,
    What.DELETED: What.CREATED,
    What.ADDED: What.REMOVED,
    What.REMOVED: What.ADDED,
}
