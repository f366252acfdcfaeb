"""`syncd approve`: what a plan held is shown, asked about and let through, once and for a time."""

import json
import pwd
import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from syncd import planfile
from syncd.report import Exit
from tests.shell.command import World, answered, held_digest

CONFIG = """
sources:
  people: {type: yaml, paths: [people.yaml]}
targets:
  store: {type: sql, url: sqlite:///store.db}
  other: {type: sql, url: sqlite:///other.db}
syncs:
  main: {sources: [people], target: store, policy: {budget: {user.suspend: {count: 1}}}}
  second: {sources: [people], target: other, enabled: false}
"""
PEOPLE = [f"  - {{id: u{number}}}" for number in range(5)]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Three of five people have left since the first apply, and one suspension is allowed."""
    world = World(tmp_path)
    world.write("config.yaml", CONFIG)
    has(world, PEOPLE)
    assert world.syncd("apply", "--yes").exit_code == Exit.DONE
    has(world, PEOPLE[3:])
    return world


def has(world: World, people: list[str]) -> None:
    world.write("people.yaml", "\n".join(["users:", *people]))


def said(text: str) -> str:
    """In one line, as a terminal's breaks do not matter."""
    return " ".join(text.split())


def held(world: World) -> str:
    """The digest that an apply names when it holds something."""
    result = world.syncd("apply", "--yes")
    assert result.exit_code == Exit.HELD
    found = re.search(
        r"`syncd approve ([0-9a-f]{12})` lets exactly this through, once", result.stdout
    )
    assert found is not None
    return found[1]


def test_what_an_apply_held_is_approved_by_the_command_that_it_names(world: World):
    """The next apply makes exactly that and says by whom it was approved; and the one after holds
    what has come since."""
    result = world.syncd("approve", held(world), "--yes", "--by", "ann")
    assert result.exit_code == Exit.DONE
    assert "over budget user.suspend: 3 planned, 1 allowed of 5" in result.stdout
    assert len([name for name in ("u0", "u1", "u2", "u3") if name in result.stdout]) == 2
    assert "approval 1 by ann: the next run of main makes 2 changes" in result.stderr
    has(world, PEOPLE[4:])
    done = world.syncd("apply", "--yes")
    assert done.exit_code == Exit.HELD
    assert said(done.stdout).count("approved by ann (approval 1)") == 2
    assert "suspended 2 users" in done.stdout
    again = said(world.syncd("plan").stdout)
    assert "over budget user.suspend: 1 planned, 1 done in the last 24 h, 1 allowed" in again
    history = world.syncd("history", "3", "--format", "json")
    reasons = {line["reason"] for line in json.loads(history.stdout)["lines"]}
    assert reasons == {"leaver: is in no source any more; approved by ann (approval 1)"}


def test_a_plan_that_was_only_looked_at_is_approved_by_its_file(world: World):
    """As its own words say; the ledger has heard nothing of it."""
    looked = world.syncd("plan")
    assert "`syncd plan --out FILE`, and `syncd approve FILE`, lets exactly this" in said(
        looked.stdout
    )
    digest = re.search(r"plan ([0-9a-f]{12})", looked.stdout)[1]
    unknown = world.syncd("approve", digest, "--yes")
    assert unknown.exit_code == Exit.CONFIG
    assert f"no run had a plan {digest}" in unknown.stderr
    assert "syncd plan --out FILE" in unknown.stderr
    file = str(world.path / "plan.json")
    kept = said(world.syncd("plan", "--out", file).stdout)
    assert re.search(r"If this is meant, `syncd approve \S*plan.json` lets exactly this", kept)
    assert world.syncd("approve", file, "--yes", "--by", "ann").exit_code == Exit.DONE
    assert world.syncd("apply", "--yes").exit_code == Exit.DONE


def test_status_names_the_same_plan(world: World):
    """Its digest, or the first twelve letters of it."""
    short = held(world)
    assert f"syncd approve {short}" in world.syncd("status").output
    assert held_digest(world).startswith(short)
    assert world.syncd("approve", held_digest(world), "--yes").exit_code == Exit.DONE


def test_approvals_are_listed_and_taken_back(world: World):
    """What is withdrawn waits again, and what is over cannot be withdrawn."""
    empty = world.syncd("approve", "--list")
    assert empty.stdout == "Nothing is approved that was not made yet.\n"
    digest = held(world)
    world.syncd("approve", digest, "--yes", "--by", "ann", "--expires", "2d")
    lines = world.syncd("approve", "--list", "--sync", "main").stdout.splitlines()
    assert lines[0].split() == [
        *("approval", "sync", "plan", "by", "expires"),
        *("people", "changes", "made"),
    ]
    assert lines[1].split()[:4] == ["1", "main", digest, "ann"]
    assert lines[1].split()[-2:] == ["2", "0"]
    gone = world.syncd("approve", "--withdraw", "1")
    assert "approval 1 is withdrawn: 2 changes of main wait again" in gone.stderr
    assert world.syncd("plan").exit_code == Exit.HELD
    again = world.syncd("approve", "--withdraw", "1")
    assert again.exit_code == Exit.TARGET
    assert "approval 1 was withdrawn: there is nothing to withdraw" in again.stderr


def test_it_asks_on_a_terminal_and_nowhere_else(world: World):
    """Nothing is approved without a yes."""
    digest = held(world)
    refused = world.syncd("approve", digest)
    assert refused.exit_code == Exit.CONFIG
    assert "say --yes to approve without a question" in refused.stderr
    code, output = answered(world, b"n\n", verb=("approve", digest))
    assert (code, "Approve these 2 changes to store? [y/N]" in output) == (Exit.DONE, True)
    assert "Nothing was approved." in output
    assert world.syncd("plan").exit_code == Exit.HELD
    code, output = answered(world, b"y\n", verb=("approve", digest))
    assert (code, "approval 1 by " in output) == (Exit.DONE, True)
    assert world.syncd("plan").exit_code == Exit.DONE


@pytest.mark.parametrize(
    ("number", "environ", "name"),
    [
        (0, {"SUDO_USER": "zoe"}, "zoe"),
        (0, {"USER": "zoe", "LOGNAME": "zoe"}, pwd.getpwuid(0).pw_name),
        (4711_4711, {"SUDO_USER": "zoe", "USER": "zoe", "LOGNAME": "zoe"}, "user 47114711"),
    ],
    ids=["by sudo", "root", "a number without a name"],
)
def test_who_approves_is_whoever_gave_the_command(
    world: World, monkeypatch: pytest.MonkeyPatch, number: int, environ: dict[str, str], name: str
):
    """Whatever they say in variables that anybody may set."""
    monkeypatch.setattr("os.getuid", lambda: number)
    by = world.syncd("approve", held(world), "--yes", **environ).stderr
    assert by.startswith(f"approval 1 by {name} on ")


def test_a_plan_that_held_nothing_cannot_be_approved(world: World):
    """Such as that of the first apply."""
    first = json.loads(world.syncd("history", "--format", "json").stdout)[0]["digest"]
    result = world.syncd("approve", first, "--yes")
    assert result.exit_code == Exit.CONFIG
    assert f"the plan {first} holds nothing: there is nothing to approve" in result.stderr


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (["nonsense"], "'nonsense' is neither a plan's digest"),
        (["abcdef"], "'abcdef' is neither a plan's digest"),
        (["0" * 64], "no run had a plan 000"),
        (["DIGEST", "--sync", "second"], "is a plan of the sync main, not second"),
        (["DIGEST", "--expires", "soon"], "--expires: should be a time such as 30m, 24h or 7d"),
        (["DIGEST", "--expires", "0d"], "--expires: should be a time such as 30m, 24h or 7d"),
        (["DIGEST", "--by", " "], "--by: should be a name of at most 200 letters"),
        (["DIGEST", "--by", "a" * 201], "--by: should be a name of at most 200 letters"),
        (["--list", "--sync", "third"], "there is no sync"),
        (["--list", "--withdraw", "1"], "say one of DIGEST, --list and --withdraw NUMBER"),
        ([], "say one of DIGEST, --list and --withdraw NUMBER"),
    ],
)
def test_what_makes_no_sense_is_said_and_approves_nothing(world: World, given: list[str], why: str):
    """With what was seen and what to do."""
    digest = held(world)
    result = world.syncd("approve", *[digest if one == "DIGEST" else one for one in given], "--yes")
    assert result.exit_code == Exit.CONFIG
    assert why in said(re.sub("[│╭╮╰╯─]", "", result.output))
    assert world.syncd("plan").exit_code == Exit.HELD


def test_a_file_of_another_configuration_is_refused(world: World):
    """As an apply of it would be; so is a plan for what was the target before."""
    digest, file = held(world), str(world.path / "plan.json")
    world.syncd("plan", "--out", file)
    world.write("config.yaml", CONFIG.replace("count: 1", "count: 2"))
    assert (
        "was made with another configuration of main"
        in world.syncd("approve", file, "--yes").stderr
    )
    world.write("config.yaml", CONFIG.replace("target: store", "target: other"))
    moved = world.syncd("approve", digest, "--yes").stderr
    assert "is a plan for the target store, which is now other" in said(moved)
    world.write("config.yaml", CONFIG.replace("main:", "renamed:"))
    assert "there is no sync" in world.syncd("approve", digest, "--yes").stderr


def test_a_digest_of_another_configuration_is_refused_as_its_file_is(world: World):
    """Whatever of it is another one; the target's address is named."""
    digest = held(world)
    world.write("config.yaml", CONFIG.replace("count: 1", "count: 2"))
    refused = world.syncd("approve", digest, "--yes")
    assert refused.exit_code == Exit.CONFIG
    assert f"{digest} was made with another configuration of main; plan again" in said(
        refused.stderr
    )
    world.write("config.yaml", CONFIG.replace("store.db", "production.db"))
    refused = world.syncd("approve", digest, "--yes")
    assert refused.exit_code == Exit.CONFIG
    assert f"{digest} was made for the target at sql sqlite:///" in said(refused.stderr)
    assert ", which is now sql sqlite:///" in said(refused.stderr)
    assert "Nothing is approved" in world.syncd("approve", "--list").stdout


def test_what_was_approved_for_one_store_is_let_through_to_no_other(tmp_path: Path):
    """Though the target is called the same and the change means the same; at the old address it is
    let through still."""
    world = World(tmp_path)
    config = CONFIG.replace("user.suspend: {count: 1}", "user.create: {count: 0}")
    world.write("config.yaml", config)
    has(world, PEOPLE)
    held_there = world.syncd("apply", "--yes")
    assert held_there.exit_code == Exit.HELD
    assert world.syncd("approve", held_digest(world), "--yes", "--by", "ann").exit_code == Exit.DONE
    world.write("config.yaml", config.replace("store.db", "production.db"))
    elsewhere = world.syncd("plan")
    assert elsewhere.exit_code == Exit.HELD
    assert "approved by" not in elsewhere.stdout
    world.write("config.yaml", config.replace("sqlite:///", "sqlite:///./"))
    assert "approved by ann (approval 1)" in said(world.syncd("plan").stdout)


def test_in_a_file_nobody_passes_for_somebody_else(world: World):
    """Who approves sees by the ledger's names what would be let through, whatever the file calls it."""
    held(world)
    file = world.path / "plan.json"
    world.syncd("plan", "--out", str(file))
    plan = planfile.read(file)
    names = [one.change.name for one in plan.held]
    forged = [replace(one, change=replace(one.change, name="intern-test")) for one in plan.held]
    planfile.write(replace(plan, held=tuple(forged)), file)
    shown = world.syncd("approve", str(file), "--yes").stdout
    assert "intern-test" not in shown
    assert [name for name in names if name not in shown] == []


def test_the_journal_of_who_was_let_through_has_no_steering_characters(world: World):
    """A name is shown as it was written, harmless for a terminal."""
    told = world.syncd("approve", held(world), "--yes", "--by", "ann\x1b[31m").stderr
    assert told.startswith("approval 1 by ann\\x1b[31m: ")


def test_a_plan_in_a_file_is_approved_and_applied_as_it_is(world: World, tmp_path: Path):
    """Whoever approves the file has seen all of it: what it held runs with the rest."""
    file = str(tmp_path / "p.json")
    assert world.syncd("plan", "--out", file).exit_code == Exit.HELD
    assert world.syncd("approve", file, "--yes").exit_code == Exit.DONE
    applied = world.syncd("apply", file, "--strict", "--yes")
    assert applied.exit_code == Exit.DONE
    assert "suspended 3 users" in said(applied.stdout)
