"""What can happen to a world: in its sources, in its target by other hands, and to its readings."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from msgspec.structs import replace

from syncd.backends.memory import MemoryBackend
from syncd.core.model import Group, GroupRecord, Key, Kind, User, UserRecord
from syncd.core.plan import Plan
from syncd.errors import Rejected, SyncdError
from syncd.ledger import Signature, Wanted
from tests.world import Office, by_hand


@dataclass
class World(Office):
    """An office whose target stands on a wire. `planted` are the accounts of other people."""

    planted: set[str] = field(default_factory=set)

    @property
    def memory(self) -> MemoryBackend:
        return self.backend.inner


@dataclass(frozen=True)
class Has:
    """The source has this person, new or changed."""

    source: str
    record: UserRecord

    def happen(self, world: World) -> None:
        people = world.sources[self.source].people
        people[:] = [one for one in people if one.key != self.record.key] + [self.record]


@dataclass(frozen=True)
class Leaves:
    source: str
    key: str

    def happen(self, world: World) -> None:
        people = world.sources[self.source].people
        people[:] = [one for one in people if one.key != self.key]


@dataclass(frozen=True)
class Swap:
    """Two people of a source swap an attribute."""

    source: str
    name: str
    keys: tuple[str, str]

    def happen(self, world: World) -> None:
        people = world.sources[self.source].people
        by_key = {one.key: one for one in people}
        one, other = (by_key.get(Key(key)) for key in self.keys)
        if one and other and one is not other:
            left, right = dict(one.attributes), dict(other.attributes)
            left[self.name], right[self.name] = right.get(self.name, ""), left.get(self.name, "")
            by_key[one.key] = replace(one, attributes={k: v for k, v in left.items() if v})
            by_key[other.key] = replace(other, attributes={k: v for k, v in right.items() if v})
            people[:] = by_key.values()


@dataclass(frozen=True)
class HasGroup:
    source: str
    record: GroupRecord

    def happen(self, world: World) -> None:
        groups = world.sources[self.source].groups
        groups[:] = [one for one in groups if one.key != self.record.key] + [self.record]


@dataclass(frozen=True)
class LosesGroup:
    source: str
    key: str

    def happen(self, world: World) -> None:
        groups = world.sources[self.source].groups
        groups[:] = [one for one in groups if one.key != self.key]


@dataclass(frozen=True)
class Hand:
    """Somebody edits one account of the target; `number` picks which, None deletes it."""

    number: int
    field: str
    value: str | bool | None
    deletes: bool = False

    def happen(self, world: World) -> None:
        users = world.memory.users
        rows = list(users.read())
        if not rows or self.field not in users.holds.fields:
            return
        row = rows[self.number % len(rows)]
        if self.deletes:
            users._claim(row.ref, {}, {"user_name": row.entity.user_name, **_email(row)})
            del users._rows[row.ref]
            world.memory.members.drop(row.ref)
        elif self.value is not None or self.field not in users.holds.required:
            by_hand(world.memory, Kind.USER, row.ref, **{self.field: self.value})


def _email(row) -> dict[str, str | None]:
    return {"email": row.entity.email}


@dataclass(frozen=True)
class Plant:
    """Somebody makes an account, or a group, without syncd."""

    entity: User | Group

    def happen(self, world: World) -> None:
        users = isinstance(self.entity, User)
        collection = world.memory.users if users else world.memory.groups
        given = self.entity
        if users and "active" not in collection.holds.fields:
            given = replace(given, active=True)
        try:
            ref = collection.plant(given)
        except Rejected:
            return
        world.planted.add(ref)


@dataclass(frozen=True)
class Holds:
    """Somebody sets a legal hold on whoever has that key, now or later."""

    source: str
    key: str
    suspend: bool

    def happen(self, world: World) -> None:
        key = Key(f"{self.source}:{self.key}")
        who = {"key": key, "name": "", "reason": "a case", "by": "bea", "at": world.now}
        world.ledger.desk.hold(Wanted(**who, suspend=self.suspend))


@dataclass(frozen=True)
class Releases:
    """Somebody releases all holds."""

    def happen(self, world: World) -> None:
        for one in world.ledger.desk.holds():
            world.ledger.desk.release(one.hold, "ann", world.now)


@dataclass(frozen=True)
class Approve:
    """Somebody approves all that is held now, for so many days."""

    days: int

    def happen(self, world: World) -> None:
        if world.policy.budgets:
            with suppress(SyncdError):  # what cannot be read has no plan
                approve(world, world.plan(), self.days)


def approve(world: Office, plan: Plan, days: float = 1, by: str = "ann") -> None:
    """All that it holds, if that is anything."""
    if plan.held:
        until = world.now + timedelta(days=days)
        world.ledger.desk.approve(plan, Signature(by, world.now, until))


@dataclass(frozen=True)
class Step:
    """What happens, how the sources and the target are broken meanwhile, and the days until then."""

    events: tuple[object, ...]
    down: frozenset[str]
    gaps: frozenset[str]
    breaks: int | None
    cut: tuple[str, int] | None
    days: int

    @property
    def broken(self) -> bool:
        return bool(self.down or self.gaps or self.breaks is not None or self.cut)

    def happen(self, world: World) -> None:
        for event in self.events:
            event.happen(world)
        world.pass_days(self.days)
        for name, source in world.sources.items():
            source.down = name in self.down
            source.gaps = ("size limit exceeded",) if name in self.gaps else ()
        world.source.breaks = self.breaks
        world.backend.cut = dict([self.cut] if self.cut else [])
