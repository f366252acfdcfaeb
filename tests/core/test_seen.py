"""What a saved plan saw of a thing, and in which words it is told that this has moved."""

from datetime import UTC, datetime

from msgspec.structs import replace

from syncd.core.model import Group, Key, Kind, Member, Op, Ref, Stored, User
from syncd.core.plan import Change, Plan
from syncd.core.question import Seen
from syncd.core.seen import AsAsked, seen_of, why_moved, with_versions

ADA = Stored(Ref("7"), User(user_name="ada", title="Engineer"))
STAFF = Stored(Ref("g"), Group(display_name="Staff"))
ASKED = AsAsked(Seen((ADA,), (STAFF,), (Member(Ref("g"), Ref("7")),)))
UPDATE = Change(
    Op.UPDATE, Kind.USER, Key("p:1"), "ada", Ref("7"), {"title": "Engineer"}, {"title": "Doctor"}
)
MEMBER = Change(Op.ADD, Kind.MEMBER, Key("p:g"), "ada in Staff", Ref("g"), member=Key("p:1"))
PLAN = Plan(
    sync="main",
    target="wiki",
    created=datetime(2026, 4, 1, tzinfo=UTC),
    config="c0ffee",
    changes=(UPDATE, replace(UPDATE, ref=None)),
)


class Versioned(AsAsked):
    """The same, where the target has ETags."""

    versioned = True

    def __init__(self, version: str) -> None:
        super().__init__(Seen((ADA,), (STAFF,), ()))
        self._version = version

    def version(self, _kind: Kind, _ref: Ref) -> str:
        return self._version


def test_a_question_knows_whom_it_is_about_and_no_versions():
    """Of those it was asked for."""
    assert ASKED.stored(Kind.USER, ["7", "8"]) == {"7": ADA}
    assert ASKED.stored(Kind.GROUP, ["g"]) == {"g": STAFF}
    assert (ASKED.has(Ref("g"), Ref("7")), ASKED.has(Ref("g"), Ref("8"))) == (True, False)
    assert ASKED.version(Kind.USER, Ref("7")) == ""


def test_changes_know_the_versions_of_what_they_change():
    """What is not there yet has none; where the target has none, the plan stays as it is."""
    assert [one.version for one in with_versions(PLAN, Versioned("W/1")).changes] == ["W/1", ""]
    assert with_versions(PLAN, Versioned("")).changes == PLAN.changes
    assert with_versions(PLAN, ASKED) is PLAN


def test_a_version_that_moved_is_told():
    """Though all that syncd reads of the thing is as it was."""
    saw = replace(UPDATE, seen=seen_of(ADA), version="W/1")
    there = {ADA.ref: ADA}
    assert why_moved(saw, Versioned("W/2"), there) == "its version was W/1 then and is W/2 now"
    unsaid = why_moved(saw, Versioned("W/1"), there)
    assert why_moved(replace(saw, version=""), Versioned("W/2"), there) == unsaid
    assert why_moved(replace(saw, ref=None), ASKED, there) == unsaid


def test_what_is_empty_is_told_by_that_word():
    """Then and now; what syncd reads of the thing besides is told by its fingerprints."""
    was = replace(UPDATE, before={"title": None, "phone": "1"}, after={"title": "x"})
    assert why_moved(was, ASKED, {ADA.ref: ADA}) == (
        "title was empty then and is 'Engineer' now, phone was '1' then and is empty now"
    )
    same = replace(UPDATE, seen="0123456789abcdef")
    assert why_moved(same, ASKED, {ADA.ref: ADA}) == (
        f"another of its fields has changed (seen 0123456789ab then, {seen_of(ADA)[:12]} now)"
    )


def test_a_membership_has_moved_where_it_is_so_already():
    """Who is to be added is in, or who is to be taken out is not; else the sources say otherwise."""
    said = "it is as it was in the target, and what the sources or the rules say is not"
    into = replace(MEMBER, member_ref=Ref("7"))
    assert why_moved(into, ASKED, {}) == "it is so already"
    assert why_moved(replace(into, op=Op.REMOVE), ASKED, {}) == said
    assert why_moved(replace(into, member_ref=Ref("8")), ASKED, {}) == said
    assert why_moved(replace(into, op=Op.REMOVE, member_ref=Ref("8")), ASKED, {}) == (
        "it is so already"
    )
    assert why_moved(replace(into, ref=None), ASKED, {}) == said
    assert why_moved(replace(into, member_ref=None), ASKED, {}) == said


def test_a_question_knows_the_versions_that_it_is_told():
    """By kind and ref."""
    seen = Seen((ADA,), (STAFF,), ())
    told = AsAsked(seen, {(Kind.USER, Ref("7")): "W/1"})
    assert told.version(Kind.USER, Ref("7")) == "W/1"
    assert told.version(Kind.GROUP, Ref("7")) == told.version(Kind.USER, Ref("8")) == ""
