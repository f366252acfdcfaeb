"""Plans that are too long to be held or read: their beginning is shown, and the rest is counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.order import refusal_place
from syncd.core.plan import Change, Refusal
from syncd.core.stream import Stream
from syncd.cycle.spool import DiskSpool
from syncd.render.excerpt import Firsts
from syncd.render.markdown import render_markdown
from syncd.render.plan import render_plan
from tests.shell.test_render import member, plan, shown, user

CREATES = [user("create", f"u{number:04}", reason="new") for number in range(900)]
MEMBERS = [
    member(op, f"u{number:04}", f"g{number % 60:02}")
    for op, part in (("remove", range(300)), ("add", range(300, 900)))
    for number in part
]


def streamed(changes) -> Stream[Change]:
    """In the order that they have here."""
    spool = DiskSpool()
    spool.put("a", (((0, place, "", ""), change, "") for place, change in enumerate(changes)))
    return spool.changes(["a"])


def refused(refusals) -> Stream[Refusal]:
    spool = DiskSpool()
    spool.put("a", (((0, 0, "", ""), one.change, one.rule) for one in refusals))
    return spool.refusals({"a": ""})


def protected(names) -> list[Refusal]:
    """Each by a rule of its own."""
    some = [
        Refusal(user("suspend", name, reason="leaver"), f"protected: user {name}") for name in names
    ]
    return sorted(some, key=refusal_place)


@given(st.lists(st.tuples(st.text("abc", max_size=3), st.integers())), st.integers(1, 4))
def test_the_first_keys_are_kept_with_all_that_came_for_them(pairs, limit):
    """In whatever order they came."""
    firsts = Firsts(limit, list)
    for key, number in pairs:
        if (found := firsts.at(key)) is not None:
            found.append(number)
    keys = sorted({key for key, _ in pairs})[:limit]
    assert list(firsts) == [(key, [n for k, n in pairs if k == key]) for key in keys]


@pytest.mark.parametrize("number", [1, 40, 2000])
def test_a_stream_is_shown_as_what_is_in_it_would_be(number: int):
    """On a terminal and in a merge request."""
    changes = (*CREATES, *MEMBERS)
    held = tuple(Refusal(one, "over budget") for one in (*MEMBERS, *CREATES))
    held = tuple(sorted((*held, *protected("abc")), key=refusal_place))
    small = plan(changes=changes, held=held, refused=held)
    large = plan(changes=streamed(changes), held=refused(held), refused=refused(held))

    assert isinstance(large.held, Stream)
    assert shown(render_plan(large, number)) == shown(render_plan(small, number))
    assert render_markdown(large) == render_markdown(small)
    assert (large.digest, large.summary) == (small.digest, small.summary)


def test_all_of_a_stream_is_shown_where_all_is_asked_for():
    """One after another, in the plan's order."""
    changes, held = (*CREATES, *MEMBERS), [*protected("ab"), Refusal(MEMBERS[0], "over budget")]
    whole = plan(changes=streamed(changes), held=refused(held * 300))

    lines = shown(render_plan(whole, None), 4000)

    assert [line.split()[1] for line in lines if line.startswith("  +")] == [
        one.name for one in CREATES
    ]
    assert sum(line.count("-u") for line in lines if line.startswith("  =")) == 300
    assert sum(line.count("+u") for line in lines if line.startswith("  =")) == 600
    assert [line for line in lines if "protected" in line or "over budget" in line] == [
        "  over budget",
        "  protected: user a",
        "  protected: user b",
    ]
    assert sum(line.startswith("    ‖") for line in lines) == 600
    assert not any("more" in line for line in lines)


def test_rules_that_are_too_many_are_counted_too():
    """Who protects a thousand accounts does not read a thousand headings."""
    whole = plan(held=tuple(protected(f"{number:04}" for number in range(1000))))

    lines = shown(render_plan(whole, 40))
    text = render_markdown(whole)

    assert sum("protected: user" in line for line in lines) == 40
    assert "    … and 960 more; --all shows them, --out keeps them" in lines
    assert "Held by other rules: 800 more." in text


def test_only_as_much_is_read_as_is_shown():
    """Of a million creations, the first forty."""
    read = []

    def lines():
        for line in whole.lines():
            read.append(line)
            yield line

    whole = streamed(CREATES)
    counted = Stream(len(whole), lines, whole._decode, whole.counts)
    page = iter(render_plan(plan(changes=counted), 40))
    next(page)  # the digest in the first line is over all of it
    read.clear()

    for _ in page:
        pass

    assert len(read) == 40


def test_a_members_row_names_some_and_counts_the_rest():
    """However many a group gains."""
    many = tuple(member("add", f"u{number:03}", "red") for number in range(700))

    (row,) = (line for line in shown(render_plan(plan(changes=many), 40), 400) if "red" in line)

    assert row == f"  =  red  {', '.join(f'+u{n:03}' for n in range(12))} and 688 more"
