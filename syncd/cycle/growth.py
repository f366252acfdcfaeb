"""What a run that only made things and added members must have led to, held against the target.

Nobody needs to be decided about anew where the target has what was written, and is otherwise as
it was. That is seen in one walk through it, whatever the size of the run.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import groupby, islice
from typing import Any

import msgspec

from syncd.core.left import Growth
from syncd.core.model import Group, Key, Kind, Op, Ref, Stored, User, Value, flat
from syncd.core.normal import same
from syncd.core.plan import Change
from syncd.core.prints import print_of
from syncd.cycle.parts import TARGET_GROUPS, TARGET_USERS
from syncd.cycle.reads import PartRead, TargetRead
from syncd.cycle.workspace import Workspace
from syncd.paging import Members
from syncd.ports import Holds

RefsOf = Callable[[Kind, Collection[Key]], Mapping[Key, Ref]]
"""What things that were made are called by the target."""

GROWS = frozenset({Op.CREATE, Op.ADD})

_AT_ONCE = 2000
_PARTS = {Kind.USER: TARGET_USERS.part, Kind.GROUP: TARGET_GROUPS.part}


class Expected:
    """What the target should hold, by what it held before the run (`before`) and what was done."""

    def __init__(
        self,
        work: Workspace,
        before: TargetRead,
        declared: Mapping[Kind, Holds],
        managed: frozenset[str],
    ) -> None:
        """`managed` are the users' fields that are kept true, whether anything was given or not."""
        self._work, self._declared, self._managed = work, declared, managed
        self._made = dict.fromkeys(Kind, 0)
        self._sums = {
            Kind.USER: sum(map(_print, before.users.standing.rows())),
            Kind.GROUP: sum(map(_print, before.groups.standing.rows())),
            Kind.MEMBER: sum(_pairs(before.members)),
        }

    def add(self, done: Iterable[Change], refs: RefsOf) -> None:
        changes = iter(done)
        while some := list(islice(changes, _AT_ONCE)):
            for kind, alike in groupby(some, key=lambda change: change.kind):
                if kind is Kind.MEMBER:
                    self._add_members(list(alike), refs)
                else:
                    self._add_things(kind, list(alike), refs)

    def _add_things(self, kind: Kind, made: list[Change], refs: RefsOf) -> None:
        known = refs(kind, [change.key for change in made])
        rows = [(known.get(change.key, ""), _ENCODE(change.after)) for change in made]
        self._work.put_written(_PARTS[kind], rows)
        self._made[kind] += len(made)

    def _add_members(self, added: list[Change], refs: RefsOf) -> None:
        groups = refs(Kind.GROUP, {one.key for one in added if one.ref is None})
        new = {Key(one.member or "") for one in added if one.member_ref is None}
        users = refs(Kind.USER, new)
        for one in added:
            group = one.ref or groups.get(one.key)
            user = one.member_ref or users.get(Key(one.member or ""))
            self._sums[Kind.MEMBER] += hash((group, user))
        self._made[Kind.MEMBER] += len(added)

    def seen_in(self, target: TargetRead) -> Growth | None:
        """None where the target is in any way otherwise."""
        administrators: set[Ref] = set()
        if sum(_pairs(target.members)) != self._sums[Kind.MEMBER]:
            return None
        for kind, read in ((Kind.USER, target.users), (Kind.GROUP, target.groups)):
            others = self._others(kind, read, administrators)
            if others is None or others != self._sums[kind]:
                return None
        return Growth(self._made, frozenset(administrators))

    def _others(self, kind: Kind, read: PartRead[Any], administrators: set[Ref]) -> int | None:
        """The sum of what the run did not make; None where what it made is not as written."""
        written, others = self._work.written(_PARTS[kind]), 0
        following, caseless = next(written, None), self._declared[kind].caseless
        nothing = dict.fromkeys(self._managed) if kind is Kind.USER else {}
        for row in read.standing.rows():
            if following is None or row[0] != following[0]:
                others += _print(row)
                continue
            stored: Stored[Any] = read.standing.of.decode(row[1])
            if not _has(stored.entity, {**nothing, **_DECODE(following[1])}, caseless):
                return None
            if kind is Kind.USER and stored.entity.admin and stored.entity.active:
                administrators.add(stored.ref)
            following = next(written, None)
        return others if following is None else None


def _has(entity: User | Group, written: Mapping[str, Value], caseless: Collection[str]) -> bool:
    current = flat(entity)
    return getattr(entity, "active", True) and all(
        same(current.get(name), value, caseless=name in caseless) for name, value in written.items()
    )


def _print(row: tuple[str, bytes]) -> int:
    name, record = row
    return int.from_bytes(print_of(b"%b\0%b" % (name.encode(), record)))


def _pairs(members: PartRead[Any]) -> Iterator[int]:
    one: Members
    for one in members.standing.all():
        for user in set(one.users):
            yield hash((one.group, user))


_ENCODE = msgspec.msgpack.Encoder().encode
_DECODE = msgspec.msgpack.Decoder(dict[str, Value]).decode
