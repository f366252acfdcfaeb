"""Generated worlds: sources, targets and policies, and what happens to them step by step.

Names are few, so that worlds are full of swaps, rivals and recycled names.
"""

from collections.abc import Sequence
from datetime import timedelta

from hypothesis import strategies as st
from msgspec.structs import replace

from syncd.backends.memory import GROUPS, MEMBERS, USERS, MemoryBackend
from syncd.core.hold import Hold
from syncd.core.mapping import Scope, UserMapping
from syncd.core.merge import Precedence
from syncd.core.model import Group, GroupRecord, Key, Kind, Op, Reference, State, User, UserRecord
from syncd.core.policy import (
    ADMIN,
    DEFAULT_BUDGETS,
    EACH,
    RENAME,
    Adopt,
    Budget,
    Leavers,
    Policy,
    Protect,
    VanishedGroups,
)
from tests.core.events import (
    Approve,
    Hand,
    Has,
    HasGroup,
    Holds,
    Leaves,
    LosesGroup,
    Plant,
    Releases,
    Step,
    Swap,
    World,
)
from tests.wired import Wired
from tests.world import MemorySource

LOGINS = ("ada", "bob", "zoë", "admin-dan", "eve", "Bob")
EMAILS = ("a@x", "b@x", "c@x", None, "e@x", "B@x")
TITLES = (None, "Engineer", "Doctor")
GROUP_NAMES = ("eng", "ENG", "staff", "root")
KEYS = ("1", "2", "3", "4")
ELSEWHERE = ("5", "5", "5", "1")
"""Keys in the second source; who has the first is a rival, or the same person, by the merge."""
SOURCES = ("p", "q")
ELSEWHERE_NAMED = tuple(
    (Reference(source, attribute, value, "groups"),)
    for source, attribute, value in (
        ("p", "user_name", "ada"),
        ("p", "user_name", "BOB"),
        ("q", "key", "5"),
        ("q", "email", "a@x"),
    )
)
"""How groups name users of any source."""


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
    elsewhere = draw(_mostly((), ELSEWHERE_NAMED))
    origin = f"groups:{key}"
    return GroupRecord(
        Key(key), {"display_name": name}, tuple(map(Key, members)), origin, elsewhere
    )


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
    st.builds(Approve, st.sampled_from([1, 60])),
    st.builds(Holds, NAMED, st.sampled_from(KEYS), st.booleans()),
    st.just(Releases()),
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
    (Kind.USER, RENAME): Budget(count=1),
    (Kind.GROUP, RENAME): Budget(count=0),
    (Kind.USER, ADMIN): Budget(count=1),
    (Kind.USER, Op.UPDATE, EACH): Budget(count=1),
    (Kind.MEMBER, Op.REMOVE, EACH): Budget(percent=50),
    (Kind.MEMBER, Op.ADD, EACH): Budget(count=1),
}
POLICIES = st.builds(
    Policy,
    leavers=st.sampled_from([Leavers.SUSPEND, Leavers.DELETE, Leavers.DELETE, Leavers.IGNORE]),
    grace=st.sampled_from([timedelta(days=1), timedelta(days=30)]),
    suspend_after=st.sampled_from([timedelta(), timedelta(), timedelta(), timedelta(days=1)]),
    strip_after=st.sampled_from([None, None, timedelta(days=1), timedelta(days=20)]),
    legal_holds=st.sampled_from([(), (), (), (), (Hold("p:1", "a case", "ann", pattern=True),)]),
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
