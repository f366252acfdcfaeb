"""Canary waves: who comes first, what comes along, and that nothing is lost or comes too early."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from syncd.core.model import Key, Kind, Op
from syncd.core.order import places
from syncd.core.plan import Change, Plan, Wave
from syncd.core.policy import Cohort, Waves
from syncd.core.prints import print_of
from syncd.core.stream import encode
from syncd.core.waves import by_key, in_waves, parted
from tests.world import NOON


def made(*changes: Change) -> Plan:
    at = places(changes)
    in_order = tuple(sorted(changes, key=lambda one: at[one.id]))
    return Plan(sync="main", target="wiki", created=NOON, config="c0ffee", changes=in_order)


def user(key: str, op: Op = Op.UPDATE, needs: tuple[str, ...] = ()) -> Change:
    return Change(op, Kind.USER, Key(key), f"login-{key}", needs=needs)


def group(key: str, op: Op = Op.CREATE) -> Change:
    return Change(op, Kind.GROUP, Key(key), f"Group {key}")


def member(of: str, key: str, op: Op = Op.ADD, needs: tuple[str, ...] = ()) -> Change:
    change = Change(op, Kind.MEMBER, Key(of), f"login-{key} in Group {of}", needs=needs)
    return Change(
        op, Kind.MEMBER, Key(of), change.name, member=Key(key), reason="a member", needs=needs
    )


def nobody(_keys):
    return {}


PILOTS = Waves(first=(Cohort(users=("login-1",), wait=timedelta(minutes=10)),), minimum=2)


def turns(plan: Plan) -> list[list[str]]:
    return [[change.id for change in some] for some in parted(plan.changes, plan.waves)]


def test_who_is_named_comes_first():
    """With the wait after them; all others follow."""
    plan = in_waves(made(user("1"), user("2"), user("3")), PILOTS, nobody)
    assert turns(plan) == [["user/update/1"], ["user/update/2", "user/update/3"]]
    assert plan.waves == (Wave("login-1", 1, 600.0), Wave("all others", 2))


def test_a_small_plan_has_no_waves():
    """Nor has one where no wave is set, or all are of one."""
    plan = made(user("1"), user("2"))
    assert in_waves(plan, Waves(first=PILOTS.first, minimum=3), nobody) is plan
    assert in_waves(plan, Waves(minimum=0), nobody) is plan
    others = made(user("2"), user("3"))
    assert in_waves(others, PILOTS, nobody) is others


def test_members_come_with_their_user():
    """By the login that the target knows them by, where nothing else is done about them."""
    asked = []

    def names(keys):
        asked.append(set(keys))
        return {Key("1"): "login-1"}

    plan = in_waves(made(member("g", "1"), member("g", "2"), member("h", "1")), PILOTS, names)
    assert turns(plan) == [["member/add/g/1", "member/add/h/1"], ["member/add/g/2"]]
    assert asked == [{"1", "2"}]


def test_groups_are_made_first_and_deleted_last():
    """Whoever is first needs the groups; who is last is in them still."""
    plan = made(user("1"), user("2"), group("new"), group("old", Op.DELETE))
    assert turns(in_waves(plan, PILOTS, nobody)) == [
        ["group/create/new", "user/update/1"],
        ["user/update/2", "group/delete/old"],
    ]


def test_what_a_change_needs_comes_no_later():
    """1 takes the name that 2 gives up: so 1 waits for the wave of 2."""
    plan = made(user("1", needs=("user/update/2",)), user("2"), user("4", needs=("gone",)))
    assert in_waves(plan, PILOTS, nobody).waves == ()
    also = made(*plan.changes, user("1", Op.RESTORE))
    assert turns(in_waves(also, PILOTS, nobody))[0] == ["user/restore/1"]


def test_a_share_and_names_together():
    """Either is enough; the words say both."""
    waves = Waves(first=(Cohort(percent=50, users=("login-1",)),), minimum=1)
    plan = in_waves(made(*(user(str(number)) for number in range(200))), waves, nobody)
    first, rest = turns(plan)
    assert "user/update/1" in first
    assert 60 < len(first) < 140
    assert len(first) + len(rest) == 200
    assert plan.waves[0].words == "50 % of people and login-1"
    assert plan.waves[0].wait == 0


def test_the_last_wave_that_there_is_has_no_wait_after_it():
    """Though it is not the last of those that are set; and nobody but the named is in theirs."""
    waves = Waves(
        first=(
            Cohort(users=("login-1", "login-2"), wait=timedelta(minutes=1)),
            Cohort(users=("login-3",), wait=timedelta(minutes=2)),
        ),
        minimum=0,
    )
    plan = in_waves(made(user("2"), user("3"), user("1")), waves, nobody)
    assert plan.waves == (Wave("login-1, login-2", 2, 60.0), Wave("login-3", 1, 0.0))
    share = in_waves(made(user("1"), user("2")), Waves(first=(Cohort(percent=100),)), nobody)
    assert share.waves == ()


def test_a_share_is_counted_in_words_and_asks_for_no_names():
    """Nor are names asked for where no change is about a membership alone."""

    def asked(_keys):
        raise AssertionError("nobody's name was wanted")

    half = Waves(first=(Cohort(percent=50),), minimum=0)
    plan = in_waves(made(*(member("g", str(number)) for number in range(60))), half, asked)
    assert [wave.words for wave in plan.waves] == ["50 % of people", "all others"]
    assert in_waves(made(user("1"), user("2")), PILOTS, asked).waves[0].changes == 1


def test_a_member_who_is_made_by_an_earlier_lot_comes_with_that_wave():
    """However many changes are between the two; and it is the wave of the person, not the name."""
    asked = []

    def names(keys):
        asked.extend(keys)
        return dict.fromkeys(keys, "login-1")

    many = [user(f"x{number}") for number in range(600)]
    first, last = user("1", Op.UPDATE), member("g", "1")
    other = member("g", "x5")
    plan = Plan(
        sync="main",
        target="wiki",
        created=NOON,
        config="c0ffee",
        changes=(first, *many, other, last),
    )
    waved = in_waves(plan, PILOTS, names)
    assert turns(waved)[0] == [first.id, last.id]
    assert turns(waved)[1] == [one.id for one in (*many, other)]
    assert set(asked) == {"1", "x5"}


keys = st.integers(0, 8).map(str)
changes = st.lists(
    st.one_of(
        st.builds(user, keys, st.sampled_from([Op.CREATE, Op.UPDATE, Op.SUSPEND])),
        st.builds(group, keys, st.sampled_from([Op.CREATE, Op.DELETE])),
        st.builds(member, keys, keys, st.sampled_from([Op.ADD, Op.REMOVE])),
    ),
    unique_by=lambda one: one.id,
    max_size=30,
)
cohorts = st.builds(
    Cohort, st.sampled_from([1.0, 20.0, 60.0]), st.sampled_from([(), ("login-3",), ("*",)])
)


@given(changes, st.lists(cohorts, max_size=3), st.randoms(use_true_random=False))
def test_waves_lose_nothing_and_keep_what_is_needed_before(some, first, random):
    """The same changes, each once; none before what it needs; larger shares hold the smaller."""
    needy = []
    for at, one in enumerate(some):
        before = [other.id for other in some[:at] if random.random() < 0.1]
        needy.append(Change(**{**_fields(one), "needs": tuple(before)}))
    plan = made(*needy)
    waved = in_waves(plan, Waves(first=tuple(first), minimum=0), nobody)

    assert sorted(map(encode, waved.changes)) == sorted(map(encode, plan.changes))
    done: set[str] = set()
    for change in waved.changes:
        assert done.issuperset(change.needs)
        done.add(change.id)
    assert [len(turn) for turn in turns(waved)] == (
        [wave.changes for wave in waved.waves] or [len(plan.changes)]
    )
    assert all(wave.changes for wave in waved.waves)


@given(st.lists(st.text(min_size=1, max_size=5), unique=True), st.floats(0, 50), st.floats(0, 50))
def test_a_larger_share_holds_the_smaller(some, share, more):
    """So that who was first with 5 % is first with 20 %."""

    def first(percent):
        waves = Waves(first=(Cohort(percent=percent),), minimum=0)
        waved = in_waves(made(*map(user, some)), waves, nobody)
        return {c.id for c in waved.changes[: waved.waves[0].changes]} if waved.waves else None

    few, many = first(share), first(share + more)
    assert few is None or many is None or few <= many


def _fields(change: Change):
    return {name: getattr(change, name) for name in Change.__struct_fields__}


def test_who_has_no_name_fits_no_pattern():
    """Not even the one that fits all."""
    everybody = Waves(first=(Cohort(users=("*",)),), minimum=0)
    plan = in_waves(made(member("g", "1"), user("2")), everybody, nobody)
    assert turns(plan) == [["user/update/2"], ["member/add/g/1"]]


def test_a_whole_share_is_everybody_and_a_share_ends_before_its_end():
    """A key that stands just there is of the next wave."""
    some = made(*(user(str(number)) for number in range(300)))
    assert in_waves(some, Waves(first=(Cohort(percent=100),), minimum=0), nobody) is some
    points = {
        key: int.from_bytes(print_of(key.encode())[:4]) / 2**32 for key in map(str, range(300))
    }
    exact = {key: at * 100 for key, at in points.items() if at * 100 / 100 == at}
    for key, percent in list(exact.items())[:5]:
        found = in_waves(some, Waves(first=(Cohort(percent=percent),), minimum=0), nobody)
        first = {change.key for change in found.changes[: found.waves[0].changes]}
        assert first == {other for other, at in points.items() if at < points[key]}


def test_waves_by_key_are_the_same_waves():
    """Each person in the first that they would be in; groups in none."""
    asked = []

    def names(keys):
        asked.append(set(keys))
        return {Key("3"): "login-1"}

    waves = Waves(
        first=(Cohort(users=("login-1",)), Cohort(users=("login-1", "login-2"), percent=1)),
        minimum=0,
    )
    some = [group("1"), user("1"), user("2"), member("g", "3"), member("g", "1"), user("4")]
    known = by_key(waves, some, names)
    assert [one.keys for one in known.first] == [{"1", "3"}, {"2"}]
    assert [(one.users, one.percent) for one in known.first] == [
        (("login-1",), 0.0),
        (("login-1", "login-2"), 1),
    ]
    assert asked == [{"3", "1"}]
    plan = made(*some)
    assert turns(in_waves(plan, known, nobody)) == turns(in_waves(plan, waves, names))
    everybody = Waves(first=(Cohort(percent=100, users=("*",), keys=frozenset({Key("2")})),))
    found = in_waves(made(user("1"), user("2")), replace(everybody, minimum=0), nobody)
    assert turns(found) == [["user/update/2"], ["user/update/1"]]


def test_each_wave_has_its_turn():
    """Of three as of two."""
    minute = timedelta(minutes=1)
    first = tuple(Cohort(users=(f"login-{n}",), wait=n * minute) for n in (1, 2))
    plan = in_waves(made(*map(user, "4321")), Waves(first=first, minimum=0), nobody)
    assert plan.waves == (
        Wave("login-1", 1, 60.0),
        Wave("login-2", 1, 120.0),
        Wave("all others", 2),
    )
    assert turns(plan) == [["user/update/1"], ["user/update/2"], ["user/update/3", "user/update/4"]]


def test_of_whom_no_name_is_known_is_in_no_wave_by_name():
    """Not even where the pattern fits all names."""
    everybody = Waves(first=(Cohort(users=("*",)),), minimum=0)
    known = by_key(everybody, [member("g", "1"), user("2")], nobody)
    assert [one.keys for one in known.first] == [{"2"}]
