"""Generated worlds: sources, targets and policies, and what happens to them step by step.

Names are few, so that worlds are full of swaps, rivals and recycled names.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import strategies as st
from msgspec.structs import replace

from syncd.backends.memory import GROUPS, MEMBERS, USERS, MemoryBackend
from syncd.core.mapping import Scope, UserMapping
from syncd.core.merge import Precedence
from syncd.core.model import Group, GroupRecord, Key, Kind, Op, State, User, UserRecord
from syncd.core.policy import (
    DEFAULT_BUDGETS,
    Adopt,
    Budget,
    Leavers,
    Policy,
    Protect,
    VanishedGroups,
)
from syncd.errors import Rejected
from tests.wired import Wired
from tests.world import MemorySource, Office, by_hand

LOGINS = ("ada", "bob", "zoë", "admin-dan", "eve", "Bob")
EMAILS = ("a@x", "b@x", "c@x", None, "e@x", "B@x")
TITLES = (None, "Engineer", "Doctor")
GROUP_NAMES = ("eng", "ENG", "staff", "root")
KEYS = ("1", "2", "3", "4")
ELSEWHERE = ("5", "5", "5", "1")
"""Keys in the second source; who has the first is a rival, or the same person, by the merge."""
SOURCES = ("p", "q")


@st.composite
def records(draw, keys: Sequence[str] = KEYS):
    """A person in a source; most have the login and the e-mail of their own key."""
    key = draw(st.sampled_from(keys))
    own = int(key) - 1
    given = {"user_name": draw(_mostly(LOGINS[own], LOGINS))}
    for name, values in (
        ("email", _mostly(EMAILS[own], EMAILS)),
        ("title", _mostly(TITLES[1], TITLES)),
        ("admin", st.sampled_from((None, None, "true", "false"))),
    ):
        if (value := draw(values)) is not None:
            given[name] = value
    state = draw(_mostly(None, tuple(State)))
    return UserRecord(Key(key), given, state, f"people:{key}")


def _mostly(usual, others):
    return st.sampled_from((usual,) * 4 * len(others) + tuple(others))


@st.composite
def group_records(draw):
    members = draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=3))
    key = draw(st.sampled_from("gh"))
    name = draw(_mostly({"g": "eng", "h": "staff"}[key], GROUP_NAMES))
    return GroupRecord(Key(key), {"display_name": name}, tuple(map(Key, members)), f"groups:{key}")


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


HANDS = st.one_of(
    st.builds(Hand, st.integers(0, 5), st.just("active"), st.booleans()),
    st.builds(Hand, st.integers(0, 5), st.just("admin"), st.sampled_from([True, None])),
    st.builds(Hand, st.integers(0, 5), st.just("user_name"), st.sampled_from(LOGINS)),
    st.builds(Hand, st.integers(0, 5), st.just("email"), st.sampled_from(EMAILS)),
    st.builds(Hand, st.integers(0, 5), st.just("user_name"), st.none(), st.just(True)),
).map(lambda one: one)  # so that the kinds of edits do not each count as a kind of event
ENTITIES = st.builds(
    User,
    user_name=_mostly("robot", LOGINS),
    email=_mostly(None, EMAILS),
    active=st.booleans(),
    admin=st.sampled_from([None, True]),
) | st.builds(Group, display_name=st.sampled_from(GROUP_NAMES))
NAMED = st.sampled_from(["p", "p", "p", "q"])
EVENTS = st.one_of(
    *[st.builds(Has, st.just("p"), records())] * 3,
    st.builds(Has, st.just("q"), records(ELSEWHERE)),
    *[st.builds(Leaves, st.just("p"), st.sampled_from(KEYS))] * 3,
    st.builds(Leaves, st.just("q"), st.sampled_from(ELSEWHERE)),
    st.builds(
        Swap,
        NAMED,
        st.sampled_from(["user_name", "email"]),
        st.tuples(st.sampled_from(KEYS), st.sampled_from(KEYS)),
    ),
    st.builds(HasGroup, NAMED, group_records()),
    st.builds(LosesGroup, NAMED, st.sampled_from("gh")),
    HANDS,
    st.builds(Plant, ENTITIES),
)


@st.composite
def steps(draw, *, broken: bool | None = False):
    """`broken`: whether something is not read whole; None for either."""
    events = tuple(draw(st.lists(EVENTS, min_size=1, max_size=5)))
    days = draw(st.sampled_from([0, 1, 20, 50]))
    whole = Step(events, frozenset(), frozenset(), None, None, days)
    if broken is None:
        broken = draw(st.sampled_from([False, False, True]))
    if not broken:
        return whole
    names = st.sampled_from(["users", "groups", "members"])
    return draw(
        st.one_of(
            NAMED.map(lambda name: _but(whole, down=frozenset({name}))),
            NAMED.map(lambda name: _but(whole, gaps=frozenset({name}))),
            st.integers(1, 3).map(lambda number: _but(whole, breaks=number)),
            st.tuples(names, st.integers(0, 2)).map(lambda cut: _but(whole, cut=cut)),
        )
    )


def _but(step: Step, **given) -> Step:
    return Step(**{**step.__dict__, **given})


_PLAIN = {"fields": USERS.fields, "required": USERS.required}
HOLDS = (
    *[{}] * 10,
    {Kind.USER: replace(USERS, caseless=frozenset())},
    {Kind.USER: replace(USERS, immutable=frozenset({"user_name"}))},
    {Kind.USER: replace(USERS, required=USERS.required | {"email"})},
    {Kind.USER: replace(USERS, unique=frozenset({"user_name"}))},
    {Kind.USER: replace(USERS, ops=USERS.ops - {Op.DELETE})},
    {Kind.USER: replace(USERS, ops=USERS.ops - {Op.SUSPEND})},
    {Kind.USER: replace(USERS, ops=frozenset({Op.CREATE}))},
    {
        Kind.USER: replace(
            USERS, fields=USERS.fields - {"active"}, required=frozenset({"user_name"})
        )
    },
    {Kind.GROUP: replace(GROUPS, ops=frozenset()), Kind.MEMBER: replace(MEMBERS, ops=frozenset())},
    {Kind.MEMBER: replace(MEMBERS, ops=frozenset({Op.ADD}))},
    {Kind.GROUP: replace(GROUPS, ops=frozenset({Op.CREATE}))},
)
TIGHT = {
    (Kind.USER, Op.CREATE): Budget(count=4),
    (Kind.USER, Op.UPDATE): Budget(percent=50, minimum=2),
    (Kind.USER, Op.SUSPEND): Budget(count=1),
    (Kind.USER, Op.DELETE): Budget(percent=10),
    (Kind.MEMBER, Op.ADD): Budget(count=2),
    (Kind.MEMBER, Op.REMOVE): Budget(count=1),
    (Kind.GROUP, Op.DELETE): Budget(count=0),
}
POLICIES = st.builds(
    Policy,
    leavers=st.sampled_from([Leavers.SUSPEND, Leavers.DELETE, Leavers.DELETE, Leavers.IGNORE]),
    grace=st.sampled_from([timedelta(days=1), timedelta(days=30)]),
    restore=st.sampled_from([True, True, False]),
    vanished_groups=st.sampled_from(VanishedGroups),
    protect=st.builds(
        Protect,
        users=st.sampled_from([(), (), (), ("admin-*",), ("*@x",)]),
        groups=st.sampled_from([(), (), ("ROOT",)]),
    ),
    adopt=st.sampled_from(Adopt),
    adopt_groups=st.booleans(),
    budgets=st.sampled_from([*[{}] * 4, DEFAULT_BUDGETS, TIGHT]),
)
MAPPINGS = st.sampled_from(
    [
        UserMapping(),
        *[UserMapping(always={"admin": "admin"})] * 4,
        UserMapping(always={"admin": "admin", "display_name": "{{ title }} {{ user_name }}"}),
        UserMapping(on_create={"attributes.badge": "user_name"}, always={"title": None}),
        UserMapping(take=Scope(member_of=("eng", "staff")), always={"admin": "admin"}),
        UserMapping(take=Scope(unless={"title": ("Doctor",)})),
    ]
)
MERGES = st.sampled_from(
    [
        *[Precedence()] * 2,
        Precedence(by="email"),
        Precedence(by="email", attributes={"title": ("q",), "state": ("q", "p")}),
    ]
)


@st.composite
def worlds(draw, *, holds=HOLDS, policies=POLICIES):
    """An office before its first apply, its sources filled and foreign accounts in the target."""
    inner = MemoryBackend(holds=draw(st.sampled_from(holds)))
    world = World(
        sources={name: MemorySource() for name in SOURCES},
        backend=Wired(inner, batch_size=draw(st.sampled_from([1, 3, 100]))),
        policy=draw(policies),
        merge=draw(MERGES),
        users=draw(MAPPINGS),
    )
    world.source.supplies |= {"admin"}
    for entity in draw(st.lists(ENTITIES, max_size=2)):
        Plant(entity).happen(world)
    first = [Has("p", draw(records(key))) for key in KEYS if draw(_mostly(True, (False,)))]
    first += draw(st.lists(st.builds(Has, st.just("q"), records(ELSEWHERE)), max_size=2))
    first += draw(st.lists(st.builds(HasGroup, NAMED, group_records()), max_size=2))
    for event in first:
        event.happen(world)
    users = [ref for ref in sorted(world.planted) if ref.startswith("u")]
    inner.own = draw(st.sampled_from([None, *users]))
    return world
