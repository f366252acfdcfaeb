"""The verbs that look back: history with its filters, show, and diff."""

import json
from io import StringIO
from pathlib import Path
from shutil import copytree

import pytest
from msgspec.structs import replace
from rich.console import Console
from sqlalchemy import create_engine

from syncd.core.plan import Refusal
from syncd.ledger import FAILED, Ended
from syncd.lookback.told import lines, tell
from syncd.render.told import render_told, told_markdown
from syncd.report import Exit
from tests.moved import accept_moved
from tests.shell.command import CONFIG, PEOPLE, World, small_world
from tests.world import ADA, KIM, NOON, ZOE, opened

TIGHT = CONFIG.replace(
    "target: store}",
    "target: store, policy: {budget: {user.suspend: {count: 0}}, protect: {groups: [Board]}}}",
)
BOARD = PEOPLE + "  - {id: board, display_name: Board, members: [grace]}\n"


@pytest.fixture(scope="module")
def past(tmp_path_factory) -> Path:
    """Three runs: four people, a new title with a new colleague, and leavers whom a budget holds."""
    world = small_world(tmp_path_factory.mktemp("past"))
    world.write("config.yaml", TIGHT)
    world.write("people.yaml", people("Countess", "kim", "lee"))
    world.syncd("apply", "--yes")
    world.write("people.yaml", people("Queen", "kim", "lee", "zoe"))
    world.syncd("apply", "--yes")
    world.write("people.yaml", people("Queen", "zoe"))
    world.syncd("apply", "--yes")
    return world.path


@pytest.fixture
def world(tmp_path, past: Path) -> World:
    """A copy of that past."""
    world = World(copytree(past, tmp_path / "world"))
    accept_moved(create_engine(f"sqlite:///{world.path}/.syncd/ledger.db"), past, world.path)
    return world


def people(title: str, *others: str) -> str:
    more = "".join(f"  - {{id: {one}, user_name: {one}}}\n" for one in others)
    text = BOARD.replace("Countess", title).replace("[grace]", "[kim]" if "kim" in others else "[]")
    return text.replace("groups:\n", f"{more}groups:\n")


def runs(world: World, *options: str) -> list[int]:
    found = world.syncd("history", "--format", "json", *options)
    assert found.exit_code == Exit.DONE, found.stderr
    return [one["run"] for one in json.loads(found.stdout)]


def test_runs_are_found_by_whom_they_changed(world: World):
    """By login, key, e-mail or group, without case; of who is gone from the ledger, by the journal."""
    assert runs(world, "--user", "ADA.lovelace") == [2, 1]
    assert runs(world, "--user", "people:zoe") == runs(world, "--user", "zoe") == [2]
    assert runs(world, "--user", "ada@example.org") == [2, 1]
    assert runs(world, "--user", "engineering") == [1]
    nobody = world.syncd("history", "--user", "nemo")
    assert nobody.exit_code == Exit.CONFIG
    assert nobody.stderr == (
        "nobody is, or ever was, called 'nemo' in the ledger: looked for a login, e-mail, key and "
        "ref\n"
    )


def test_runs_are_found_by_time_outcome_and_whether_they_did_anything(world: World):
    """All conditions hold together; a filter that fits no run says so."""
    world.syncd("apply", "--yes")
    assert runs(world) == [4, 3, 2, 1]
    assert runs(world, "--changes") == [2, 1]
    assert runs(world, "--outcome", "failed") == []
    assert runs(world, "--since", "1h", "--limit", "2") == [4, 3]
    assert runs(world, "--until", "1h") == []
    assert runs(world, "--since", "2001-01-01", "--until", "2001-01-02T03:04+02:00") == []
    assert world.syncd("history", "--until", "1h").stdout == "No run is like that.\n"
    wrong = world.syncd("history", "--since", "yesterday")
    assert wrong.exit_code == Exit.CONFIG
    assert wrong.stderr == (
        "--since: should be a day such as 2026-04-01, a time such as 2026-04-01T08:30, or how "
        "long ago, such as 12h or 7d\n"
    )


def test_show_has_what_a_run_did_and_what_it_did_not(world: World):
    """Lines, held and refused changes with their rules, what was read, what was remembered."""
    text = world.syncd("show", "3").stdout
    assert "  changes      0 planned, 0 done, 0 failed\n" in text
    assert "  read people  3 users, 2 groups, " in text
    assert "over budget user.suspend: " in text
    assert "lee  leaver: is in no source any more" in text
    assert "  protected: member of Board\n    ‖  kim  leaver" in text
    assert "Remembered (2)" in text
    second = world.syncd("show", "2").stdout
    assert "title Countess → Queen" in second
    assert "  read     all, to its end\n" in second
    assert world.syncd("history", "2").stdout == second


def test_show_as_json_and_markdown_has_the_same(world: World):
    """For programs one object, for a merge request tables."""
    one = json.loads(world.syncd("show", "3", "--format", "json").stdout)
    assert (one["run"]["run"], one["run"]["held"], one["run"]["refused"]) == (3, 1, 1)
    assert [held["change"]["name"] for held in one["held"]] == ["lee"]
    assert [refused["change"]["name"] for refused in one["refused"]] == ["kim"]
    assert [mark["remark"] for mark in one["marks"]] == ["left", "left"]
    assert one["readings"]["people"]["users"] == 3
    two = json.loads(world.syncd("show", "2", "--format", "json").stdout)
    assert [line["op"] for line in two["lines"]] == ["update", "create"]
    text = world.syncd("show", "3", "--format", "markdown").stdout
    assert "#### Held (1)" in text
    assert "| ‖ | `lee` | suspend: over budget user.suspend: " in text
    assert "| ‖ | `kim` | suspend: protected: member of Board |" in text


def test_show_names_the_approvals_that_were_used(world: World):
    """Who approved, and how many changes that let through."""
    standing = json.loads(world.syncd("status", "--format", "json").stdout)["syncs"][0]["standing"]
    world.syncd("approve", standing["digest"], "--by", "ann", "--yes")
    world.syncd("apply", "--yes")
    text = world.syncd("show", "4").stdout
    assert "  approval     1 by ann, " in text
    assert ": 1 change\n" in text
    one = json.loads(world.syncd("show", "4", "--format", "json").stdout)
    assert [(used["approved_by"], used["changes"]) for used in one["approvals"]] == [("ann", 1)]


def test_show_says_at_each_line_what_failed_and_of_what_nothing_is_known():
    """The target's words, and that a run broke off; what a plan held that is kept no more is a
    number."""
    here = opened(ADA)
    here.source.has(ADA, ZOE, KIM)
    plan = here.plan()
    run = here.ledger.begin_run("main", replace(plan, held=(Refusal(plan.changes[0], "x"),)), NOON)
    zoe, _ = here.ledger.begin(run, list(plan.changes), NOON)
    here.ledger.end([Ended(zoe, plan.changes[0], FAILED, None, "no such licence")], NOON)
    told, out = tell(here.ledger, here.ledger.chronicle.run(run)), StringIO()
    page = render_told(told, lines(here.ledger, told.run), None)
    for part in page:
        Console(file=out, width=90).print(part)
    said = out.getvalue()
    assert "outcome   under way, or broken off" in said
    assert "not made  1 held; what they were is not kept any more" in said
    assert "failed: no such licence" in said
    assert "no outcome known" in said
    assert "failed: no such licence" in told_markdown(told, lines(here.ledger, told.run))


def test_diff_tells_what_is_otherwise_in_either_order(world: World):
    """Fields from -> to, who was made, members; and the way back."""
    text = world.syncd("diff", "1", "3").stdout
    assert "~  ada.lovelace  title Countess → Queen" in text
    assert text.splitlines()[-1] == "1 user created, 1 user changed"
    back = json.loads(world.syncd("diff", "3", "1", "--format", "json").stdout)
    changes = {one["name"]: one for one in back["changes"]}
    assert changes["ada.lovelace"]["fields"] == {"title": ["Queen", "Countess"]}
    assert changes["zoe"]["what"] == "deleted"
    markdown = world.syncd("diff", "1", "3", "--format", "markdown").stdout
    assert "| ~ | `ada.lovelace` | title Countess → `Queen` |" in markdown
    assert "Nothing is otherwise\n" in world.syncd("diff", "2", "3").stdout


def test_only_runs_of_one_sync_are_compared(world: World):
    """Another sync's are of other accounts; a run that never was is told."""
    other = TIGHT + "  other: {sources: [people], target: memory}\n"
    world.write("config.yaml", other.replace("syncs:", "  memory: {type: memory}\nsyncs:"))
    world.syncd("apply", "--yes", "--sync", "other")
    result = world.syncd("diff", "1", "4")
    assert (result.exit_code, result.stderr) == (
        Exit.CONFIG,
        "run 1 is of main and run 4 of other: only what one sync did can be compared\n",
    )
    assert world.syncd("diff", "1", "9").stderr == "there is no run 9; the newest is 4\n"
