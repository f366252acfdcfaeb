"""What a diff makes of each pair, with its reason, and nothing besides."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from syncd.core.correlate import Ours
from syncd.core.desired import Wanted
from syncd.core.diff import Comparison, diff_groups, diff_users, join, update_of
from syncd.core.ladder import Ground
from syncd.core.memory import Link, Mark, Remark, Watched
from syncd.core.model import Group, Key, Kind, Op, Ref, Rung, Stored, User
from syncd.core.plan import Change
from syncd.core.policy import Leavers, Policy, VanishedGroups
from syncd.core.seen import seen_of
from tests.world import NOON

DAY = timedelta(days=1)
ADA = User(user_name="ada", title="Dr")
LINK = Link(Kind.USER, Key("p:1"), Ref("u1"), "called")
GROUP_LINK = Link(Kind.GROUP, Key("p:g"), Ref("g1"), "Guests")
FREE = Policy(budgets={})


def wanted(entity=ADA, key="p:1", **how):
    return Wanted(Key(key), entity, "people.yaml:1", **how)


def ours(entity=ADA, **how):
    return Ours(replace(LINK, **how), Stored(Ref("u1"), entity))


def guests(**how):
    return Ours(replace(GROUP_LINK, **how), Stored(Ref("g1"), Group(display_name="Guests")))


def both(left=(), right=(), **how):
    given = {
        "managed": frozenset({"title", "user_name", "display_name"}),
        "once": frozenset({"locale"}),
        "caseless": frozenset({"user_name"}),
        "absent": {},
        "undecided": frozenset(),
    }
    return Comparison(list(left), list(right), **{**given, **how})


def change(op, reason, before, after, **how):
    """Of Ada's account as it is there."""
    given = {"name": "ada", "seen": seen_of(Stored(Ref("u1"), how.pop("stored", ADA))), **how}
    return Change(
        op,
        Kind.USER,
        Key("p:1"),
        given.pop("name"),
        Ref("u1"),
        before,
        after,
        reason,
        **given,
    )


def found(result):
    return result.changes, result.marks, result.notes, result.waiting


def diff(left=(), right=(), policy=FREE, **how):
    return found(diff_users(both(left, right, **how), Ground(policy, NOON)))


ASLEEP = replace(ADA, active=False)


def test_who_has_no_account_gets_one_with_what_is_managed_or_given_once():
    """And its other keys, in order; no more of it is written."""
    person = replace(ADA, locale="de", email="a@x", phone="1")
    creation = Change(
        Op.CREATE,
        Kind.USER,
        Key("p:1"),
        "ada",
        after={"locale": "de", "title": "Dr", "user_name": "ada"},
        reason="new: people.yaml:1",
        aliases=(Key("q:1"), Key("r:1")),
    )
    new = wanted(person, aliases=(Key("r:1"), Key("q:1")))
    assert diff([new]) == ([creation], [], [], [])
    assert list(creation.after) == list(diff([new])[0][0].after)


def test_who_is_suspended_in_the_source_and_has_no_account_is_waited_for():
    """And said so."""
    words = (
        "ada is suspended in the source and has no account; none is created until they are active"
    )
    assert diff([wanted(ASLEEP)]) == ([], [], [words], ["p:1"])


def test_an_update_has_the_managed_fields_that_differ():
    """Without case where the target has none, and told with its origin."""
    there = User(user_name="ADA", title="Prof", phone="1")
    update = change(
        Op.UPDATE,
        "changed: people.yaml:1",
        {"title": "Prof"},
        {"title": "Dr"},
        name="ADA",
        stored=there,
    )
    assert diff([wanted()], [ours(there)]) == ([update], [], [], [])
    managed = frozenset({"title", "user_name"})
    assert update_of(wanted(), ours(there), managed, frozenset({"user_name"})) == update
    sensitive = update_of(wanted(), ours(there), managed, frozenset({"title"}))
    assert dict(sensitive.after) == {"title": "Dr", "user_name": "ada"}
    assert update_of(wanted(), ours(), managed, frozenset()) is None


@pytest.mark.parametrize(
    ("entity", "stored", "stamps", "policy", "expected"),
    [
        (
            ASLEEP,
            ADA,
            {},
            FREE,
            (
                [
                    change(
                        Op.SUSPEND, "suspended in the source", {"active": True}, {"active": False}
                    )
                ],
                [],
                [],
                [],
            ),
        ),
        (
            ADA,
            ADA,
            {"suspended_at": NOON},
            FREE,
            ([], [Mark(Remark.ACTIVE, Kind.USER, "p:1", "u1", "called")], [], []),
        ),
        (
            ADA,
            ASLEEP,
            {"suspended_at": NOON},
            FREE,
            (
                [
                    change(
                        Op.RESTORE,
                        "active again in the source",
                        {"active": False},
                        {"active": True},
                        stored=ASLEEP,
                    )
                ],
                [],
                [],
                [],
            ),
        ),
        (
            ADA,
            ASLEEP,
            {"suspended_at": NOON},
            replace(FREE, restore=False),
            (
                [],
                [],
                ["called stays suspended: a restoration is not allowed by policy"],
                ["p:1"],
            ),
        ),
        (ADA, ASLEEP, {}, FREE, ([], [], ["called stays suspended: disabled by hand"], ["p:1"])),
        (ASLEEP, ASLEEP, {}, FREE, ([], [], [], [])),
        (ASLEEP, ASLEEP, {"suspended_at": NOON}, FREE, ([], [], [], [])),
        (ADA, ADA, {}, FREE, ([], [], [], [])),
        (
            ADA,
            ADA,
            {"left_at": NOON},
            FREE,
            ([], [Mark(Remark.RETURNED, Kind.USER, "p:1", "u1", "called")], [], []),
        ),
    ],
)
def test_an_account_follows_the_standing_of_its_person(entity, stored, stamps, policy, expected):
    """And only what syncd suspended comes back."""
    assert diff([wanted(entity)], [ours(stored, **stamps)], policy) == expected


def test_who_is_not_wanted_goes_down_the_ladder_with_the_reason():
    """Unless leavers are ignored; of whom nothing is decided, nothing is done."""
    gone = change(
        Op.SUSPEND,
        "leaver: is in no source any more",
        {"active": True},
        {"active": False},
        rung=Rung.SUSPEND,
    )
    changes, marks, notes, _waiting = diff([], [ours()])
    assert (changes, notes) == ([gone], [])
    assert marks == [
        Mark(Remark.LEFT, Kind.USER, "p:1", "u1", "called", "is in no source any more")
    ]
    changes, marks, *_ = diff([], [ours()], absent={Key("p:1"): "dates ran out"})
    assert changes[0].reason == "leaver: dates ran out"
    assert marks[0].rule == "dates ran out"
    assert diff([], [ours()], replace(FREE, leavers=Leavers.IGNORE)) == ([], [], [], [])
    undecided = frozenset({Key("p:1")})
    assert diff([], [ours()], undecided=undecided) == ([], [], [], [])
    assert diff([wanted()], [], undecided=undecided) == ([], [], [], [])
    rest = diff([wanted(), wanted(key="p:2")], [], undecided=undecided)
    assert [one.key for one in rest[0]] == ["p:2"]


def test_a_group_that_vanished_is_deleted_only_after_its_grace():
    """Where that is the policy; when it was first missed is remembered, and nothing else is done."""
    left = Mark(Remark.LEFT, Kind.GROUP, "p:g", "g1", "Guests", "is in no source any more")
    deleting = Policy(
        budgets={}, vanished_groups=VanishedGroups.DELETE, grace=3 * DAY, group_grace=2 * DAY
    )
    ground = Ground(deleting, NOON, {2 * DAY: Watched(1, NOON)})

    def vanished(one, ground=ground):
        return found(diff_groups(both([], [one]), ground))

    assert vanished(guests()) == ([], [left], [], ["p:g"])
    assert vanished(guests(left_at=NOON - 1.9 * DAY)) == ([], [], [], ["p:g"])
    changes, marks, notes, waiting = vanished(guests(left_at=NOON - 2 * DAY))
    assert [(c.op, c.kind, c.key, c.name, c.ref, c.reason, dict(c.before)) for c in changes] == [
        (
            Op.DELETE,
            Kind.GROUP,
            "p:g",
            "Guests",
            "g1",
            "in no source since 2026-03-30",
            {"display_name": "Guests"},
        )
    ]
    assert (marks, notes, waiting) == ([], [], ["p:g"])
    empty = replace(ground, policy=replace(deleting, vanished_groups=VanishedGroups.EMPTY))
    assert vanished(guests(), empty) == ([], [left], [], [])
    assert vanished(guests(left_at=NOON - 9 * DAY), empty) == ([], [], [], [])
    ignored = replace(ground, policy=replace(deleting, vanished_groups=VanishedGroups.IGNORE))
    assert vanished(guests(), ignored) == ([], [], [], [])


def test_a_group_is_made_renamed_and_known_again():
    """As a user is."""
    group = Wanted(Key("p:g"), Group(display_name="Visitors"), "groups.yaml:1")
    ground = Ground(FREE, NOON)
    made = Change(
        Op.CREATE,
        Kind.GROUP,
        Key("p:g"),
        "Visitors",
        after={"display_name": "Visitors"},
        reason="new: groups.yaml:1",
    )
    assert found(diff_groups(both([group]), ground)) == ([made], [], [], [])
    changes, marks, *_ = found(diff_groups(both([group], [guests(left_at=NOON)]), ground))
    assert [(one.op, one.reason, dict(one.before)) for one in changes] == [
        (Op.UPDATE, "changed: groups.yaml:1", {"display_name": "Guests"})
    ]
    assert marks == [Mark(Remark.RETURNED, Kind.GROUP, "p:g", "g1", "Guests")]
    undecided = frozenset({Key("p:g")})
    assert found(diff_groups(both([group], undecided=undecided), ground)) == ([], [], [], [])
    assert found(diff_groups(both([], [guests()], undecided=undecided), ground)) == ([], [], [], [])


def test_a_join_meets_everybody_once():
    """Pairs where keys are equal, and each that is alone; in key order."""
    left = [wanted(key=key) for key in ("a", "c", "d")]
    right = [ours(key=Key(key)) for key in ("b", "c", "e")]
    pairs = [(one and one.key, other and other.link.key) for one, other in join(left, right)]
    assert pairs == [("a", None), (None, "b"), ("c", "c"), ("d", None), (None, "e")]
    assert list(join([], [])) == []


def test_a_group_of_which_nothing_is_decided_stops_no_other():
    """The next one is looked at."""
    first, second = (
        Wanted(Key(f"p:{key}"), Group(display_name=key), "groups.yaml") for key in "ab"
    )
    both_of = both([first, second], undecided=frozenset({Key("p:a")}))
    assert [one.key for one in diff_groups(both_of, Ground(FREE, NOON)).changes] == ["p:b"]
