"""A plan file is the plan that was reviewed, or it is refused."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd import planfile
from syncd.core.memory import Mark, Remark
from syncd.core.model import Kind, Op
from syncd.core.plan import Change, Plan, Problem, Refusal
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
)
CHANGE = Change(Op.UPDATE, Kind.USER, "people:ada", "ada", "7", {"title": "Dr"}, {"title": "Prof"})
PLAN = Plan(
    sync="main",
    target="store",
    created=datetime(2026, 1, 1, tzinfo=UTC),
    config="c0ffee",
    changes=(CHANGE,),
)


@given(PLANS)
def test_what_is_read_is_the_plan_that_was_written(plan: Plan):
    """Every part of a plan comes back equal, and so does its digest."""
    assert planfile.loads(planfile.dumps(plan)) == plan


def test_an_edited_plan_is_refused_by_both_digests():
    """Whoever reviewed it did not review this."""
    edited = planfile.dumps(PLAN).replace('"Prof"', '"Queen"')

    with pytest.raises(ConfigError) as error:
        planfile.loads(edited, "plan.json")

    says = str(error.value)
    assert says.startswith(
        f"plan.json was changed after it was made: it says digest {PLAN.digest[:12]}"
    )
    assert says.endswith("; plan again")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "plan.json:1:2: is not JSON: Expecting property name enclosed in double quotes; plan again"),
        (b"\xff", "plan.json: is not JSON: byte 1 is not UTF-8; plan again"),
        ("[]", "plan.json is not a plan: Expected `object`, got `array`; plan again"),
        ('{"version": 2}', "plan.json has version 2, and this syncd reads version 1: apply it with the syncd that made it, or plan again"),
        ('{"version": 1}', "plan.json is not a plan: Object missing required field `sync`; plan again"),
        (planfile.dumps(PLAN).replace('"notes"', '"note"'), "plan.json is not a plan: Object contains unknown field `note`; plan again"),
    ],
    ids=["cut", "binary", "list", "newer", "empty", "unknown"],
)  # fmt: skip
def test_what_is_no_plan_is_refused_with_the_reason(text, message):
    """The message names the file, what is wrong and where, and what to do."""
    with pytest.raises(ConfigError) as error:
        planfile.loads(text, "plan.json")

    assert str(error.value) == message


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
