"""Every change comes out accepted, held, refused or withheld, with a rule."""

from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from syncd.backends.memory import GROUPS, MEMBERS, USERS
from syncd.core.excess import Excess
from syncd.core.judge import (
    Abilities,
    Facts,
    keep_an_administrator,
    rejoin,
    sift,
)
from syncd.core.mapping import UserMapping
from syncd.core.memory import Memory
from syncd.core.model import Key, Kind, Op, Ref, Stored, User
from syncd.core.past import Cause, Trace
from syncd.core.plan import Change, Refusal, count
from syncd.core.policy import Budget, Policy, Protect
from syncd.core.protection import protect_accounts, protect_groups
from syncd.core.spool import Trays
from syncd.core.tally import Tally
from tests.world import NOON

ADMIN = UserMapping(always={"admin": "admin"})
ABILITIES = {
    kind: Abilities(of.fields, of.immutable, of.required, of.ops)
    for kind, of in ((Kind.USER, USERS), (Kind.GROUP, GROUPS), (Kind.MEMBER, MEMBERS))
}


TEN = {Kind.USER: 10, Kind.GROUP: 10, Kind.MEMBER: 10}


def facts(**given):
    return Facts(**{"abilities": ABILITIES, "protected": {}, "gaps": (), **given})


@dataclass
class Verdict:
    accepted: list
    held: list
    refused: list
    withheld: list


def judge(changes, policy, known, spent=None, accounts=()):
    """All of the rules, one after the other, as a decision about a few lets them follow."""
    sifted = sift(changes, known)
    tally = Tally()
    tally.count(sifted.possible)
    excess = Excess(policy, Memory(spent=spent or {}), Trays(), list)
    within, held = excess.hold(sifted.possible, tally.planned, TEN)
    kept, last = keep_an_administrator(within, accounts)
    return Verdict(kept, held, sifted.refused + last, sifted.withheld)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (Change(Op.RESTORE, Kind.GROUP, Key("g"), "g"), "the target cannot restore a group"),
        (
            Change(Op.CREATE, Kind.USER, Key("1"), "", after={"title": "x"}),
            "the target needs user_name, and the source has none",
        ),
        (
            Change(
                Op.UPDATE,
                Kind.USER,
                Key("1"),
                "",
                Ref("u1"),
                {"user_name": "a"},
                {"user_name": None},
            ),
            "the target cannot be without user_name, and the source has none",
        ),
        (
            Change(Op.DELETE, Kind.GROUP, Key("g"), "g", Ref("g1")),
            "protected: group root",
        ),
        (
            Change(Op.REMOVE, Kind.MEMBER, Key("g"), "g", Ref("g1"), member=Key("1")),
            "protected: group root",
        ),
        (
            Change(
                Op.REMOVE,
                Kind.MEMBER,
                Key("h"),
                "h",
                Ref("g2"),
                member=Key("1"),
                member_ref=Ref("u9"),
            ),
            "protected: user ada",
        ),
    ],
)
def test_what_cannot_or_must_not_be_is_refused(change, rule):
    """Each in the rule's own words."""
    protected = {
        (Kind.GROUP, Ref("g1")): "protected: group root",
        (Kind.USER, Ref("u9")): "protected: user ada",
    }
    verdict = judge([change], Policy(budgets={}), facts(protected=protected))
    assert (verdict.accepted, verdict.held) == ([], [])
    assert verdict.refused == [Refusal(change, rule)]


def test_a_target_without_a_place_for_standing_suspends_nobody():
    """The op alone is not enough where there is no field to write."""
    abilities = {
        **ABILITIES,
        Kind.USER: Abilities(USERS.fields - {"active"}, frozenset(), frozenset(), USERS.ops),
    }
    change = Change(Op.SUSPEND, Kind.USER, Key("1"), "ada", Ref("u1"), after={"active": False})
    verdict = judge([change], Policy(), facts(abilities=abilities))
    assert verdict.refused == [Refusal(change, "the target cannot suspend a user")]


def test_protection_goes_by_login_address_group_and_own_account():
    """Without case, and the rule says which of them it was; the own account above all."""
    users = [
        Stored(Ref("u1"), User(user_name="Root")),
        Stored(Ref("u2"), User(user_name="bob", email="BOB@ops.example")),
        Stored(Ref("u3"), User(user_name="cy")),
        Stored(Ref("u4"), User(user_name="dan")),
        Stored(Ref("u5"), User(user_name="eve")),
    ]
    policy = Policy(protect=Protect(users=("root", "*@ops.example"), groups=("Board*",)))
    groups = {Ref("g1"): "board", Ref("g2"): "staff", Ref("g3"): "board of trustees"}
    members = [(Ref("g1"), Ref("u3")), (Ref("g2"), Ref("u4")), (Ref("g3"), Ref("u3"))]
    expected = {
        (Kind.GROUP, "g1"): "protected: group board",
        (Kind.GROUP, "g3"): "protected: group board of trustees",
        (Kind.USER, "u3"): "protected: member of board",
        (Kind.USER, "u1"): "protected: user Root",
        (Kind.USER, "u2"): "protected: user bob",
        (Kind.USER, "u5"): "protected: syncd logs in with this account",
    }
    for pairs in (members, members[::-1]):
        protected = protect_groups(groups, pairs, policy)
        assert protect_accounts(users, Ref("u5"), policy, protected) == expected


def test_over_budget_only_the_excess_is_held_and_the_rest_runs():
    """What was done within the window counts, and the rule says so."""
    some = [
        Change(Op.SUSPEND, Kind.USER, Key(k), k, Ref(k), {"active": True}, {"active": False})
        for k in "abc"
    ]
    other = Change(Op.UPDATE, Kind.USER, Key("d"), "d", Ref("d"), {"title": "x"}, {"title": "y"})
    policy = Policy(budgets={(Kind.USER, Op.SUSPEND): Budget(count=3)})
    within = judge([*some, other], policy, facts())
    assert (within.accepted, within.held) == ([*some, other], [])
    verdict = judge([*some, other], policy, facts(), {(Kind.USER, Op.SUSPEND): 1})
    rule = (
        "over budget user.suspend: 3 planned, 1 done in the last 24 h, 3 allowed of 11; "
        "1 of these held"
    )
    [held] = verdict.held
    assert held.rule == rule
    assert verdict.accepted == [*(one for one in some if one != held.change), other]


def test_what_a_broken_reading_would_take_away_is_counted():
    """By kind and op, a demotion as the update that it is."""
    demotion = Change(
        Op.UPDATE,
        Kind.USER,
        Key("1"),
        "a",
        Ref("u1"),
        {"admin": True, "title": "x"},
        {"admin": False, "title": "y"},
    )
    leaving = Change(Op.DELETE, Kind.USER, Key("2"), "b", Ref("u2"))
    verdict = judge([demotion, leaving], Policy(budgets={}), facts(gaps=("cut",)))
    assert [dict(c.after) for c in verdict.accepted] == [{"title": "y"}]
    assert count(verdict.withheld) == {"user.delete": 1, "user.update": 1}


REFS = ["u1", "u2", "u3", None]
VALUES = st.sampled_from(["x", "y", None])


@st.composite
def changes(draw):
    """Any change at all, whether it makes sense or not."""
    kind = draw(st.sampled_from(Kind))
    ops = (
        [Op.ADD, Op.REMOVE]
        if kind is Kind.MEMBER
        else [o for o in Op if o not in {Op.ADD, Op.REMOVE}]
    )
    op = draw(st.sampled_from(ops))
    after = draw(st.dictionaries(st.sampled_from(["user_name", "email", "title"]), VALUES))
    if draw(st.booleans()):
        after["admin"] = draw(st.booleans())
    if op in {Op.SUSPEND, Op.RESTORE}:
        after = {"active": op is Op.RESTORE}
    before = {name: draw(st.sampled_from([True, "z"])) for name in after}
    key, ref = draw(st.sampled_from("abcdef")), draw(st.sampled_from(REFS))
    member = Key("m") if kind is Kind.MEMBER else None
    return Change(
        op,
        kind,
        Key(key),
        key,
        ref,
        before,
        after,
        member=member,
        member_ref=draw(st.sampled_from(REFS)),
    )


def atoms(change):
    """The single fields of an update, and any other change as one."""
    fields = change.after if change.op is Op.UPDATE else [None]
    return [(change.id, field) for field in fields]


@given(
    st.lists(changes(), max_size=8, unique_by=lambda change: change.id),
    st.sampled_from([{}, {(Kind.USER, op): Budget(count=1) for op in Op}]),
    st.booleans(),
    st.booleans(),
    st.sampled_from([frozenset(), frozenset({"email"})]),
)
def test_nothing_vanishes(given_changes, budgets, cut, guarded, immutable):
    """Accepted, held, refused and withheld together are all that went in, to the single field."""
    abilities = {
        **ABILITIES,
        Kind.USER: Abilities(USERS.fields, immutable, USERS.required, USERS.ops),
    }
    people = [Stored(Ref(r), User(user_name=r, admin=True)) for r in ("u1", "u2", "u3")]
    verdict = judge(
        given_changes,
        Policy(budgets=budgets),
        facts(
            abilities=abilities,
            gaps=("cut",) if cut else (),
            protected={(Kind.USER, Ref("u1")): "protected"} if guarded else {},
        ),
        accounts=people,
    )
    out = [*verdict.accepted, *(one.change for one in (*verdict.held, *verdict.refused))]
    found = Counter(atom for change in out for atom in atoms(change))
    wanted = Counter(atom for change in given_changes for atom in atoms(change))
    missing = wanted - found
    assert found - wanted == Counter()
    assert len(missing) == len(verdict.withheld)
    assert all(one.rule for one in (*verdict.held, *verdict.refused))
    assert cut or not missing
    rejoined = rejoin(verdict.accepted)
    assert len({change.id for change in rejoined}) == len(rejoined)
    assert Counter(a for c in rejoined for a in atoms(c)) == Counter(
        a for c in verdict.accepted for a in atoms(c)
    )


def test_an_update_that_demotes_is_one_update_to_its_budget():
    """Its parts are judged apart and counted once."""
    change = Change(
        Op.UPDATE,
        Kind.USER,
        Key("p:1"),
        "ada",
        Ref("u1"),
        {"admin": True, "title": "Queen"},
        {"admin": False, "title": "Countess"},
    )
    verdict = judge([change], Policy(budgets={(Kind.USER, Op.UPDATE): Budget(count=1)}), facts())
    assert (rejoin(verdict.accepted), verdict.held) == ([change], [])


def test_whom_a_suspension_waits_for_are_those_who_become_administrators():
    """Nobody who was one before, and no change that gives neither rights nor standing."""
    accounts = [
        Stored(Ref("u1"), User(user_name="ada", admin=True)),
        Stored(Ref("u2"), User(user_name="bob")),
        Stored(Ref("u3"), User(user_name="cy", admin=True, active=False)),
    ]
    leaving = Change(Op.SUSPEND, Kind.USER, Key("1"), "ada", Ref("u1"), after={"active": False})
    gaining = Change(Op.UPDATE, Kind.USER, Key("2"), "bob", Ref("u2"), after={"admin": True})
    back = Change(Op.RESTORE, Kind.USER, Key("3"), "cy", Ref("u3"), after={"active": True})
    new = Change(Op.CREATE, Kind.USER, Key("4"), "dan", after={"user_name": "dan", "admin": True})
    named = Change(Op.UPDATE, Kind.USER, Key("2"), "bob", Ref("u2"), after={"title": "Dr"})
    aside = replace(named, temporary=True)
    group = Change(Op.UPDATE, Kind.GROUP, Key("g"), "g", Ref("u2"), after={"admin": True})

    def needs(*others):
        kept, refused = keep_an_administrator([leaving, *others], accounts)
        assert kept[1:] == [*others]
        assert refused == []
        return kept[0].needs

    assert needs(gaining, aside) == (gaining.id,)
    assert needs(back) == (back.id,)
    assert needs(new) == (new.id,)
    assert needs(new, gaining, back) == tuple(sorted(one.id for one in (new, gaining, back)))
    for others in (
        [named],
        [group],
        [replace(new, after={"user_name": "dan"})],
        [replace(gaining, after={"admin": False})],
    ):
        kept, refused = keep_an_administrator([leaving, *others], accounts)
        assert kept == others
        assert refused == [Refusal(leaving, "protected: the last administrator")]


def test_what_a_hold_stops_of_a_user_it_stops_of_no_group_with_the_same_ref():
    """Targets count each kind for itself."""
    group = Change(Op.DELETE, Kind.GROUP, Key("g"), "g", Ref("7"))
    user = replace(group, kind=Kind.USER)
    stopped = facts(stopped={(Op.DELETE, Ref("7")): "legal hold"})
    assert sift([group], stopped).possible == [group]
    assert sift([user], stopped).refused == [Refusal(user, "legal hold")]
    both = facts(stopped=stopped.stopped, protected={(Kind.USER, Ref("7")): "protected"})
    assert sift([user], both).refused == [Refusal(user, "protected")]
    assert sift([replace(user, ref=None)], stopped).refused == []


def test_all_that_the_target_needs_and_does_not_get_is_named():
    """In order; whether they are active is nothing that a source must say."""
    needs = Abilities(
        USERS.fields, frozenset(), frozenset({"user_name", "email", "active"}), USERS.ops
    )
    new = Change(Op.CREATE, Kind.USER, Key("1"), "", after={"title": "x"})
    refused = sift([new], facts(abilities={**ABILITIES, Kind.USER: needs})).refused
    assert refused == [Refusal(new, "the target needs email, user_name, and the source has none")]


def test_what_is_not_there_yet_is_not_protected():
    """Neither a group nor a user."""
    member = Change(Op.REMOVE, Kind.MEMBER, Key("g"), "", member=Key("1"))
    guarding = facts(protected={(Kind.GROUP, Ref("")): "x", (Kind.USER, Ref("")): "y"})
    suspended = Change(Op.SUSPEND, Kind.USER, Key("1"), "", after={"active": False})
    assert sift([member, suspended], guarding).possible == [member, suspended]


def test_of_the_last_administrator_only_what_takes_rights_away_is_refused():
    """What else is to be changed of them, and whoever else loses theirs, is changed."""
    first, second = (Stored(Ref(f"u{n}"), User(user_name=f"user{n}", admin=True)) for n in (1, 2))
    titled = Change(Op.UPDATE, Kind.USER, Key("1"), "user1", Ref("u1"), {}, {"title": "Dr"})
    assert keep_an_administrator([titled], [first]) == ([titled], [])
    leaving = [
        Change(Op.SUSPEND, Kind.USER, Key(n), f"user{n}", Ref(f"u{n}"), {}, {"active": False})
        for n in "12"
    ]
    kept, refused = keep_an_administrator([*leaving, titled], [first, second])
    assert kept == [leaving[1], titled]
    assert [one.change for one in refused] == [leaving[0]]


def test_parts_of_an_update_are_joined_with_all_that_is_known_of_each():
    """Who approved a part is in the longer reason; needs and traces are of both."""
    part = Change(
        Op.UPDATE, Kind.USER, Key("1"), "ada", Ref("u1"), {"title": "a"}, {"title": "b"}, "set back"
    )
    trace = Trace(Cause.SOURCE, "a", 1, NOON)
    one = replace(part, needs=("x", "y"), traces={"title": trace})
    other = replace(
        part,
        before={"phone": "1"},
        after={"phone": "2"},
        reason="changed; phone approved by ann",
        needs=("y", "z"),
        traces={"phone": trace},
        approved=("phone",),
    )
    for some in ((one, other), (other, one)):
        (whole,) = rejoin(some)
        assert (dict(whole.before), dict(whole.after)) == (
            {"title": "a", "phone": "1"},
            {"title": "b", "phone": "2"},
        )
        assert whole.reason == "changed; phone approved by ann"
        assert set(whole.needs) == {"x", "y", "z"}
        assert len(whole.needs) == 3
        assert whole.traces == {"title": trace, "phone": trace}
        assert whole.approved == ("phone",)
