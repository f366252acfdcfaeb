"""A plan is a value with a digest, and every change in it has a name of its own."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from syncd.core.model import Key, Kind, Op, Ref
from syncd.core.past import Cause, Trace
from syncd.core.plan import Change, Plan, Refusal, change_id, count, only
from syncd.core.stream import Stream, encode

NOW = datetime(2026, 4, 1, tzinfo=UTC)
SUSPEND = Change(
    Op.SUSPEND, Kind.USER, Key("p:1"), "ada", Ref("u1"), {"active": True}, {"active": False}
)
PLAN = Plan(sync="main", target="wiki", created=NOW, config="c0ffee", changes=(SUSPEND,))


def test_the_digest_is_of_everything_but_the_hour():
    """A plan made again a minute later is the same plan; any other difference is one."""
    later = replace(PLAN, created=datetime(2027, 1, 1, tzinfo=UTC))
    others = [
        replace(PLAN, sync="other"),
        replace(PLAN, config="decaf"),
        replace(PLAN, changes=()),
        replace(PLAN, changes=(), held=(Refusal(SUSPEND, "over budget"),)),
        replace(PLAN, withheld=("gap",)),
        replace(PLAN, changes=(replace(SUSPEND, ref=Ref("u2")),)),
    ]
    assert later.digest == PLAN.digest
    assert len({PLAN.digest, *(other.digest for other in others)}) == 1 + len(others)


def test_a_summary_counts_by_kind_and_op():
    """In the order of the words."""
    create = Change(Op.CREATE, Kind.GROUP, Key("p:g"), "eng")
    assert replace(PLAN, changes=(SUSPEND, create, SUSPEND)).summary == {
        "group.create": 1,
        "user.suspend": 2,
    }
    assert count([]) == {}


def test_what_takes_away_is_told_from_what_does_not():
    """Suspensions, deletions, members removed, and rights taken; not rights that stay or were none."""

    def update(before, after):
        return replace(SUSPEND, op=Op.UPDATE, before={"admin": before}, after={"admin": after})

    assert [replace(SUSPEND, op=op).removes for op in Op] == [
        op in {Op.SUSPEND, Op.DELETE, Op.REMOVE} for op in Op
    ]
    assert [update(*pair).demotes for pair in ((True, False), (True, None))] == [True, True]
    assert [update(*pair).demotes for pair in ((None, True), (False, True), (None, False))] == [
        False
    ] * 3


KEYS = st.text("p:1/%", min_size=1, max_size=5)
CHANGES = st.one_of(
    st.builds(
        Change,
        op=st.sampled_from([Op.CREATE, Op.UPDATE]),
        kind=st.just(Kind.USER),
        key=KEYS | st.sampled_from(["p:1/temporary"]),
        name=st.just(""),
        temporary=st.booleans(),
    ),
    st.builds(
        Change,
        op=st.just(Op.ADD),
        kind=st.just(Kind.MEMBER),
        key=KEYS,
        name=st.just(""),
        member=KEYS,
    ),
)


@given(CHANGES, CHANGES)
def test_two_changes_have_one_id_only_if_they_are_one(one, other):
    """Whatever the sources' keys are made of."""
    same = (one.kind, one.op, one.key, one.member, one.temporary) == (
        other.kind,
        other.op,
        other.key,
        other.member,
        other.temporary,
    )
    assert (one.id == other.id) == same
    temporary = replace(one, key=Key("p:1"), member=None, temporary=True)
    assert temporary.id != replace(temporary, key=Key("p:1/temporary"), temporary=False).id
    member = Change(Op.ADD, Kind.MEMBER, Key("p:a"), "", member=Key("p:b/p:c"))
    assert member.id != replace(member, key=Key("p:a/p:b"), member=Key("p:c")).id


def test_an_id_is_kind_op_and_keys():
    """As in a URL, where a key has a slash or a percent sign."""
    assert change_id(Op.CREATE, Kind.USER, Key("p:1")) == "user/create/p:1"
    assert change_id(Op.ADD, Kind.MEMBER, Key("p:a/b"), Key("p:50%")) == (
        "member/add/p:a%2Fb/p:50%25"
    )
    assert change_id(Op.UPDATE, Kind.USER, Key("%2F/"), temporary=True) == (
        "user/update/%252F%2F/temporary"
    )


def test_a_part_of_an_update_has_all_that_belongs_to_its_fields():
    """And nothing of the others."""
    trace = Trace(Cause.SOURCE)
    whole = Change(
        Op.UPDATE,
        Kind.USER,
        Key("p:1"),
        "ada",
        Ref("u1"),
        {"title": "a", "phone": "1"},
        {"title": "b", "phone": "2", "email": "e"},
        approved=("email", "phone"),
        traces={"title": trace, "email": trace},
    )
    part = only(whole, ["title", "email"])
    assert part == replace(
        whole,
        before={"email": None, "title": "a"},
        after={"email": "e", "title": "b"},
        approved=("email",),
        traces={"email": trace, "title": trace},
    )
    assert list(part.after) == ["email", "title"]
    assert only(whole, ["phone"]).traces == {}


def test_a_stream_that_knows_how_many_it_has_is_not_read_to_be_counted():
    """One that does not is."""

    def nobody():
        raise AssertionError("it was read")

    def change(_line):
        return SUSPEND

    known = Stream(2, nobody, change, {"user.suspend": 1, "group.create": 1})
    assert list(count(known).items()) == [("group.create", 1), ("user.suspend", 1)]
    unknown = Stream(1, lambda: iter([encode(SUSPEND)]), change)
    assert count(unknown) == {"user.suspend": 1}
