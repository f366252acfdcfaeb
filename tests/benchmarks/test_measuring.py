"""How the benchmarks measure, count and tell: with values that are given."""

import sys
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest

from tests.benchmarks import document
from tests.benchmarks.measure import (
    NOT_TRIED,
    Failure,
    Figure,
    Run,
    Subject,
    Told,
    in_turn,
    measured,
)
from tests.benchmarks.once import STARTUP
from tests.benchmarks.once_rows import once_rows
from tests.benchmarks.parts import DJANGO, KINDS, LDAPSEARCH, SQLITE, at_least, none
from tests.benchmarks.picture import picture
from tests.benchmarks.results import Part, Results
from tests.benchmarks.rows import AS_FAST, AS_LONG, LARGE, MIDDLE, SMALL, rows
from tests.benchmarks.table import in_markdown

WHEN = datetime(2026, 4, 1, tzinfo=UTC)


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def figure(seconds: float, peak: int = 100_000_000, **told: float) -> Figure:
    lines = {name: Told(value, "s") for name, value in told.items()}
    return Figure([Run(seconds, seconds, peak, lines)])


def results(size: int, **parts: dict[str, Figure]) -> Results:
    made = {name: Part(WHEN, 0.0, figures) for name, figures in parts.items()}
    return Results(size, "a machine", made)


def cycles(size: int, seconds: float, peak: int) -> Results:
    """Of which a quick one takes always the same."""
    unchanged = {kind: figure(seconds, peak, cycle=seconds) for kind in KINDS}
    quick = {f"quick, {kind}": figure(1, cycle=0.1) for kind in KINDS}
    full = {f"full, {kind}": figure(seconds, cycle=seconds) for kind in KINDS}
    search = {LDAPSEARCH: figure(seconds / 1.5, 12_000_000)}
    return results(size, unchanged={**unchanged, **search}, changes={**quick, **full})


def verdicts(*found: Results) -> dict[tuple[str, int | None, str], tuple[str, bool | None]]:
    made = rows({one.size: one for one in found})
    return {(row.work, row.people, row.against): (row.result, row.met) for row in made}


def test_a_process_is_measured_with_what_it_tells():
    """Its time, its memory alone, and its own lines."""
    run = measured(python("x = b'.' * 50_000_000; print('made', len(x), 'bytes', sep='\\t')"))

    assert run.told == {"made": Told(50_000_000, "bytes")}
    assert 50_000_000 < run.peak < 90_000_000
    assert run.seconds > 0


def test_memory_is_not_that_of_who_measures():
    """What measures holds more than this command ever does."""
    ballast = bytearray(200_000_000)

    run = measured(["true"])

    assert run.peak < 20_000_000 < len(ballast)


def test_a_command_that_fails_has_no_figures():
    """A time of something that did not work is worth nothing."""
    with pytest.raises(Failure, match="ended with 3: no such thing"):
        measured(python("import sys; print('no such thing', file=sys.stderr); sys.exit(3)"))


def test_subjects_take_turns_and_one_that_fails_stops_none():
    """A B C A B C, so that all are measured under the same conditions."""
    turns: list[str] = []
    subjects = [
        Subject("a", ["true"], lambda: turns.append("a")),
        Subject("b", ["false"], lambda: turns.append("b")),
        Subject("c", ["true"], lambda: turns.append("c"), rounds=1),
    ]

    figures = in_turn(subjects, 2, lambda _what: None)

    assert turns == ["a", "b", "c", "a"]
    assert {name: len(one.runs) for name, one in figures.items()} == {"a": 2, "b": 0, "c": 1}
    assert figures["b"].why == "ended with 1: "


def test_a_run_that_did_not_do_its_work_has_no_figures():
    """An import that imported nothing is quick, and so is an apply that had half of it to do."""
    tells = Subject("a", python("print('changes', 99, 'changes', sep='\\t')"), after=at_least(100))

    figure = in_turn([tells], 1, lambda _what: None)["a"]

    assert figure == Figure(why="there were 99 changes, and at least 100 were expected")
    assert none(Run(1, 1, 1, {"changes": Told(0, "changes")})) == ""
    assert none(Run(1, 1, 1, {"changes": Told(2, "changes")})).startswith("there were 2 changes")


def test_what_was_to_be_reached_is_held_against_the_ratio():
    """Time beside ldapsearch's, and memory at a million people."""
    found = verdicts(cycles(MIDDLE, 1.5, 100_000_000), cycles(LARGE, 15, 290_000_000))

    work = f"nothing changed → {SQLITE}"
    assert found[work, MIDDLE, LDAPSEARCH] == (f"1.5 {AS_LONG}", True)
    assert found[f"the same → {SQLITE}, memory", LARGE, ""] == ("290 MB", True)
    assert found[f"{work}, memory", LARGE, f"{MIDDLE:,} people"] == ("290 MB", False)
    assert found[f"quick cycle, 100 changes → {SQLITE}", LARGE, "a full one"] == (
        "0.67 % of its time",
        True,
    )


def test_a_quick_cycle_is_compared_across_sizes():
    """From the smallest to the largest that was measured."""
    found = verdicts(cycles(SMALL, 0.15, 90_000_000), cycles(LARGE, 15, 290_000_000))

    growth = found[f"quick cycle, 100 changes → {SQLITE}", LARGE, f"{SMALL:,} people"]
    assert growth == (f"1 {AS_LONG}", True)


def test_rivals_are_compared_by_way_of_ldapsearch():
    """So a machine that was twice as slow on that day makes no rival look worse."""
    ours = {SQLITE: figure(4), LDAPSEARCH: figure(1)}
    theirs = {f"{DJANGO}, {SQLITE}": figure(200), LDAPSEARCH: figure(2)}

    found = verdicts(results(MIDDLE, **{"import": ours}, rivals=theirs))

    assert found[f"first import → {SQLITE}", MIDDLE, DJANGO] == (f"25 {AS_FAST}", True)


def test_a_told_ratio_is_a_row_with_what_it_is_made_of():
    """A command that compares in its own turns tells `ours, of theirs`, and both."""
    lines = {
        "python3 -c pass": Told(20, "ms"),
        "syncd --help": Told(280, "ms"),
        "syncd --help, of python3 -c pass": Told(14, "times"),
    }
    told = {STARTUP: Figure([Run(1, 1, 1, lines)])}

    (row, *others) = once_rows(results(0, **{STARTUP: told}))

    assert (row.work, row.against, row.result, row.met) == (
        "syncd --help",
        "python3 -c pass",
        f"14 {AS_LONG}",
        False,
    )
    assert (row.ours, row.theirs) == ("280 ms", "20 ms")
    assert [other.why for other in others] == [NOT_TRIED, NOT_TRIED]


def test_what_was_not_measured_is_told_so():
    """A row without a number neither meets nor misses anything."""
    found = verdicts(results(MIDDLE))

    assert found[f"nothing changed → {SQLITE}", MIDDLE, LDAPSEARCH] == ("—", None)


def test_the_document_is_written_between_its_marks(tmp_path):
    """What people wrote around them stays."""
    page = tmp_path / "performance.md"
    page.write_text(f"before\n{document.BEGIN}\nold\n{document.END}\nafter\n")
    found = {size: cycles(size, size / 60_000, size + 90_000_000) for size in (SMALL, MIDDLE)}

    for _ in range(2):
        document.write(tmp_path, found, rows(found))

    text = page.read_text()
    assert text.startswith(f"before\n{document.BEGIN}\n\n![")
    assert text.endswith(f"{document.END}\nafter\n")
    assert in_markdown(rows(found)) in text
    assert "old" not in text
    assert ET.fromstring((tmp_path / document.PICTURE).read_text()).tag.endswith("svg")


def test_growth_needs_two_sizes():
    """A picture of one point would tell nothing."""
    assert picture({SMALL: cycles(SMALL, 1, 90_000_000)}) == ""
