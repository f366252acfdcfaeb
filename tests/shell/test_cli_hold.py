"""`syncd hold`: who is held is found, told of and released; and what a ladder's settings mean."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from syncd.config import load_settings
from syncd.config.assemble import assemble
from syncd.core.policy import Leavers
from syncd.errors import ConfigError
from syncd.report import Exit
from tests.shell.command import World

CONFIG = """
sources:
  people: {type: yaml, paths: [people.yaml]}
targets:
  store: {type: sql, url: sqlite:///store.db}
syncs:
  main:
    sources: [people]
    target: store
    policy: POLICY
"""
LADDER = "{ladder: {strip: 7d, delete: 30d}, budget: {user.suspend: null}}"
ADA = "  - {id: ada, user_name: ada.lovelace, email: ada@example.org}"
REST = ["  - {id: zoe, user_name: zoe}", "  - {id: kim, user_name: kim}"]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Ada has left, and is suspended."""
    world = World(tmp_path)
    world.write("config.yaml", CONFIG.replace("POLICY", LADDER))
    for people in ([ADA, *REST], REST):
        world.write("people.yaml", "\n".join(["users:", *people]))
        assert world.syncd("apply", "--yes").exit_code == Exit.DONE
    return world


def said(text: str) -> str:
    """In one line, as a terminal's breaks do not matter."""
    return " ".join(text.split())


def hold(world: World, *words: str):
    return world.syncd("hold", *words)


@pytest.mark.parametrize("who", ["ada.lovelace", "ada@example.org", "people:ada"])
def test_somebody_is_held_by_login_e_mail_or_key(world, who):
    """Also who has left already; `explain` says what the hold stops, and when that would be."""
    set_ = hold(world, "add", who, "--reason", "case 4711", "--by", "ann", "--until", "2099-12-31")
    assert set_.exit_code == Exit.DONE
    assert said(set_.stderr) == (
        "hold 1 on ada.lovelace (people:ada): neither stripped of groups nor deleted, until the end "
        "of 2099-12-31"
    )
    [told] = json.loads(world.syncd("explain", "ada.lovelace", "--format", "json").stdout)
    words = [one["stopped"] for one in told["ladder"]]
    assert [one["rung"] for one in told["ladder"]] == ["strip", "delete"]
    assert len(set(words)) == 1
    assert words[0].startswith("legal hold: case 4711, by ann since ")
    assert "case 4711" in hold(world, "list").stdout


def test_a_hold_is_released_by_its_number_or_by_the_person(world):
    """Once; the list has it still, if one asks for all."""
    for _ in range(2):
        hold(world, "add", "ada.lovelace", "--reason", "case 4711", "--keep-active")
    assert said(hold(world, "release", "1", "--by", "bea").stderr).startswith(
        "hold 1 on ada.lovelace is released"
    )
    again = hold(world, "release", "1")
    assert again.exit_code != Exit.DONE
    assert "hold 1 was released already, by bea" in said(again.stderr)
    assert hold(world, "release", "ada@example.org").exit_code == Exit.DONE
    assert "Nobody is held" in hold(world, "list").stdout
    assert "by bea" in said(hold(world, "list", "--all").stdout)
    nobody = hold(world, "release", "ada.lovelace")
    assert 'there is no hold on "ada.lovelace"' in said(nobody.stderr)
    assert "there is no hold 9" in said(hold(world, "release", "9").stderr)


def test_a_number_that_somebody_is_called_by_releases_nobody_by_mistake(world):
    """The hold of that number is of another person: one has to say which is meant."""
    numbered = "  - {id: one, user_name: '1'}"
    world.write("people.yaml", "\n".join(["users:", *REST, numbered]))
    assert world.syncd("apply", "--yes").exit_code == Exit.DONE
    for who in ("ada.lovelace", "1"):
        assert hold(world, "add", who, "--reason", "case 4711").exit_code == Exit.DONE
    either = hold(world, "release", "1")
    assert either.exit_code == Exit.CONFIG
    assert said(either.stderr).endswith(
        '"1" is the number of the hold on ada.lovelace, and what 1 (people:one) is known by: for '
        "the hold say `--number 1`, for the person people:one"
    )
    assert "hold 2 on 1 is released" in said(hold(world, "release", "people:one").stderr)
    assert "hold 1 on ada.lovelace is released" in said(
        hold(world, "release", "--number", "1").stderr
    )
    assert "is no number" in said(hold(world, "release", "--number", "zoe").stderr)


def test_a_number_that_somebody_is_called_by_is_theirs_where_no_hold_has_it(world):
    """Or where their own hold has it: then both mean the same."""
    numbered = ["  - {id: one, user_name: '1'}", "  - {id: seven, user_name: '7'}"]
    world.write("people.yaml", "\n".join(["users:", *REST, *numbered]))
    assert world.syncd("apply", "--yes").exit_code == Exit.DONE
    for who in ("1", "7"):
        hold(world, "add", who, "--reason", "case 4711")
    assert "hold 1 on 1 is released" in said(hold(world, "release", "1").stderr)
    assert "hold 2 on 7 is released" in said(hold(world, "release", "7").stderr)


def test_somebody_who_is_to_come_is_held_by_key(world):
    """Nobody else: a wrong name is told of, and one that means several."""
    coming = hold(world, "add", "people:new", "--reason", "x")
    assert "hold 1 on people:new, whom nobody knows yet" in said(coming.stderr)
    wrong = hold(world, "add", "elsewhere:new", "--reason", "x")
    assert wrong.exit_code == Exit.CONFIG
    assert said(wrong.stderr).startswith('nobody is called "elsewhere:new": looked for a login')
    twice = ["  - {id: a, user_name: kim2, email: kim}", *REST]
    world.write("people.yaml", "\n".join(["users:", *twice]))
    world.syncd("apply", "--yes")
    assert '"kim" means several' in said(hold(world, "add", "kim", "--reason", "x").stderr)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--reason", " "), "--reason: should be a text of at most 200 letters"),
        (("--reason", "x", "--until", "soon"), "--until: should be a day such as 2027-01-31"),
        (("--reason", "x", "--until", "2020-01-31"), "--until: 2020-01-31 is over already"),
        (("--reason", "x", "--until", "9999-12-31"), "--until: should be a day such as 2027-01-31"),
        (("--reason", "x", "--by", ""), "--by: should be a text of at most 200 letters"),
    ],
)
def test_what_is_said_wrong_is_told(world, words, complaint):
    """And nothing is set."""
    result = hold(world, "add", "ada.lovelace", *words)
    assert (result.exit_code, said(result.stderr)) == (Exit.CONFIG, complaint)
    assert "Nobody is held" in hold(world, "list").stdout


def policy(tmp_path: Path, text: str):
    (tmp_path / "config.yaml").write_text(CONFIG.replace("POLICY", text))
    return assemble(load_settings(tmp_path / "config.yaml", {}), "main").policy


@pytest.mark.parametrize(
    ("text", "leavers", "delays"),
    [
        ("{}", Leavers.SUSPEND, (0, None, 30)),
        ("{leavers: delete, grace: 7d}", Leavers.DELETE, (0, None, 7)),
        ("{leavers: ignore}", Leavers.IGNORE, (0, None, 30)),
        ("{ladder: {}}", Leavers.SUSPEND, (0, None, 30)),
        ("{ladder: {suspend: 2d, strip: 7d}}", Leavers.SUSPEND, (2, 7, 30)),
        ("{ladder: {strip: null, delete: 0d}}", Leavers.DELETE, (0, None, 0)),
    ],
)
def test_a_ladder_says_step_by_step_what_one_word_says_too(tmp_path, text, leavers, delays):
    """Without it `leavers` and `grace` count as ever."""
    of = policy(tmp_path, text)
    days = (of.suspend_after, of.strip_after, of.grace)
    assert of.leavers is leavers
    assert days == tuple(None if day is None else timedelta(days=day) for day in delays)


def test_the_grace_is_of_groups_where_there_is_a_ladder(tmp_path):
    """If these are deleted at all."""
    text = "{ladder: {delete: 9d}, grace: 3d, vanished_groups: delete}"
    assert policy(tmp_path, text).of_groups == timedelta(days=3)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{ladder: {}, grace: 3d}", "policy.grace: contradicts the ladder: say ladder.delete"),
        ("{ladder: {}, leavers: delete}", "policy.leavers: contradicts the ladder: say ladder"),
        ("{ladder: {supend: 3d}}", 'supend: is not known here; did you mean "suspend"?'),
        ("{ladder: {strip: 3}}", "ladder.strip: should be a time such as 30d"),
        ("{legal_holds: [{user: a}]}", "legal_holds.0.reason: is missing"),
        ("{legal_holds: [{user: a, reason: x, until: soon}]}", "legal_holds.0.until: should be"),
    ],
)
def test_a_ladder_that_contradicts_itself_is_told_where_it_stands(tmp_path, text, complaint):
    """File, line and column."""
    with pytest.raises(ConfigError) as told:
        policy(tmp_path, text)
    assert complaint in str(told.value)
    assert "config.yaml:10:" in str(told.value)


def test_holds_of_the_configuration_last_until_the_end_of_their_day(tmp_path):
    """In UTC."""
    text = "{legal_holds: [{user: 'ada*', reason: x, until: 2027-01-31, suspend: false}]}"
    [one] = policy(tmp_path, text).legal_holds
    assert (one.until.isoformat(), one.suspend) == ("2027-02-01T00:00:00+00:00", False)
