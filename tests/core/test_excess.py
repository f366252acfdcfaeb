"""Only what is over a budget is held, and which of it depends on nothing but whom it is about."""

import os
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from syncd.core.approval import approval_print, freed
from syncd.core.excess import Bounds, Excess, Limit
from syncd.core.memory import Memory, OpenLine
from syncd.core.model import Key, Kind, Op, Ref
from syncd.core.order import place_after
from syncd.core.plan import Change
from syncd.core.policy import ADMIN, EACH, RENAME, Budget, Policy
from syncd.core.prints import print_of
from syncd.core.purses import is_wide, parting, purses, rank, turns_of
from syncd.core.spool import Trays
from syncd.core.tally import Tally
from syncd.core.trays import HELD
from syncd.cycle.spool import DiskSpool

MANY = settings(max_examples=int(os.environ.get("SYNCD_BUDGET_EXAMPLES", "50")))
TEN = dict.fromkeys(Kind, 10)
FIELDS = {
    "user_name": st.tuples(st.just("ada"), st.just("bob")),
    "title": st.tuples(st.sampled_from([None, "x"]), st.sampled_from([None, "y"])),
    "phone": st.tuples(st.just("1"), st.just("2")),
    "admin": st.tuples(st.sampled_from([None, False, True]), st.sampled_from([None, False, True])),
}


@st.composite
def updates(draw):
    fields = draw(st.lists(st.sampled_from(sorted(FIELDS)), min_size=1, unique=True))
    pairs = {name: draw(FIELDS[name]) for name in sorted(fields)}
    before, after = ({name: pair[which] for name, pair in pairs.items()} for which in (0, 1))
    approved = tuple(name for name in sorted(fields) if draw(st.integers(0, 5)) == 0)
    return Op.UPDATE, before, after, approved


OTHERS = st.sampled_from(
    [
        (Op.SUSPEND, {"active": True}, {"active": False}, ()),
        (Op.SUSPEND, {"active": True}, {"active": False}, ("suspend",)),
        (Op.DELETE, {}, {}, ()),
        (Op.CREATE, {}, {"user_name": "x"}, ()),
        (Op.CREATE, {}, {"user_name": "x", "admin": True}, ()),
    ]
)


@st.composite
def users(draw):
    found = []
    for number in range(draw(st.integers(0, 12))):
        op, before, after, approved = draw(st.one_of(updates(), OTHERS))
        key = f"p:{number}"
        one = Change(op, Kind.USER, Key(key), key, Ref(key), before, after, approved=approved)
        found.append(one)
    return found


@st.composite
def removals(draw):
    pairs = st.tuples(st.sampled_from("gh"), st.integers(0, 9))
    return [
        Change(
            Op.REMOVE, Kind.MEMBER, Key(g), g, Ref(g), member=Key(f"p:{n}"), member_ref=Ref(f"u{n}")
        )
        for g, n in sorted(draw(st.sets(pairs, max_size=12)))
    ]


PURSES = [
    (Kind.USER, Op.UPDATE),
    (Kind.USER, Op.SUSPEND),
    (Kind.USER, Op.CREATE),
    (Kind.USER, RENAME),
    (Kind.USER, ADMIN),
    (Kind.USER, Op.UPDATE, EACH),
    (Kind.USER, Op.UPDATE, "title"),
    (Kind.MEMBER, Op.REMOVE),
    (Kind.MEMBER, Op.REMOVE, EACH),
]
BUDGETS = st.dictionaries(st.sampled_from(PURSES), st.builds(Budget, count=st.integers(0, 6)))
SPENT = st.dictionaries(
    st.sampled_from([*PURSES[:5], (Kind.USER, Op.UPDATE, "title"), PURSES[7]]), st.integers(0, 4)
)


def judged(changes, budgets, spent, apart=(), spool=None):
    """What runs and what is held of users; `apart` are those that lie in trays."""
    spool, tally, lost = spool or Trays(), Tally(), []
    excess = Excess(Policy(budgets=budgets), Memory(spent=spent), spool, lost.extend)
    for one in apart:
        tally.count([one])
        excess.put(one.kind, one.op, [(place_after(one), one, "")])
    tally.count(changes)
    within, held = excess.hold(list(changes), tally.planned, TEN)
    runs = [*within, *spool.changes(list(excess.trays.values()))]
    held += spool.refusals({HELD: ""})
    assert {one.id for one in lost} <= {r.change.id for r in held if r.change.op is Op.CREATE}
    return by_id(runs), sorted(
        ((r.change.id, dict(r.change.after), r.rule) for r in held), key=lambda one: one[::2]
    )


def by_id(changes):
    return sorted(changes, key=lambda change: change.id)


def atoms(some):
    """The single fields of updates, and any other change as one."""
    return {
        (change.id, name)
        for change in some
        for name in (change.after if change.op is Op.UPDATE else [None])
    }


@MANY
@given(users(), BUDGETS, SPENT)
def test_never_more_runs_than_there_is_room_for_and_only_the_excess_is_held(some, budgets, spent):
    """Of what draws on one budget only, it is held to the last that is too much."""
    runs, held = judged(some, budgets, spent)
    drawn, planned = (Counter(p for c in of for p in purses(c)) for of in (runs, some))
    policy = Policy(budgets=budgets)
    for purse, number in planned.items():
        if (budget := policy.budget(purse)) is not None:
            room = max(0, budget.count - spent.get(purse, 0))
            assert drawn[purse] <= room
            narrow = not is_wide(purse) and policy.budget((*purse[:1], Op.UPDATE)) is None
            if narrow and purse[1] != ADMIN:
                assert drawn[purse] == min(room, number)
    lost = {(one, name) for one, after, _ in held for name in after}
    assert {(one, name) for one, name in atoms(some) if name} - lost <= atoms(runs)
    for change in some:  # what was approved is not held
        for name in change.approved if change.op is Op.UPDATE else ():
            assert (change.id, name) in atoms(runs)
    assert held or runs == by_id(some)


@MANY
@given(users(), BUDGETS, SPENT, st.randoms(), st.sampled_from([Trays, DiskSpool]))
def test_the_choice_is_the_same_in_any_order_and_in_any_slices(some, budgets, spent, luck, spool):
    """Be they decided about at once or apart, in memory or on disk."""
    expected = judged(some, budgets, spent)
    mixed = luck.sample(some, len(some))
    assert judged(mixed, budgets, spent) == expected
    cut = luck.randint(0, len(some))
    assert judged(mixed[:cut], budgets, spent, mixed[cut:], spool()) == expected


@MANY
@given(users(), BUDGETS, SPENT, st.sampled_from(PURSES))
def test_what_is_held_grows_less_as_a_budget_grows(some, budgets, spent, which):
    """By a wide one, nobody is held who ran before; by a narrow one, no more are."""
    if which not in budgets:
        return
    more = {**budgets, which: Budget(count=budgets[which].count + 1)}
    (runs, _), (then, _) = judged(some, budgets, spent), judged(some, more, spent)
    if is_wide(which):
        assert atoms(runs) <= atoms(then)
    assert len({one for one, _ in atoms(runs)}) <= len({one for one, _ in atoms(then)})


@MANY
@given(removals(), BUDGETS, SPENT, st.randoms(), st.sampled_from([Trays, DiskSpool]))
def test_of_a_group_no_more_goes_than_its_own_budget_and_that_of_all(
    some, budgets, spent, luck, spool
):
    """In whatever order the groups come; and a group that is held leaves the others their room."""
    policy = Policy(budgets=budgets)

    def members(order, spool):
        excess, planned = Excess(policy, Memory(spent=spent), spool, list), Counter()
        for key in order:
            rows = [(place_after(one), one, "") for one in some if one.key == key]
            if rows:
                kept, number = excess.of_group(luck.sample(rows, len(rows)), key, 10)
                excess.put(Kind.MEMBER, Op.REMOVE, kept)
                planned[Kind.MEMBER, Op.REMOVE] += number
        excess.hold_members(planned, TEN)
        runs = list(spool.changes(list(excess.trays.values())))
        return runs, list(spool.refusals({HELD: ""}))

    runs, held = members("gh", Trays())
    assert members("hg", spool()) == (runs, held)
    room = {
        purse: max(0, budget.count - spent.get(purse, 0))
        for purse in {p for one in some for p in purses(one)}
        if (budget := policy.budget(purse)) is not None
    }
    drawn = Counter(purse for one in runs for purse in purses(one))
    assert all(drawn[purse] <= number for purse, number in room.items())
    by_group = Counter(one.key for one in some)
    left = sum(min(room.get((*PURSES[7], key), 99), number) for key, number in by_group.items())
    assert len(runs) == min(room.get(PURSES[7], 99), left)


def test_a_group_is_cut_by_its_own_budget_and_says_what_is_left():
    """What is approved draws on nothing; of the others some print is the last one to have room."""
    policy = Policy(budgets={(Kind.MEMBER, Op.REMOVE, EACH): Budget(count=3)})
    five = [
        Change(Op.REMOVE, Kind.MEMBER, Key("g"), "g", Ref("g"), member=Key(name))
        for name in "abcde"
    ]
    some = [*five, replace(five[0], member=Key("f"), approved=("remove",))]
    rows = [(place_after(one), one, "") for one in some]

    def cut(turns=None):
        excess = Excess(policy, Memory(), Trays(), list, turns)
        kept, drawing = excess.of_group(rows, "g", 10)
        return {one.member for _, one, _ in kept}, drawing, excess.parted

    by_print = sorted(five, key=rank)
    assert cut() == (
        {"f", *(one.member for one in by_print[:3])},
        3,
        set(parting(Kind.MEMBER, rank(by_print[2]))),
    )
    turns = {Key(name): at for at, name in enumerate("bdeac")}
    assert cut(turns)[:2] == ({"f", "b", "d", "e"}, 3)


def test_whose_turn_it_is_goes_by_the_person():
    """In all budgets; and so few are changed by half."""
    some = [Change(Op.SUSPEND, Kind.USER, Key(f"p:{n}"), "") for n in range(50)]
    removed = [
        replace(one, op=Op.REMOVE, kind=Kind.MEMBER, key="g", member=one.key) for one in some
    ]
    assert [one.key for one in sorted(some, key=rank)] == [
        one.member for one in sorted(removed, key=rank)
    ]
    assert len({rank(replace(removed[0], key=Key(group))) for group in "gh"}) == 2


def test_what_an_update_draws_on():
    """A name, an administrator's rights and each field that loses its value; not what was empty,
    nor a step aside from a name."""
    before = {"user_name": "a", "title": None, "phone": "1", "admin": None, "email": "a@x"}
    after = {"user_name": "b", "title": "x", "phone": None, "admin": False, "email": "b@x"}
    change = Change(Op.UPDATE, Kind.USER, Key("1"), "a", Ref("u"), before, after)
    wide = Kind.USER, Op.UPDATE
    assert purses(change) == (wide, (Kind.USER, RENAME), (*wide, "phone"), (*wide, "email"))
    assert purses(replace(change, after={**after, "admin": True}))[-2] == (Kind.USER, ADMIN)
    assert purses(replace(change, approved=tuple(after))) == ()
    assert purses(replace(change, temporary=True)) == ()


def test_a_creation_draws_on_the_budget_of_administrators_where_it_makes_one():
    """And not otherwise."""
    made = Change(Op.CREATE, Kind.USER, Key("1"), "a", after={"user_name": "a", "admin": False})
    assert purses(made) == ((Kind.USER, Op.CREATE),)
    assert purses(replace(made, after={"user_name": "a"})) == ((Kind.USER, Op.CREATE),)
    given = replace(made, after={"user_name": "a", "admin": True})
    assert purses(given) == ((Kind.USER, Op.CREATE), (Kind.USER, ADMIN))


def test_an_administrators_budget_is_of_those_who_are_there_and_those_to_come():
    """Who is only about to be made can be one too; where nobody is, nobody is counted."""
    given = Change(Op.UPDATE, Kind.USER, Key("1"), "a", Ref("u"), {"admin": False}, {"admin": True})
    made = Change(Op.CREATE, Kind.USER, Key("2"), "b", after={"user_name": "b"})
    for some, of in (([given], 10), ([given, made], 11)):
        _, held = judged(some, {(Kind.USER, ADMIN): Budget(count=0)}, {})
        assert [rule for *_, rule in held] == [
            f"over budget user.admin: 1 planned, 0 allowed of {of}; 1 of these held"
        ]


def test_fields_that_were_held_by_themselves_are_approved_by_themselves():
    """And those that were held together, because others of the same update were not."""
    names = ("email", "phone", "title")
    before, after = dict.fromkeys(names, "x"), dict.fromkeys(names, "y")
    change = Change(Op.UPDATE, Kind.USER, Key("1"), "a", Ref("u"), before, after, "changed")

    def of(*fields):
        return replace(
            change, before={n: before[n] for n in fields}, after={n: after[n] for n in fields}
        )

    by = {approval_print(of("title")): "ann"}
    assert freed(change, by).approved == ("title",)
    assert freed(change, by).reason == "changed; title approved by ann"
    by[approval_print(of("email", "phone"))] = "bob"
    both = freed(change, by)
    assert both.approved == ("email", "phone", "title")
    assert both.reason == "changed; title approved by ann; email, phone approved by bob"
    assert freed(change, {approval_print(of("email", "phone")): "bob"}) == change
    assert freed(replace(change, op=Op.RESTORE), by).approved == ()


def test_what_a_narrow_budget_holds_of_hundreds_counts_for_the_wide_one_no_more():
    """To the last of them, of whichever lot it was."""
    some = [
        Change(
            Op.CREATE,
            Kind.USER,
            Key(f"p:{number}"),
            f"{number}",
            after={"user_name": f"{number}", "admin": number % 2 == 0},
        )
        for number in range(1200)
    ]
    budgets = {(Kind.USER, ADMIN): Budget(count=3), (Kind.USER, Op.CREATE): Budget(count=602)}
    runs, held = judged([], budgets, {}, some)
    assert (len(runs), len(held)) == (602, 598)
    rules = Counter(rule for _, _, rule in held)
    assert rules == {
        "over budget user.admin: 600 planned, 3 allowed of 1210; 597 of these held": 597,
        "over budget user.create: 603 planned, 602 allowed of 10; 1 of these held": 1,
    }
    room = {**budgets, (Kind.USER, Op.CREATE): Budget(count=603)}
    assert len(judged([], room, {}, some)[0]) == 603


@pytest.mark.parametrize(
    ("purse", "budget", "spent", "planned", "limit"),
    [
        (PURSES[0], Budget(count=3), 0, 3, None),
        (PURSES[0], None, 9, 9, None),
        (PURSES[0], Budget(), 9, 9, None),
        (
            PURSES[0],
            Budget(count=3),
            0,
            5,
            Limit(3, "over budget user.update: 5 planned, 3 allowed of 40; 2 of these held"),
        ),
        (
            PURSES[0],
            Budget(percent=10),
            3,
            2,
            Limit(
                1,
                "over budget user.update: 2 planned, 3 done in the last 36 h, 4 allowed of 40; "
                "1 of these held",
            ),
        ),
        (
            PURSES[1],
            Budget(percent=10),
            10,
            2,
            Limit(
                0,
                "over budget user.suspend: 2 planned, 10 done in the last 36 h, 5 allowed of 50; "
                "2 of these held",
            ),
        ),
        (
            PURSES[6],
            Budget(count=0),
            0,
            1,
            Limit(
                0,
                "over budget user.update of title: 1 planned, 0 allowed of 40; 1 of these held",
            ),
        ),
        (
            (*PURSES[7], "p:g"),
            Budget(count=1),
            0,
            2,
            Limit(
                1,
                "over budget member.remove of group Guests: 2 planned, 1 allowed of 40; "
                "1 of these held",
            ),
        ),
    ],
)
def test_a_limit_says_how_much_is_left_and_in_which_words(purse, budget, spent, planned, limit):
    """Of what takes people out of the number that it is a share of, those were there before."""
    budgets = {} if budget is None else {purse: budget}
    policy = Policy(budgets=budgets, window=timedelta(hours=36))
    bounds = Bounds(policy, Counter({purse: spent}))
    assert bounds.limit(purse, planned, 40, "Guests") == limit


def test_what_was_begun_counts_as_done_until_it_is_due_again():
    """By its line's number; what is due is planned, and not counted twice."""
    lines = tuple(
        OpenLine(number, Op.SUSPEND, Kind.USER, Key(f"p:{number}"), Ref("u"), {}, {})
        for number in (7, 8)
    )
    policy = Policy(budgets={PURSES[1]: Budget(count=2)})
    some = [Change(Op.SUSPEND, Kind.USER, Key(f"p:{n}"), "", Ref("u")) for n in (8, 9)]
    excess = Excess(policy, Memory(open_lines=lines), Trays(), list)
    assert list(excess.overtaken) == [7, 8]
    assert excess.overtaken[7] == Change(Op.SUSPEND, Kind.USER, Key("p:7"), "", Ref("u"))
    excess.due(some)
    assert list(excess.overtaken) == [7]
    planned = Counter(purse for one in some for purse in purses(one))
    within, held = excess.hold(some, planned, TEN)
    assert (len(within), len(held)) == (1, 1)
    assert held[0].rule.startswith("over budget user.suspend: 2 planned, 1 done in the last 24 h")


def test_a_membership_that_was_begun_is_known_by_its_member():
    """Another one of the same group is not it."""
    line = OpenLine(7, Op.REMOVE, Kind.MEMBER, Key("g"), Ref("g"), {}, {}, member=Key("a"))
    excess = Excess(Policy(), Memory(open_lines=(line,)), Trays(), list)
    due = Change(Op.REMOVE, Kind.MEMBER, Key("g"), "", Ref("g"), member=Key("b"))
    excess.due([due])
    assert list(excess.overtaken) == [7]
    excess.due([replace(due, member=Key("a"))])
    assert list(excess.overtaken) == []


def test_what_a_narrow_budget_holds_of_those_who_are_tied_counts_no_more_either():
    """Of an update whose other fields run it does."""
    some = [
        Change(Op.CREATE, Kind.USER, Key(f"p:{n}"), "", after={"user_name": f"{n}", "admin": True})
        for n in range(6)
    ]
    budgets = {(Kind.USER, ADMIN): Budget(count=2), (Kind.USER, Op.CREATE): Budget(count=2)}
    runs, held = judged(some, budgets, {})
    assert (len(runs), {rule for *_, rule in held}) == (
        2,
        {"over budget user.admin: 6 planned, 2 allowed of 16; 4 of these held"},
    )
    tight = {**budgets, (Kind.USER, Op.CREATE): Budget(count=1)}
    rules = Counter(rule for *_, rule in judged(some, tight, {})[1])
    assert rules == {
        "over budget user.admin: 6 planned, 2 allowed of 16; 4 of these held": 4,
        "over budget user.create: 2 planned, 1 allowed of 10; 1 of these held": 1,
    }


def test_who_came_in_the_window_makes_no_room():
    """Of users and groups those that were made or restored, of a group those who were added to it;
    where all are new they are all that there is."""
    policy = Policy(
        budgets={
            (Kind.USER, Op.SUSPEND): Budget(percent=50, minimum=0),
            (Kind.USER, Op.UPDATE, "title"): Budget(percent=50, minimum=0),
            (Kind.MEMBER, Op.REMOVE): Budget(percent=50, minimum=0),
            (Kind.MEMBER, Op.REMOVE, EACH): Budget(percent=50, minimum=0),
        }
    )
    spent = Counter(
        {
            (Kind.USER, Op.CREATE): 3,
            (Kind.USER, Op.RESTORE): 1,
            (Kind.GROUP, Op.CREATE): 7,
            (Kind.MEMBER, Op.ADD): 2,
            (Kind.MEMBER, Op.ADD, "g"): 5,
        }
    )
    bounds = Bounds(policy, spent)
    assert bounds.limit((Kind.USER, Op.SUSPEND), 4, 10) == Limit(
        3,
        "over budget user.suspend: 4 planned, 3 allowed of 6 that were there 24 h ago; "
        "1 of these held",
    )
    assert bounds.limit((Kind.USER, Op.SUSPEND), 3, 4) == Limit(
        2, "over budget user.suspend: 3 planned, 2 allowed of 4; 1 of these held"
    )
    assert bounds.limit((Kind.USER, Op.SUSPEND), 2, 5).rule.startswith(
        "over budget user.suspend: 2 planned, 1 allowed of 1 that were there 24 h ago"
    )
    assert bounds.limit((Kind.USER, Op.UPDATE, "title"), 9, 10).room == 3
    assert bounds.limit((Kind.MEMBER, Op.REMOVE), 9, 12).room == 5
    assert bounds.limit((Kind.MEMBER, Op.REMOVE, "g"), 9, 13, "G").room == 4
    assert bounds.limit((Kind.MEMBER, Op.REMOVE, "h"), 9, 12, "H").room == 6


@MANY
@given(users(), BUDGETS, removals())
def test_whose_turn_it_is_can_be_told_without_the_keys(some, budgets, members):
    """By what parted those who had room from those who had not: others of the same turns are held
    likewise, be they called otherwise."""
    policy = Policy(budgets=budgets)

    def held(of, turns=None):
        tally = Tally()
        tally.count([one for one in of if one.kind is Kind.USER])
        excess = Excess(policy, Memory(), Trays(), list, turns)
        _, refused = excess.hold([one for one in of if one.kind is Kind.USER], tally.planned, TEN)
        spool, planned = excess._spool, Counter()
        for key in "gh":
            rows = [(place_after(one), one, "") for one in of if one.member and one.name == key]
            if rows:
                kept, number = excess.of_group(rows, key, 10)
                excess.put(Kind.MEMBER, Op.REMOVE, kept)
                planned[Kind.MEMBER, Op.REMOVE] += number
        excess.hold_members(planned, TEN)
        return [*refused, *spool.refusals({HELD: ""})], excess.parted

    whole = [*some, *members]
    expected, parted = held(whole)
    keys = {key for one in whole for key in (one.key, one.member) if key}
    turns = turns_of(keys, parted)
    found, _ = held(whole, turns)
    assert {one.change.id for one in found} == {one.change.id for one in expected}


def test_a_turn_is_a_place_among_the_ends_of_budgets():
    """Of members the person's comes first; whom nobody knows has the first."""
    print_1, print_2 = (int.from_bytes(print_of(key)) for key in (b"1", b"2"))
    low, high = sorted([print_1, print_2])
    ends = {low, high, high + 1}
    keys = {print_1: Key("1"), print_2: Key("2")}
    assert turns_of([Key("1"), Key("2")], ends) == {keys[low]: 0, keys[high]: 1}
    change = Change(Op.REMOVE, Kind.MEMBER, Key("g"), "", member=Key("1"))
    assert rank(change, {Key("g"): 3, Key("1"): 5}) == (5 << 64) + 3
    assert rank(change, {Key("1"): 5}) == 5 << 64
    assert rank(change, {}) == 0
    alone = replace(change, kind=Kind.USER, member=None)
    assert rank(alone, {Key("g"): 3}) == 3
    assert rank(alone) == int.from_bytes(print_of(b"g"))
    halves = print_of(b"1")[:8] + print_of(b"g")[:8]
    assert rank(change) == int.from_bytes(halves)


def test_where_a_budget_ends_parts_the_keys_of_people_and_of_groups():
    """By their prints' first halves, for a member has both in its rank."""
    assert parting(Kind.USER, 77) == (77,)
    ones = (1 << 64) - 1
    assert parting(Kind.MEMBER, (5 << 64) + 3) == (
        (5 << 64) - 1,
        (5 << 64) + ones,
        (3 << 64) + ones,
    )


@pytest.mark.parametrize(
    ("before", "after", "draws"),
    [
        (True, False, True),
        (True, None, True),
        (False, True, True),
        (None, True, True),
        (None, False, False),
        (False, None, False),
        (True, True, False),
    ],
)
def test_who_becomes_an_administrator_or_is_one_no_longer_draws_on_that_budget(
    before, after, draws
):
    """To say of somebody that they are none is nothing."""
    change = Change(
        Op.UPDATE, Kind.USER, Key("1"), "a", Ref("u"), {"admin": before}, {"admin": after}
    )
    wide = (Kind.USER, Op.UPDATE)
    assert purses(change) == ((wide, (Kind.USER, ADMIN)) if draws else (wide,))


def test_of_an_update_that_was_begun_what_is_not_due_again_counts_as_done():
    """Fields that it does not have any more, or that are as they were to be; each line by itself."""
    begun = OpenLine(
        7,
        Op.UPDATE,
        Kind.USER,
        Key("p:1"),
        Ref("u"),
        {"title": "Dr", "phone": "2", "email": "b@x"},
        {"title": "Mr", "phone": "1", "email": "a@x"},
    )
    again = OpenLine(8, Op.UPDATE, Kind.USER, Key("p:1"), Ref("u"), {"title": "Dr"}, {"title": "x"})
    approved = OpenLine(
        9,
        Op.UPDATE,
        Kind.USER,
        Key("p:2"),
        Ref("v"),
        {"title": "Dr"},
        {"title": "x"},
        approved=("title",),
    )
    due = Change(
        Op.UPDATE,
        Kind.USER,
        Key("p:1"),
        "ada",
        Ref("u"),
        {"title": "Mr", "phone": "2"},
        {"title": "Dr", "phone": "3"},
    )
    excess = Excess(Policy(), Memory(open_lines=(begun, again, approved)), Trays(), list)
    spent = excess._bounds.spent
    assert spent[Kind.USER, Op.UPDATE] == 2
    assert spent[Kind.USER, Op.UPDATE, "title"] == 2
    excess.due([due])
    assert {line: dict(one.after) for line, one in excess.overtaken.items()} == {
        7: {"email": "b@x", "phone": "2"},
        9: {"title": "Dr"},
    }
    assert +spent == {
        (Kind.USER, Op.UPDATE): 1,
        (Kind.USER, Op.UPDATE, "phone"): 1,
        (Kind.USER, Op.UPDATE, "email"): 1,
    }
    excess.due([due])
    assert list(excess.overtaken) == [9, 7]
    gone = Excess(Policy(), Memory(open_lines=(replace(begun, op=Op.DELETE),)), Trays(), list)
    gone.due([replace(due, op=Op.DELETE)])
    assert gone.overtaken == {}
