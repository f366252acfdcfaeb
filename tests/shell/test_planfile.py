"""A plan file is the plan that was reviewed, or it is refused."""

import json
from datetime import UTC, datetime
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from syncd import planfile
from syncd.core.memory import Mark, Remark
from syncd.core.model import Kind, Op
from syncd.core.plan import Change, Plan, Problem, Refusal
from syncd.core.stream import Stream
from syncd.errors import ConfigError

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
FIELDS = st.dictionaries(TEXT, st.none() | st.booleans() | TEXT, max_size=3)
KINDS, MAYBE = st.sampled_from(Kind), st.none() | TEXT
COUNTS = st.dictionaries(TEXT, st.integers(0, 9), max_size=2)
CHANGES = st.builds(
    Change,
    op=st.sampled_from(Op),
    kind=KINDS,
    key=TEXT,
    name=TEXT,
    ref=MAYBE,
    before=FIELDS,
    after=FIELDS,
    reason=TEXT,
    member=MAYBE,
    member_ref=MAYBE,
    needs=st.lists(TEXT, max_size=2).map(tuple),
    temporary=st.booleans(),
    aliases=st.lists(TEXT, max_size=2).map(tuple),
    seen=TEXT,
    version=TEXT,
)
REFUSALS = st.builds(Refusal, CHANGES, TEXT)
PROBLEMS = st.builds(Problem, KINDS, TEXT, TEXT, TEXT, TEXT)
MARKS = st.builds(
    Mark,
    st.sampled_from(Remark),
    KINDS,
    TEXT,
    TEXT,
    TEXT,
    TEXT,
    MAYBE,
    st.lists(TEXT, max_size=2).map(tuple),
)


def some(values: st.SearchStrategy) -> st.SearchStrategy:
    return st.lists(values, max_size=3).map(tuple)


PLANS = st.builds(
    Plan,
    sync=TEXT,
    target=TEXT,
    created=st.datetimes(timezones=st.just(UTC)),
    config=TEXT,
    changes=some(CHANGES),
    held=some(REFUSALS),
    refused=some(REFUSALS),
    conflicts=some(PROBLEMS),
    failures=some(PROBLEMS),
    withheld=some(TEXT),
    withheld_changes=COUNTS,
    marks=some(MARKS),
    notes=some(TEXT),
    foreign=COUNTS,
    engine=TEXT,
    identity=TEXT,
    readings=st.dictionaries(TEXT, TEXT, max_size=2),
)
CHANGE = Change(Op.UPDATE, Kind.USER, "people:ada", "ada", "7", {"title": "Dr"}, {"title": "Prof"})
LINE = b'{"op":"update","kind":"user","key":"people:ada","name":"ada","ref":"7","before":{"title":"Dr"},"after":{"title":"Prof"},"reason":"","member":null,"member_ref":null,"needs":[],"temporary":false,"aliases":[],"traces":{},"rung":null,"seen":"","version":"","approved":[]}'
PLAN = Plan(
    sync="main",
    target="store",
    created=datetime(2026, 1, 1, tzinfo=UTC),
    config="c0ffee",
    changes=(CHANGE,),
)


def written(plan: Plan) -> bytes:
    return b"".join(planfile.lines(plan))


def complaint(text: bytes) -> str:
    with pytest.raises(ConfigError) as error:
        planfile.load(BytesIO(text), "plan.json")
    return str(error.value)


@given(PLANS)
def test_what_is_read_is_the_plan_that_was_written(plan: Plan):
    """Every part of a plan comes back equal, and so does its digest."""
    assert planfile.load(planfile.lines(plan)) == plan


@given(PLANS)
def test_any_program_reads_it_as_one_object(plan: Plan):
    """With all that the plan has."""
    read = json.loads(written(plan))

    assert read.keys() == {"version", "digest", "summary", "seal", *Plan.__struct_fields__}
    assert (read["digest"], read["summary"]) == (plan.digest, plan.summary)
    assert [change["key"] for change in read["changes"]] == [one.key for one in plan.changes]
    assert [one["rule"] for one in read["refused"]] == [one.rule for one in plan.refused]


def test_each_change_has_a_line_of_its_own():
    """So a review shows what differs, and whoever has no room for all reads it line by line."""
    held = Refusal(CHANGE, "over budget")
    assert written(replace(PLAN, held=(held, held))).splitlines()[1:] == [
        b'"conflicts":[', b"],",
        b'"failures":[', b"],",
        b'"marks":[', b"],",
        b'"notes":[', b"],",
        b'"changes":[', LINE, b"],",
        b'"held":[', b'{"change":%b,"rule":"over budget"},' % LINE, b'{"change":%b,"rule":"over budget"}' % LINE, b"],",
        b'"refused":[', b"],",
        b'"unsettled":[', b"],",
        b'"drifted":[', b"]}",
    ]  # fmt: skip


def test_an_edited_plan_is_refused_by_both_digests():
    """Whoever reviewed it did not review this."""
    says = complaint(written(PLAN).replace(b'"Prof"', b'"Queen"'))

    assert says.startswith(
        f"plan.json was changed after it was made: it says digest {PLAN.digest[:12]}"
    )
    assert says.endswith("; plan again")


@pytest.mark.parametrize(("was", "becomes"), [(b"2026-01-01", b"2026-01-02"), (b"5eed", b"5eee")])
def test_when_and_from_what_it_was_made_cannot_be_edited_either(was, becomes):
    """The digest leaves both out, for the same plan may be made of other readings."""
    plan = replace(PLAN, readings={"people": "5eed"})
    assert plan.digest == PLAN.digest
    assert complaint(written(plan).replace(was, becomes)) == (
        "plan.json was changed after it was made: when, or from what, is not what it says; plan again"
    )


def test_a_summary_that_does_not_count_the_changes_is_refused():
    """It is what many reviewers read, and no more."""
    says = complaint(written(PLAN).replace(b'"user.update":1', b'"user.update":2'))

    assert (
        says
        == "plan.json was changed after it was made: its summary is not that of its changes; plan again"
    )


TEXT_OF_PLAN = written(PLAN)
VERSION_1 = b'{\n  "version": 1,\n  "sync": "main"\n}\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "plan.json:1: is not the beginning of a plan; plan again"),
        (b"\xff", "plan.json:1: is not the beginning of a plan; plan again"),
        (b"[]\n", "plan.json:1: is not the beginning of a plan; plan again"),
        (VERSION_1, "plan.json has version 1, and this syncd reads version 3: apply it with the syncd that made it, or plan again"),
        (b'{"version":4,"sync":"main"}', "plan.json has version 4, and this syncd reads version 3: apply it with the syncd that made it, or plan again"),
        (json.dumps(json.loads(TEXT_OF_PLAN), indent=2).encode(), "plan.json:1: is not laid out as `syncd plan` does it; plan again"),
        (b'{"version":3,"sync":"main"}\n', "plan.json:1: is not laid out as `syncd plan` does it; plan again"),
        (b'{"version":3,"sync":"main",\n', "plan.json:1: is no part of a plan: Object missing required field `digest`; plan again"),
        (TEXT_OF_PLAN.replace(b'"target"', b'"targte"'), "plan.json:1: is no part of a plan: Object contains unknown field `targte`; plan again"),
        (TEXT_OF_PLAN.replace(b'"notes"', b'"note"'), "plan.json:8: is not laid out as `syncd plan` does it; plan again"),
        (TEXT_OF_PLAN.replace(b'"reason"', b'"raison"'), "plan.json:11: is no part of a plan: Object contains unknown field `raison`; plan again"),
        (TEXT_OF_PLAN.replace(b'"ref":"7"', b'"ref":7'), "plan.json:11: is no part of a plan: Expected `str | null`, got `int` - at `$.ref`; plan again"),
        (TEXT_OF_PLAN.replace(b'"ref":"7"', b'"ref":'), "plan.json:11:68: is not JSON: Expecting value; plan again"),
        (TEXT_OF_PLAN.replace(b'"ref":"7"', b'"ref":"\xff"'), "plan.json:11:69: is not JSON: this is not UTF-8; plan again"),
        (TEXT_OF_PLAN.replace(b"Prof", b"\\ud800"), "plan.json:11: is not JSON: JSON is malformed: unexpected end of escaped utf-16 surrogate pair (byte 119); plan again"),
        (TEXT_OF_PLAN.replace(b"Prof", b"Prof\t"), "plan.json:11:118: is not JSON: Invalid control character at; plan again"),
        (TEXT_OF_PLAN[:-3], "plan.json:20: ends in the middle: the file is not whole; plan again"),
        (TEXT_OF_PLAN[: TEXT_OF_PLAN.index(b"Prof")], "plan.json:11: ends in the middle: the file is not whole; plan again"),
        (TEXT_OF_PLAN + b"\n", "plan.json:21: there is more after the plan's end; plan again"),
        (TEXT_OF_PLAN + TEXT_OF_PLAN, "plan.json:21: there is more after the plan's end; plan again"),
    ],
    ids=["nothing", "binary", "list", "older", "newer", "formatted", "closed", "headless", "slip", "section", "unknown", "type", "broken", "octet", "surrogate", "control", "end", "cut", "line", "more"],
)  # fmt: skip
def test_what_is_no_plan_is_refused_with_the_reason(text, message):
    """The message names the file, what is wrong and where, and what to do."""
    assert complaint(text) == message


@given(st.integers(min_value=0))
def test_a_plan_that_was_cut_anywhere_is_refused(at: int):
    """Only the very last line's end may be missing."""
    end = at % (len(TEXT_OF_PLAN) - 1)
    assert complaint(TEXT_OF_PLAN[:end]).endswith("; plan again")
    assert planfile.load(BytesIO(TEXT_OF_PLAN[:-1])) == PLAN


def test_a_large_plan_is_a_stream_that_no_later_edit_reaches(tmp_path):
    """What was checked is what is read, whatever becomes of the file."""
    path = tmp_path / "plan.json"
    many = tuple(replace(CHANGE, key=str(number)) for number in range(1200))
    whole = replace(PLAN, changes=many, held=tuple(Refusal(one, "no") for one in many))
    planfile.write(whole, path)

    read = planfile.read(path)
    path.write_bytes(b"")

    assert isinstance(read.changes, Stream)
    assert isinstance(read.held, Stream)
    assert (read, read.digest, read.summary) == (whole, whole.digest, {"user.update": 1200})
    assert (read.changes[-1], read.held[600].change) == (many[-1], many[600])


def test_a_plan_file_is_its_owners_only(tmp_path):
    """A plan holds personal data; nothing but the file is left behind."""
    path = tmp_path / "plan.json"

    planfile.write(PLAN, path)

    assert (path.stat().st_mode & 0o777, list(tmp_path.iterdir())) == (0o600, [path])
    assert planfile.read(path) == PLAN


def test_a_plan_file_replaces_the_one_before(tmp_path):
    """Written beside it and moved over it, so that a reader sees one or the other."""
    path = tmp_path / "plan.json"
    path.write_text("an older plan, longer than nothing")

    planfile.write(PLAN, path)

    assert planfile.read(path) == PLAN


def test_a_plan_goes_into_no_device_and_no_missing_directory(tmp_path):
    """The message names the path."""
    for path in (tmp_path, tmp_path / "missing" / "plan.json"):
        with pytest.raises(ConfigError, match=str(path)):
            planfile.write(PLAN, path)


def test_a_plan_file_that_is_not_there_is_named(tmp_path):
    """As every file that cannot be read."""
    with pytest.raises(ConfigError) as error:
        planfile.read(tmp_path / "plan.json")

    assert str(error.value) == f"{tmp_path}/plan.json cannot be read: No such file or directory"
