"""Counts, marks and problems of many parts: added up, in order, and none twice."""

from collections import Counter
from datetime import UTC, datetime

from msgspec.structs import replace

from syncd.backends.memory import USERS
from syncd.core.correlate import Correlated, Ours
from syncd.core.desired import HalfKnown
from syncd.core.drift import Attributed
from syncd.core.evidence import NOTHING
from syncd.core.found import Found
from syncd.core.judge import Sifted
from syncd.core.mapping import Doubts
from syncd.core.memory import Link, Mark, Remark
from syncd.core.merge import Person
from syncd.core.model import Key, Kind, Op, Ref, Rung, Stored, User
from syncd.core.parts import Findings
from syncd.core.plan import Change, Plan, Problem, Refusal
from syncd.core.policy import RENAME
from syncd.core.tally import Tally, thing, things, told_of

UPDATE = Change(
    Op.UPDATE, Kind.USER, Key("p:1"), "ada", Ref("u1"), {"user_name": "a"}, {"user_name": "b"}
)
ADDED = Change(Op.ADD, Kind.MEMBER, Key("p:g"), "", member=Key("p:2"))
STRIPPED = replace(ADDED, op=Op.REMOVE, rung=Rung.STRIP)
GONE = Change(Op.DELETE, Kind.GROUP, Key("p:h"), "h", Ref("g2"))
PLAN = Plan(sync="main", target="wiki", created=datetime(2026, 4, 1, tzinfo=UTC), config="c0ffee")


def person(**attributes):
    return Person(Key("p:1"), attributes, None, "", {}, {})


def mark(remark, key, old_key=None, kind=Kind.USER):
    return Mark(remark, kind, Key(key), Ref("u"), "", "", old_key and Key(old_key))


def test_whom_a_change_is_about():
    """Of members the user; of who is stripped the group too."""
    assert thing(UPDATE) == (Kind.USER, "p:1")
    assert thing(ADDED) == (Kind.USER, "p:2")
    assert list(things(ADDED)) == [(Kind.USER, "p:2")]
    assert list(things(STRIPPED)) == [(Kind.USER, "p:2"), (Kind.GROUP, "p:g")]


def test_parts_of_one_update_draw_on_a_budget_once():
    """And are one op of it."""
    tally, other = Tally(), replace(UPDATE, before={"phone": "1"}, after={"phone": "2"})
    tally.count([UPDATE, GONE, other])
    assert tally.planned == {
        (Kind.USER, Op.UPDATE): 1,
        (Kind.USER, RENAME): 1,
        (Kind.USER, Op.UPDATE, "phone"): 1,
        (Kind.GROUP, Op.DELETE): 1,
    }
    assert tally.ops == {(Kind.USER, Op.UPDATE), (Kind.GROUP, Op.DELETE)}
    tally.count([ADDED])
    assert tally.planned[Kind.MEMBER, Op.ADD] == 1


def test_what_is_withheld_is_counted_and_stays_open():
    """With whomever it is about."""
    tally = Tally()
    tally.withhold([GONE, STRIPPED])
    tally.withhold([GONE])
    assert tally.withheld == {"group.delete": 2, "member.remove": 1}
    assert set(tally.undecided()) == {
        (Kind.GROUP, "p:h"),
        (Kind.USER, "p:2"),
        (Kind.GROUP, "p:g"),
    }


def test_what_is_desired_of_parts_is_told_in_order():
    """Problems by kind, key and words; what is half known and doubtful of all together."""
    tally = Tally()
    problems = [
        Problem(Kind.USER, Key("2"), "", "b"),
        Problem(Kind.USER, Key("2"), "", "a"),
        Problem(Kind.GROUP, Key("3"), "", "c"),
    ]
    for one in problems:
        tally.add_desired(
            replace(
                NOTHING,
                conflicts=(one,),
                failures=(one,),
                half_known=HalfKnown(1, "email", one.key, f"user{one.key}"),
                doubts=Doubts(1, frozenset({("title", "titel")})),
            )
        )
    tally.settled([Problem(Kind.GROUP, Key("1"), "", "z")])
    assert [one.why for one in tally.conflicts] == ["z", "c", "a", "b"]
    assert [one.key for one in tally.failures] == ["3", "2", "2"]
    assert list(tally.doubts) == [
        "title is empty for everybody: nobody has titel; is that name right?"
    ]
    (note,) = tally.notes
    assert note == (
        "nothing is done to 3 with email, such as user2: "
        "a source that was not read whole may say more of them"
    )


def test_rights_that_are_stated_and_not_mapped_are_told_of_with_the_rule_to_map_them():
    """Where the target has them, and anybody has any."""
    words = "admin is stated in the sources and not mapped: left alone; map `admin` in"
    held = USERS
    for admin, managed, told in (
        ("true", frozenset(), True),
        ("", frozenset(), False),
        ("true", frozenset({"admin"}), False),
    ):
        tally = Tally()
        people = {Key("p:1"): person(admin=admin), Key("p:2"): person()}
        tally.add_desired(replace(NOTHING, people=people, managed=managed))
        tally.add_desired(NOTHING)
        expected = [f"{words} `users.always` to keep it true"] if told else []
        assert tally.unmapped_admin(held) == expected
        if told:
            once = replace(held, immutable=frozenset({"admin"}))
            assert tally.unmapped_admin(once) == [
                f"{words} `users.on_create` to give it to new accounts"
            ]
            assert tally.unmapped_admin(replace(held, fields=held.fields - {"admin"})) == []
        once = Tally()
        once.add_desired(replace(NOTHING, people=people, once=frozenset({"admin"})))
        assert once.unmapped_admin(held) == []


def test_what_is_remembered_comes_in_turn():
    """What a link gives up first, then new keys, then the rest; what is not proven is not."""
    tally = Tally()
    tally._marks = [
        mark(Remark.RETURNED, "p:5"),
        mark(Remark.LEFT, "p:4"),
        mark(Remark.REKEY, "p:3", "p:2"),
        mark(Remark.FORGET, "p:2"),
        mark(Remark.ADOPT, "p:1"),
        mark(Remark.FORGET, "p:2", kind=Kind.GROUP),
    ]
    tally._bare = {
        Key("p:6"): mark(Remark.STRIPPED, "p:6"),
        Key("p:7"): mark(Remark.STRIPPED, "p:7"),
    }
    tally.in_groups([Key("p:7"), Key("p:8")])
    assert [(one.remark, one.kind, one.key) for one in tally.marks(whole=True)] == [
        (Remark.FORGET, Kind.USER, "p:2"),
        (Remark.REKEY, Kind.USER, "p:3"),
        (Remark.FORGET, Kind.GROUP, "p:2"),
        (Remark.ADOPT, Kind.USER, "p:1"),
        (Remark.LEFT, Kind.USER, "p:4"),
        (Remark.RETURNED, Kind.USER, "p:5"),
        (Remark.STRIPPED, Kind.USER, "p:6"),
    ]
    assert [one.remark for one in tally.marks(whole=False)] == [
        Remark.REKEY,
        Remark.ADOPT,
        Remark.RETURNED,
    ]


def test_whoever_a_plan_tells_of_stays_open():
    """But those of whom only a field is left; they are told of apart."""
    tally = Tally()
    tally._waiting = {(Kind.USER, Key("w"))}
    tally.withhold([replace(GONE, key=Key("o"))])
    tally.add_desired(
        replace(
            NOTHING,
            conflicts=(Problem(Kind.USER, Key("k"), "", ""),),
            failures=(Problem(Kind.GROUP, Key("f"), "", ""),),
        )
    )
    tally._marks = [mark(Remark.REKEY, "m", "old")]
    tally._bare = {Key("b"): mark(Remark.STRIPPED, "b")}
    created = replace(UPDATE, op=Op.CREATE, key=Key("c"))
    plan = replace(
        PLAN,
        changes=(STRIPPED,),
        held=(Refusal(replace(UPDATE, key=Key("h")), ""),),
        refused=(Refusal(replace(UPDATE, key=Key("r")), ""),),
        unsettled=(Refusal(created, ""), Refusal(replace(UPDATE, key=Key("u")), "")),
        drifted=(Refusal(replace(UPDATE, key=Key("d")), ""), Refusal(created, "")),
    )
    assert set(tally.left_open(plan)) == {
        *((Kind.USER, key) for key in ("w", "m", "old", "b", "p:2", "h", "r", "k", "c")),
        (Kind.GROUP, "p:g"),
        (Kind.GROUP, "f"),
        (Kind.GROUP, "o"),
    }
    assert set(tally.undecided()) == {
        (Kind.USER, "k"),
        (Kind.GROUP, "f"),
        (Kind.GROUP, "o"),
    }
    assert list(told_of(plan)) == [(Kind.USER, "u"), (Kind.USER, "d")]


def found(number, *, active=True, called="ada", foreign=()):
    """What is found about one account of ours, under a link that calls it `ada`."""
    key, ref = Key(f"p:{number}"), Ref(f"u{number}")
    ours = Ours(
        Link(Kind.USER, key, ref, "ada"), Stored(ref, User(user_name=called, active=active))
    )
    told = Found([], [], [f"note {number}"], [key], {}, {key: mark(Remark.STRIPPED, key)})
    left = [replace(UPDATE, op=Op.SUSPEND, key=key)]
    return Findings(
        (),
        Correlated((ours,), tuple(foreign), (mark(Remark.LEFT, key),), (), frozenset()),
        frozenset({Key(f"q:{number}")}),
        told,
        Sifted([], [], left),
        {},
        Attributed(causes=Counter({"source": number})),
    )


def test_parts_are_added_up():
    """Whichever comes first, nothing of another is lost."""
    tally = Tally()
    tally.add(Kind.USER, found(1, foreign=(Stored(Ref("f"), User(user_name="f")),)))
    tally.add(Kind.USER, found(2, active=False))
    tally.add(Kind.USER, found(3, called="countess"))
    tally.add(Kind.USER, found(4))
    assert tally.population == {Kind.USER: 3}
    assert tally.foreign == {Kind.USER: 1}
    assert tally.causes == {"source": 10}
    assert tally.withheld == {"user.suspend": 4}
    assert tally.renamed == {(Kind.USER, "u3"): "countess"}
    assert list(tally.notes) == [f"note {number}" for number in range(1, 5)]
    of = {source: {(Kind.USER, f"{source}:{number}") for number in range(1, 5)} for source in "pq"}
    assert set(tally.undecided()) == of["p"] | of["q"]
    bare, left = Remark.STRIPPED, Remark.LEFT
    assert {(one.remark, one.key) for one in tally.marks(whole=True)} == {
        (remark, f"p:{number}") for remark in (bare, left) for number in range(1, 5)
    }
    waiting = Tally()
    for number in (1, 2):
        whole = found(number)
        waiting.add(Kind.USER, replace(whole, sifted=Sifted([], [], []), undecided=frozenset()))
    waiting._marks, waiting._bare = [], {}
    assert set(waiting.left_open(PLAN)) == {(Kind.USER, "p:1"), (Kind.USER, "p:2")}


def test_that_a_suspension_is_emulated_is_told_where_somebody_is_suspended():
    """Or restored; not where nothing of that runs, nor where the target has such a state."""
    emulated = replace(USERS, emulated="by a group")
    said = ["suspension is emulated: by a group"]
    for op, target, told in (
        (Op.SUSPEND, emulated, said),
        (Op.RESTORE, emulated, said),
        (Op.UPDATE, emulated, []),
        (Op.SUSPEND, USERS, []),
    ):
        tally = Tally()
        tally.count([replace(UPDATE, op=op)])
        assert tally.emulated(target) == told
