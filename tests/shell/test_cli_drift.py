"""On the command line: what somebody changed in the target, and what never settles."""

import json
import sqlite3
from contextlib import closing

import pytest

from syncd.report import Exit
from tests.shell.command import CONFIG, World, small_world


@pytest.fixture
def world(tmp_path) -> World:
    """With both people in the store, as one run left them."""
    world = small_world(tmp_path)
    assert world.syncd("apply", "--yes").exit_code == Exit.DONE
    return world


def with_policy(world: World, policy: str) -> None:
    text = CONFIG.replace("target: store}", f"target: store, policy: {policy}}}")
    world.write("config.yaml", text)


def change(world: World, statement: str) -> None:
    """Somebody is at the store itself."""
    with closing(sqlite3.connect(world.path / "store.db")) as store:
        store.execute(statement)
        store.commit()


QUEEN = "UPDATE users SET title = 'Queen' WHERE user_name = 'ada.lovelace'"


def test_a_plan_says_who_changed_each_field(world: World):
    """In the table, as JSON and as Markdown."""
    change(world, QUEEN)
    people = (world.path / "people.yaml").read_text()
    world.write("people.yaml", people.replace("grace@example.org", "g.hopper@example.org"))
    table = world.syncd("plan", COLUMNS="160").stdout
    assert "title  Queen → Countess  changed outside: run 1 wrote Countess, 20" in table
    assert "email  grace@example.org → g.hopper@example.org  changed in the source: run 1" in table
    plan = json.loads(world.syncd("plan", "--format", "json").stdout)
    assert plan["causes"] == {"outside": 1, "source": 1}
    by_key = {one["key"]: one["traces"] for one in plan["changes"]}
    trace = by_key["people:ada"]["title"]
    assert (trace["cause"], trace["written"], trace["run"]) == ("outside", "Countess", 1)
    markdown = world.syncd("plan", "--format", "markdown").stdout
    assert "title `Queen` → `Countess` (changed outside: run 1 wrote Countess, 20" in markdown


def test_what_is_reported_is_in_each_plan_and_no_failure(world: World):
    """And `explain` has it too; the store keeps it."""
    with_policy(world, "{drift: {title: report}}")
    change(world, QUEEN)
    for _ in range(2):
        result = world.syncd("apply", "--yes")
        assert result.exit_code == Exit.DONE
        assert "Changed outside (1)" in result.stdout
        assert "title  Queen → Countess" in result.stdout
        assert result.stdout.count("Nothing to change; 1 changed outside and left so") == 1
    markdown = world.syncd("plan", "--format", "markdown").stdout
    assert "#### Changed outside: changed outside, and left so by" in markdown
    said = world.syncd("explain", "ada.lovelace", COLUMNS="200").stdout
    assert "left: changed outside, and left so by `policy.drift`" in said


@pytest.mark.parametrize("offline", [(), ("--offline",)])
def test_what_is_yielded_is_in_no_plan_and_explained(world: World, offline):
    """Whoever asks learns who was there last, and why it stays."""
    with_policy(world, "{drift: {default: yield}}")
    change(world, QUEEN)
    assert world.syncd("apply", "--yes").exit_code == Exit.DONE
    table = world.syncd("plan").stdout
    assert "Queen" not in table
    said = world.syncd("explain", "ada.lovelace", *offline, COLUMNS="200").stdout
    assert "title  Queen → Countess  changed outside: run 1 wrote Countess" in said
    assert "left: changed outside, and left so by `policy.drift`" in said


def test_what_never_settles_is_named_and_tried_again_when_told(world: World):
    """A trigger in the store's database keeps titles short; three runs try, and the rest only say so."""
    with_policy(world, "{budget: {per_attribute: null}}")
    change(
        world,
        "CREATE TRIGGER short AFTER UPDATE OF title ON users WHEN length(NEW.title) > 4 "
        "BEGIN UPDATE users SET title = substr(NEW.title, 1, 4) WHERE rowid = NEW.rowid; END",
    )
    people = (world.path / "people.yaml").read_text()
    world.write("people.yaml", people.replace("Countess", "Professor"))
    for _ in range(3):
        result = world.syncd("apply", "--yes", COLUMNS="160")
        assert result.exit_code == Exit.NOT_CONVERGED
        assert "title: wrote Professor, found Prof" in result.stdout
    result = world.syncd("apply", "--yes", COLUMNS="160")
    assert result.exit_code == Exit.NOT_CONVERGED
    assert "Never settles (1)" in result.stdout
    assert "never settles: written 3 times since run 2, and this came back each time" in (
        " ".join(result.stdout.split())
    )
    assert "title  Prof → Professor  did not last: run 4 wrote Professor" in result.stdout
    assert world.syncd("plan").exit_code == Exit.NOT_CONVERGED
    markdown = world.syncd("plan", "--format", "markdown").stdout
    assert "#### Never settles: never settles: written 3 times" in markdown
    said = world.syncd("explain", "ada.lovelace", COLUMNS="200").stdout
    assert "left: never settles: written 3 times since run 2" in said
    assert "not converged" in world.syncd("history").stdout
    change(world, "DROP TRIGGER short")
    assert "1 change: update 1 user" in world.syncd("plan", "--retry-unsettled").stdout
    assert world.syncd("apply", "--yes", "--retry-unsettled").exit_code == Exit.DONE
    assert world.syncd("apply", "--yes").exit_code == Exit.DONE
