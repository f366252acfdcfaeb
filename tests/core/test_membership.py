"""What becomes of one group's changes, by what became of the group, of the people and of the rest."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from syncd.backends.memory import GROUPS, MEMBERS, USERS
from syncd.core.approval import approval_print
from syncd.core.correlate import Correlated, Ours
from syncd.core.desired import Wanted
from syncd.core.drift import Attributed
from syncd.core.found import Found
from syncd.core.judge import Sifted
from syncd.core.members import Compared, Who
from syncd.core.membership import Fates, MemberJudge, enrolled, unmade
from syncd.core.memory import Link
from syncd.core.model import Key, Kind, Op, Ref, Stored, User
from syncd.core.order import place_after
from syncd.core.parts import Findings, Frame, leavers_of
from syncd.core.past import Known, Stuck
from syncd.core.plan import Change, Refusal
from syncd.core.policy import Adopt, Drift, Policy
from tests.world import NOON

FRAME = Frame(
    declared={Kind.USER: USERS, Kind.GROUP: GROUPS, Kind.MEMBER: MEMBERS},
    policy=Policy(budgets={}, drift={"display_name": Drift.REPORT, "title": Drift.YIELD}),
    now=NOON,
    protected={(Kind.GROUP, Ref("g9")): "protected: group Board"},
    own=None,
    gaps=(),
    whole=True,
    past=Known(),
    undoes=False,
)
FATES = Fates({}, frozenset(), {})
NEW_GROUP, NEW_USER = "group/create/p:g", "user/create/p:1"
ADA = Who(Key("p:1"), Ref("u1"), "ada")


def member(op, *needs, ref="g1", key="p:1", member_ref="u1"):
    return Change(
        op,
        Kind.MEMBER,
        Key("p:g"),
        "ada in G",
        ref and Ref(ref),
        reason="because",
        member=Key(key),
        member_ref=member_ref and Ref(member_ref),
        needs=needs,
    )


def judged(*changes, who=ADA, fates=FATES, frame=FRAME):
    users = {who.key: who}
    return MemberJudge(frame, fates).judge(Compared(list(changes), users, 1))


def rows(found):
    return {
        op: [(place, change.id) for place, change, _ in some] for op, some in found.rows.items()
    }


def test_what_nothing_speaks_against_may_run():
    """By its op; after all that it needs and that has a place."""
    added, removed = member(Op.ADD), member(Op.REMOVE)
    found = judged(added, removed)
    assert found.rows == {
        Op.ADD: [(place_after(added), added, "")],
        Op.REMOVE: [(place_after(removed), removed, "")],
    }
    assert (found.held, found.refused, found.withheld, found.unsettled) == ([], [], [], [])
    needy = member(Op.ADD, NEW_GROUP, NEW_USER, ref=None, member_ref=None)
    places = {NEW_GROUP: (6, 3, "p:g", ""), NEW_USER: (4, 0, "p:1", "")}
    fates = replace(FATES, ready=places)
    assert rows(judged(needy, fates=fates)) == {Op.ADD: [((6, 4, "p:g", "p:1"), needy.id)]}


@pytest.mark.parametrize(
    ("who", "held", "ready", "need", "is_held"),
    [
        (ADA, (), (NEW_USER,), NEW_GROUP, False),
        (ADA, (NEW_GROUP,), (NEW_USER,), NEW_GROUP, True),
        (replace(ADA, lost=True), (), (NEW_GROUP,), NEW_USER, False),
        (replace(ADA, lost=True), (NEW_USER,), (NEW_GROUP,), NEW_USER, True),
        (replace(ADA, lost=True, held=True), (), (NEW_GROUP,), NEW_USER, True),
        (replace(ADA, lost=True, held=True), (), (), NEW_GROUP, False),
    ],
)
def test_what_waits_for_what_does_not_run_is_refused_or_held_with_it(
    who, held, ready, need, is_held
):
    """The first need is told; of the user it is known by themselves."""
    change = member(Op.ADD, NEW_GROUP, NEW_USER)
    fates = Fates(dict.fromkeys(ready, (2, 0, "", "")), frozenset(held), {})
    found = judged(change, who=who, fates=fates)
    refusal = Refusal(change, f"waits for {need}, which does not run")
    assert (found.held, found.refused) == (([refusal], []) if is_held else ([], [refusal]))
    assert found.rows == {}


def test_a_user_who_is_made_in_another_part_is_no_need_that_is_lost():
    """They are known not to be."""
    change = member(Op.ADD, NEW_USER)
    assert rows(judged(change)) == {Op.ADD: [(place_after(change), change.id)]}


def test_nobody_is_taken_out_of_what_is_protected_and_nobody_who_is():
    """Each in the rule's words; a guard is for those in this group alone."""
    guarded = replace(ADA, guarded="protected: user ada")
    assert judged(member(Op.REMOVE), who=guarded).refused == [
        Refusal(member(Op.REMOVE), "protected: user ada")
    ]
    assert judged(member(Op.ADD), who=guarded).refused == []
    board = member(Op.REMOVE, ref="g9")
    assert judged(board).refused == [Refusal(board, "protected: group Board")]
    nowhere = replace(guarded, ref=None)
    assert judged(member(Op.REMOVE), who=nowhere).refused == []


def test_what_is_not_proven_is_withheld_and_what_is_approved_says_so():
    """The rest runs."""
    added, removed = member(Op.ADD), member(Op.REMOVE)
    found = judged(added, removed, frame=replace(FRAME, gaps=("cut",)))
    assert (found.withheld, list(found.rows)) == ([removed], [Op.ADD])
    fates = replace(FATES, approved={approval_print(removed): "ann"})
    ((_, change, _),) = judged(removed, fates=fates).rows[Op.REMOVE]
    assert change == replace(removed, reason="because; approved by ann", approved=("remove",))


def test_a_member_who_never_settles_is_left():
    """But a removal is tried for ever."""
    where = Kind.MEMBER, Key("p:g"), "p:1", ""
    stuck = Stuck(True, False, 3, 1, NOON, 3, NOON)
    known = replace(FRAME, past=Known({}, {where: stuck}))
    found = judged(member(Op.ADD), frame=known)
    assert [one.change.id for one in found.unsettled] == ["member/add/p:g/p:1"]
    assert found.rows == {}
    gone = replace(FRAME, past=Known({}, {where: replace(stuck, written=False, returned=True)}))
    assert list(judged(member(Op.REMOVE), frame=gone).rows) == [Op.REMOVE]


def test_groups_know_each_user_by_what_was_found_out():
    """Who is new and may be lost; who is guarded, or on hold; who is to be stripped; who stays."""
    new = [Change(Op.CREATE, Kind.USER, Key(f"p:{n}"), f"new{n}") for n in (8, 9)]
    other = Change(Op.UPDATE, Kind.USER, Key("p:1"), "user1", Ref("u1"))
    ours = tuple(
        Ours(
            Link(Kind.USER, Key(f"p:{n}"), Ref(f"u{n}"), "old"),
            Stored(Ref(f"u{n}"), User(user_name=f"user{n}")),
        )
        for n in range(1, 5)
    )
    found = Found(
        [*new, other],
        [],
        [],
        stripping={Key("p:4"): "stripped of groups"},
        stopped={(Op.REMOVE, Ref("u3")): "legal hold", (Op.DELETE, Ref("u1")): "legal hold"},
    )
    findings = Findings(
        wanted=(Wanted(Key("p:1"), User(user_name="user1"), ""),),
        correlated=Correlated(ours, (), (), (), frozenset()),
        undecided=frozenset(),
        found=found,
        sifted=Sifted([], [], []),
        protected={(Kind.USER, Ref("u2")): "protected", (Kind.GROUP, Ref("u1")): "protected"},
        attributed=Attributed(),
    )
    assert list(enrolled(findings, lambda change: change.key == "p:9")) == [
        Who(Key("p:8"), None, "new8"),
        Who(Key("p:9"), None, "new9", lost=True),
        Who(Key("p:1"), Ref("u1"), "user1"),
        Who(Key("p:2"), Ref("u2"), "user2", named=False, guarded="protected"),
        Who(Key("p:3"), Ref("u3"), "user3", named=False, guarded="legal hold"),
        Who(Key("p:4"), Ref("u4"), "user4", named=False, strip="stripped of groups"),
    ]
    assert list(unmade(new[:1])) == [Who(Key("p:8"), None, "new8", lost=True, held=True)]


def test_a_frame_says_what_a_target_has_and_how_its_accounts_are_adopted():
    """Groups that can be neither made nor changed can be joined all the same."""
    none = replace(GROUPS, ops=frozenset())
    joined = replace(FRAME, declared={**FRAME.declared, Kind.GROUP: none})
    assert joined.has(Kind.GROUP)
    fixed = replace(MEMBERS, ops=frozenset())
    alone = replace(FRAME, declared={**FRAME.declared, Kind.GROUP: none, Kind.MEMBER: fixed})
    assert [alone.has(kind) for kind in (Kind.USER, Kind.GROUP, Kind.MEMBER)] == [
        True,
        False,
        False,
    ]
    made = replace(FRAME, declared={**FRAME.declared, Kind.MEMBER: fixed})
    assert made.has(Kind.GROUP)
    for adopt, field in (
        (Adopt.NEVER, None),
        (Adopt.BY_EMAIL, "email"),
        (Adopt.BY_USER_NAME, "user_name"),
    ):
        frame = replace(FRAME, policy=replace(FRAME.policy, adopt=adopt))
        assert (frame.adopt_by(Kind.USER), frame.adopt_by(Kind.GROUP)) == (field, None)
    groups = replace(FRAME, policy=replace(FRAME.policy, adopt_groups=True))
    assert groups.adopt_by(Kind.GROUP) == "display_name"


def test_a_frame_judges_and_attributes_by_its_own():
    """A group's name is always put back; a user's fields are as the policy says."""
    facts = FRAME.facts({}, {(Op.DELETE, Ref("u1")): "hold"})
    assert facts.abilities[Kind.USER].fields == USERS.fields
    assert facts.abilities[Kind.GROUP].required == GROUPS.required
    assert facts.abilities[Kind.MEMBER].ops == MEMBERS.ops
    assert facts.abilities[Kind.USER].immutable == USERS.immutable
    assert (facts.protect, facts.gaps) == (FRAME.policy.protect, ())
    assert facts.stopped == {(Op.DELETE, Ref("u1")): "hold"}
    assert FRAME.facts({}).stopped == {}
    users, groups = FRAME.attribution(Kind.USER), FRAME.attribution(Kind.GROUP)
    assert users.policy.on_drift("title") is Drift.YIELD
    assert groups.policy.on_drift("display_name") is Drift.ENFORCE
    assert (users.now, users.caseless, users.past) == (NOON, USERS.caseless, FRAME.past)
    assert groups.policy.retry_unsettled == timedelta(days=7)


def test_nobody_is_taken_out_of_whom_nothing_is_decided():
    """A protection says why in its own words."""
    ours = tuple(
        Ours(
            Link(Kind.USER, Key(f"p:{n}"), Ref(f"u{n}"), "old"),
            Stored(Ref(f"u{n}"), User(user_name=f"user{n}")),
        )
        for n in (1, 2, 3)
    )
    findings = Findings(
        wanted=(),
        correlated=Correlated(ours, (), (), (), frozenset()),
        undecided=frozenset({Key("p:1"), Key("p:2")}),
        found=Found([], [], []),
        sifted=Sifted([], [], []),
        protected={(Kind.USER, Ref("u2")): "protected"},
        attributed=Attributed(),
    )
    assert [who.guarded for who in enrolled(findings, lambda _: False)] == [
        "nothing is decided about them",
        "protected",
        "",
    ]


def test_whose_names_may_be_given_up():
    """Who has left and is suspended, or will be; whom no guard keeps, and about whom it is sure."""

    def one(number, *, active=False):
        return Ours(
            Link(Kind.USER, Key(f"p:{number}"), Ref(f"u{number}"), "old"),
            Stored(Ref(f"u{number}"), User(user_name=f"user{number}", active=active)),
        )

    findings = Findings(
        wanted=(),
        correlated=Correlated(
            (
                one(1),
                one(2, active=True),
                one(3, active=True),
                one(4),
                one(5),
                one(6),
                one(7),
                one(8),
            ),
            (),
            (),
            (),
            frozenset(),
        ),
        undecided=frozenset({Key("p:5")}),
        found=Found(
            [], [], [], stopped={(Op.DELETE, Ref("u7")): "hold", (Op.REMOVE, Ref("u8")): "hold"}
        ),
        sifted=Sifted([], [], []),
        protected={(Kind.USER, Ref("u6")): "protected", (Kind.GROUP, Ref("u8")): "protected"},
        attributed=Attributed(),
    )
    assert leavers_of(findings, {Key("p:4")}, {Ref("u3")}) == {
        Ref("u1"): "p:1",
        Ref("u3"): "p:3",
        Ref("u8"): "p:8",
    }
