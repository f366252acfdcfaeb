"""What target and ledger hold at one moment, and what happened between two such moments."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from msgspec import Struct

from syncd.core.memory import Link
from syncd.core.model import Entity, Group, Key, Kind, Member, Op, Ref, Stored, User, flat
from syncd.core.normal import same
from syncd.core.plan import Change
from tests.promises.site import Site

EARLY = 0
"""Any run's number is greater."""


@dataclass(frozen=True)
class Sight:
    users: Mapping[Ref, Stored[User]]
    groups: Mapping[Ref, Stored[Group]]
    members: frozenset[Member]
    links: tuple[Link, ...]
    doubtful: frozenset[tuple[Op, Kind, Key]]
    last_run: int

    @classmethod
    def of(cls, site: Site) -> "Sight":
        memory, inner = site.file.remembered(site.sync.name), site.memory
        return cls(
            users={one.ref: one for one in inner.users.read()},
            groups={one.ref: one for one in inner.groups.read()},
            members=frozenset(inner.members.read()),
            links=memory.links,
            doubtful=frozenset((one.op, one.kind, one.key) for one in memory.open_lines),
            last_run=memory.last_run or EARLY,
        )

    @property
    def linked(self) -> set[tuple[Kind, Ref]]:
        return {(one.kind, one.ref) for one in self.links}

    @property
    def administrators(self) -> set[Ref]:
        return {ref for ref, one in self.users.items() if one.entity.active and one.entity.admin}

    @property
    def rows(self) -> dict[tuple[Kind, Ref], Stored[Entity]]:
        users = {(Kind.USER, ref): one for ref, one in self.users.items()}
        return users | {(Kind.GROUP, ref): one for ref, one in self.groups.items()}


class Effect(Struct, frozen=True):
    """One thing that is otherwise than before. Of a member, `ref` is the group's. `fields` are
    what an update changed."""

    op: Op
    kind: Kind
    ref: Ref
    member: Ref | None = None
    fields: frozenset[str] = frozenset()

    @property
    def removes(self) -> bool:
        return self.op in (Op.SUSPEND, Op.DELETE, Op.REMOVE)


def effects(before: Sight, after: Sight) -> Iterator[Effect]:
    """Memberships that went with their group or their user are no effect of their own."""
    old, new = before.rows, after.rows
    for kind, ref in sorted(old.keys() | new.keys()):
        was, now = old.get((kind, ref)), new.get((kind, ref))
        if was is None:
            yield Effect(Op.CREATE, kind, ref)
        elif now is None:
            yield Effect(Op.DELETE, kind, ref)
        else:
            yield from _edits(kind, ref, flat(was.entity), flat(now.entity))
    for pair in sorted(after.members - before.members):
        yield Effect(Op.ADD, Kind.MEMBER, pair.group, pair.user)
    for pair in sorted(before.members - after.members):
        if pair.group in after.groups and pair.user in after.users:
            yield Effect(Op.REMOVE, Kind.MEMBER, pair.group, pair.user)


def _edits(kind: Kind, ref: Ref, was: Mapping, now: Mapping) -> Iterator[Effect]:
    if was.get("active") != now.get("active"):
        yield Effect(Op.RESTORE if now.get("active") else Op.SUSPEND, kind, ref)
    fields = {name for name in was.keys() | now.keys() if was.get(name) != now.get(name)}
    if fields := frozenset(fields - {"active"}):
        yield Effect(Op.UPDATE, kind, ref, fields=fields)


def happened(change: Change, before: Sight, after: Sight) -> bool:
    """Whether the target shows that it was made between the two."""
    match change.kind, change.op:
        case Kind.MEMBER, op:
            return (op is Op.ADD) == _is_member(change, after) != _is_member(change, before)
        case kind, Op.CREATE:
            made = after.rows.keys() - before.rows.keys()
            return any(of is kind and after.rows[of, ref].key == change.key for of, ref in made)
        case kind, Op.DELETE:
            return (kind, change.ref) in before.rows and (kind, change.ref) not in after.rows
        case kind, _:
            was, now = (sight.rows.get((kind, change.ref)) for sight in (before, after))
            return was != now and now is not None and _has(flat(now.entity), change.after)


def _is_member(change: Change, sight: Sight) -> bool:
    refs = {(one.kind, one.key): one.ref for one in sight.links}
    group = change.ref or refs.get((Kind.GROUP, change.key))
    user = change.member_ref or refs.get((Kind.USER, change.member))
    return group is not None and user is not None and Member(group, user) in sight.members


def _has(fields: Mapping, after: Mapping) -> bool:
    return all(same(fields.get(name), value, caseless=False) for name, value in after.items())
