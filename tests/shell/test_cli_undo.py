"""`syncd undo RUN`: shows a plan that goes back, asks, and makes it so."""

import sqlite3
from contextlib import closing

import pytest

from syncd import planfile
from syncd.report import Exit
from tests.audited import records
from tests.shell.command import World, small_world

CHANGED = """
users:
  - {id: ada, user_name: ada.lovelace, email: ada@example.org, title: Queen}
  - {id: zoe, user_name: zoe.mueller}
groups:
  - {id: eng, display_name: Engineering, members: [ada, zoe]}
"""


@pytest.fixture
def world(tmp_path) -> World:
    """Two runs: the second changes a title, suspends Grace, and makes Zoe."""
    world = small_world(tmp_path)
    world.syncd("apply", "--yes")
    world.write("people.yaml", CHANGED)
    world.write("config.yaml", (tmp_path / "config.yaml").read_text().replace(MAIN, FREE))
    assert world.syncd("apply", "--yes").exit_code == Exit.DONE
    return world


MAIN = "main: {sources: [people], target: store}"
FREE = """main:
    sources: [people]
    target: store
    policy: {budget: {user.suspend: null, member.remove: null, per_group: null, per_attribute: null}}"""


def accounts(world: World):
    with closing(sqlite3.connect(world.path / "store.db")) as store:
        return store.execute("SELECT user_name, title, active FROM users ORDER BY 1").fetchall()


AFTER = [("ada.lovelace", "Queen", 1), ("grace.hopper", None, 0), ("zoe.mueller", None, 1)]
BACK = [("ada.lovelace", "Countess", 1), ("grace.hopper", None, 1), ("zoe.mueller", None, 0)]


def test_what_a_run_did_goes_back(world: World):
    """It is a run of its own, and the history says what it is."""
    assert accounts(world) == AFTER

    result = world.syncd("undo", "2", "--yes")

    assert (result.exit_code, result.stderr) == (Exit.DONE, "")
    assert accounts(world) == BACK
    words = " ".join(result.stdout.split())
    assert "undo of run 2; the next run makes it again" in words
    assert "Queen \u2192 Countess undo: run 2 wrote Queen, 20" in words
    assert "changed in the source" not in words
    assert "1 account that run 2 made: suspended, and kept with what was given to them" in words
    assert "done, undo of 2" in world.syncd("history").stdout
    assert "done, undo of run 2, ended" in world.syncd("show", "3").stdout
    told = records(next(world.path.rglob("audit")))
    begun = [one.get("undoes") for one in told if one["event"] == "run begun"]
    assert begun == [None, None, 2]
    explained = " ".join(world.syncd("explain", "ada.lovelace", "--offline").stdout.split())
    assert "undone: run 3 wrote Countess" in explained
    assert "undo of run 2; the next run makes it again" in explained
    assert world.syncd("undo", "3", "--yes").exit_code == Exit.DONE
    assert accounts(world) == AFTER


def test_an_undo_does_not_say_that_the_next_plan_is_empty(world: World):
    """The sources say what they said: the next run makes it again, unless they are changed."""
    result = world.syncd("undo", "2", "--yes")
    assert result.stdout.splitlines()[-2].startswith("Run 2 is undone. What the sources say other")
    assert world.syncd("plan", "--detailed-exitcode").exit_code == Exit.PENDING


def test_a_bundle_of_an_undo_is_refused_with_the_reason(world: World):
    """It was decided from the journal, and not from evidence."""
    world.syncd("undo", "2", "--yes")
    result = world.syncd("bundle", "3")
    assert (result.exit_code, result.stderr.strip()) == (Exit.CONFIG, OF_AN_UNDO)


OF_AN_UNDO = (
    "there is no evidence of run 3: it is an undo of run 2, and was decided from what that did; "
    "`syncd show 2` and `syncd show 3` have it"
)


def test_a_dry_run_changes_nothing(world: World):
    """It shows the plan, for people or for programs."""
    result = world.syncd("undo", "2", "--dry-run", "--sync", "main")
    assert result.exit_code == Exit.DONE
    assert "Queen \u2192 Countess" in result.stdout
    assert '"undoes":2' in world.syncd("undo", "2", "--format", "json").stdout
    assert accounts(world) == AFTER


def test_the_plan_can_be_kept_and_applied_later(world: World):
    """As any other: what has moved since is refused."""
    plan = world.path / "undo.json"
    assert world.syncd("undo", "2", "--out", str(plan)).exit_code == Exit.DONE
    assert (planfile.read(plan).undoes, accounts(world)) == (2, AFTER)
    assert world.syncd("apply", str(plan), "--yes", "--strict").exit_code == Exit.DONE
    assert accounts(world) == BACK


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["7"], "there is no run 7; the newest is 2"),
        (["2", "--sync", "other"], "run 2 is one of the sync main, not other"),
    ],
)
def test_what_is_no_run_is_an_error(world: World, arguments, message):
    """It says which there are."""
    result = world.syncd("undo", *arguments, "--yes")
    assert (result.exit_code, result.stderr.strip()) == (Exit.CONFIG, message)


def test_where_nobody_can_be_asked_nothing_is_undone(world: World):
    """As with an apply."""
    result = world.run("undo", "2")
    assert result.returncode == Exit.CONFIG
    assert result.stderr.startswith("nobody is there to be asked: ")
    assert accounts(world) == AFTER


def test_before_the_first_run_there_is_nothing_to_undo(tmp_path):
    """It says so."""
    world = small_world(tmp_path)
    result = world.syncd("undo", "1", "--yes")
    assert (result.exit_code, result.stderr.strip()) == (
        Exit.CONFIG,
        "there is no run 1; there was none yet",
    )
