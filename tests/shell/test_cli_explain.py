"""`syncd explain`: whether somebody is taken, where rules stand, who is gone, and what is next."""

import json
import time
from contextlib import closing
from datetime import UTC, datetime

import pytest

from syncd.config import load_settings
from syncd.config.assemble import ledger
from syncd.ledger import Daemon
from syncd.report import Exit
from tests.shell.command import CONFIG, World, sections, small_world

RULES = """
sources:
  people: {type: yaml, paths: [people.yaml]}
targets:
  store: {type: sql, url: sqlite:///store.db}
syncs:
  main:
    sources: [people]
    target: store
    merge: {by: email}
    schedule: {every: 5m}
    users:
      take:
        member_of: [Engineering]
        except: {title: Robot*}
      always:
        title: "{{ title|upper }}"
      on_create:
        family_name: user_name
"""
PEOPLE = """
users:
  - {id: ada, user_name: ada, email: ada@example.org, title: Countess}
  - {id: r2, user_name: r2d2, email: r2@example.org, title: Robot 2}
  - {id: eve, user_name: eve, title: Guest}
groups:
  - {id: eng, display_name: Engineering, members: [ada, r2]}
"""


@pytest.fixture
def world(tmp_path) -> World:
    """One sync whose users are taken, merged and mapped by rules."""
    here = small_world(tmp_path)
    here.write("config.yaml", RULES)
    here.write("people.yaml", PEOPLE)
    return here


def shown(world: World, *arguments: str) -> dict[str, list[str]]:
    return sections(world.syncd("explain", *arguments, COLUMNS="160").stdout)


def told(world: World, *arguments: str) -> dict:
    (one,) = json.loads(world.syncd("explain", *arguments, "--format", "json").stdout)
    return one


def test_why_somebody_is_not_there_is_told_by_every_rule_with_its_place(world: World):
    """The rules that are met too, and what the person has there."""
    world.syncd("apply", "--yes")

    for how in ([], ["--offline"]):
        found = shown(world, "r2d2", *how)
        assert found["Taken"] == [
            "✓ users.take.member_of Engineering asked for: Engineering config.yaml:14:9",
            "✗ users.take.except.title Robot 2 title is Robot* config.yaml:15:18",
        ]
        assert found["Should be"] == ["no account: title is Robot*"]
        eve = shown(world, "eve", *how)
        assert eve["Taken"][0] == (
            "✗ users.take.member_of none not a member of Engineering config.yaml:14:9"
        )


def test_each_field_has_its_rule_and_the_place_of_it_or_came_by_name(world: World):
    """Also what makes records one person, and which run made the account."""
    world.syncd("apply", "--yes")

    found = shown(world, "ada")

    assert "title COUNTESS template {{ title|upper }}, config.yaml:17:9" in found["Should be"]
    assert "family_name ada attribute user_name, once, config.yaml:19:9" in found["Should be"]
    assert "email ada@example.org attribute email, by name" in found["Should be"]
    assert found["In the sources"][-1] == (
        "merged by email: nobody else has ada@example.org, config.yaml:10:13"
    )
    assert " made by syncd in run 1, " in found["In store"][0]


def test_what_the_environment_says_stands_in_no_file(world: World):
    """The variable is named."""
    given = {"SYNCD_SYNCS__MAIN__MERGE__BY": "user_name"}

    (one,) = json.loads(world.syncd("explain", "ada", "--format", "json", **given).stdout)

    assert one["match"] == {
        "by": "user_name",
        "value": "ada",
        "keys": ["people:ada"],
        "place": "environment variable SYNCD_SYNCS__MAIN__MERGE__BY",
    }


def test_where_a_rule_stands_changes_no_plan(world: World):
    """Comments and order are no settings: what was kept is true for them."""
    world.syncd("apply", "--yes")
    before = told(world, "ada", "--offline")
    world.write("config.yaml", "# a comment\n" + RULES)

    after = told(world, "ada", "--offline")

    assert after["as_of"] == before["as_of"]
    assert after["scope"][0]["place"] == "config.yaml:15:9"


def test_who_was_deleted_long_ago_is_told_of_by_the_journal(world: World):
    """By which run and why; the exit code says that somebody was found."""
    policy = "policy: {leavers: delete, grace: 1s}"
    world.write("config.yaml", CONFIG.replace("target: store}", f"target: store, {policy}}}"))
    world.write("people.yaml", "users: [{id: ada}, {id: kim}]")
    world.syncd("apply", "--yes")
    world.write("people.yaml", "users: [{id: kim}]")
    for _ in range(4):
        world.syncd("apply", "--yes")
        time.sleep(0.6)

    for how in ([], ["--offline"]):
        result = world.syncd("explain", "people:ada", *how, COLUMNS="160")
        found = sections(result.stdout)
        assert result.exit_code == Exit.DONE
        assert found["Should be"] == [
            "is in no source, and no account is remembered: this is what was written of them"
        ]
        assert json.loads(world.syncd("history", "--format", "json").stdout)[0]["done"] == 0
        assert found["In store"][0] == "no account"
        assert "deleted by syncd in run " in found["In store"][1]
        assert found["Next"] == ["nothing: there is no account"]
        assert [line[0] for line in found["Last"]][-1] == "+"


def test_when_the_next_run_is_follows_the_schedule_of_a_daemon_that_lives(world: World):
    """Without one a change comes by hand."""
    by_hand = "with the next run: `syncd apply --sync main`; no daemon is running"
    assert shown(world, "ada")["Next"][-1] == by_hand
    world.syncd("apply", "--yes", "--sync", "main")
    world.write("people.yaml", PEOPLE.replace("Countess", "Lady"))
    now = datetime.now(UTC)
    with closing(ledger(load_settings(world.path / "config.yaml", {}), write=True)) as memory:
        memory.sign(Daemon("1@here", "1", now, now, leads=True))

    last = shown(world, "ada")["Next"][-1]

    assert last.startswith("with the next run, about ")
    said = last.removeprefix("with the next run, about ").replace(" UTC", "+00:00")
    assert 0 <= (datetime.fromisoformat(said) - now).total_seconds() <= 301
