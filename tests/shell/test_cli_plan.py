"""`syncd plan`: looks and never writes, and its exit code says what it saw."""

import json

import pytest

from syncd.report import Exit
from tests.shell.command import CONFIG, World, small_world

TWO = CONFIG.replace(
    "syncs:",
    """  spare: {type: sql, url: sqlite:///spare.db}
syncs:
  broken: {sources: [lost], target: spare}""",
).replace("targets:", "  lost: {type: yaml, paths: [nowhere/]}\ntargets:")


@pytest.fixture
def world(tmp_path) -> World:
    return small_world(tmp_path)


def test_a_plan_writes_nothing(world: World):
    """After a plan, the directory holds what it held before: no store, no ledger."""
    before = sorted(world.path.iterdir())

    result = world.syncd("plan")

    assert (result.exit_code, sorted(world.path.iterdir())) == (Exit.DONE, before)


def test_a_plan_shows_what_will_happen(world: World):
    """Each change is there with its fields, and one line sums up."""
    lines = world.syncd("plan").stdout.splitlines()

    assert "Create users (2)" in lines
    assert "  +  ada.lovelace  email ada@example.org  title Countess  new: people.yaml:3:5" in lines
    assert "  =  Engineering  +ada.lovelace, +grace.hopper" in lines
    assert "5 changes: create 2 users, create 1 group, add 2 members" in lines


def test_the_detailed_exit_code_tells_pending_changes(world: World):
    """10 as long as there is something to do, 0 once it is done."""
    pending = world.syncd("plan", "--detailed-exitcode").exit_code
    world.syncd("apply", "--yes")

    assert (pending, world.syncd("plan", "--detailed-exitcode").exit_code) == (Exit.PENDING, 0)


def test_a_json_plan_is_one_object_with_its_keys_in_order(world: World):
    """What other programs read first comes first."""
    plan = json.loads(world.syncd("plan", "--format", "json").stdout)

    assert list(plan) == [
        "version",
        "sync",
        "digest",
        "created",
        "target",
        "config",
        "summary",
        "withheld",
        "withheld_changes",
        "foreign",
        "causes",
        "engine",
        "identity",
        "readings",
        "undoes",
        "seal",
        "waves",
        "conflicts",
        "failures",
        "marks",
        "notes",
        "changes",
        "held",
        "refused",
        "unsettled",
        "drifted",
    ]
    assert plan["summary"] == {"group.create": 1, "member.add": 2, "user.create": 2}
    assert plan["changes"][0] == {
        "op": "create",
        "kind": "group",
        "key": "people:eng",
        "name": "Engineering",
        "ref": None,
        "before": {},
        "after": {"display_name": "Engineering"},
        "reason": "new: people.yaml:6:5",
        "member": None,
        "member_ref": None,
        "needs": [],
        "temporary": False,
        "aliases": [],
        "traces": {},
        "rung": None,
        "seen": "",
        "version": "",
        "approved": [],
    }


@pytest.mark.parametrize("options", [("--format", "json"), ("--out", "plan.json")])
def test_one_plan_of_several_syncs_must_be_named(world: World, options):
    """A JSON plan is one object: with two syncs, the user says which."""
    world.write("config.yaml", TWO)

    result = world.syncd("plan", *options)

    assert result.exit_code == Exit.CONFIG
    assert result.stderr == (
        f"{'--format json' if 'json' in options else '--out'} is one plan, and there are 2 syncs: "
        "say which with --sync (broken, main)\n"
    )


def test_a_broken_source_does_not_keep_other_syncs_waiting(world: World):
    """The sync that can be planned is; the exit code is that of the worst."""
    world.write("config.yaml", TWO)

    result = world.syncd("plan")

    assert result.exit_code == Exit.SOURCE
    assert "add 2 members" in result.stdout
    assert result.stderr.startswith("broken: nowhere/: ")


def test_a_slip_in_a_syncs_name_is_suggested(world: World):
    """An unknown name is a usage error, and says what was probably meant."""
    result = world.syncd("plan", "--sync", "mian")

    assert (result.exit_code, result.stderr) == (
        Exit.CONFIG,
        'there is no sync "mian"; did you mean "main"?\n',
    )


def test_without_a_configuration_the_message_says_how_to_name_one(world: World):
    """Nothing is guessed from the working directory."""
    result = world.syncd("plan", config="")

    assert (result.exit_code, result.stderr) == (
        Exit.CONFIG,
        "which configuration? Say `syncd --config FILE VERB`, or set SYNCD_CONFIG\n",
    )


def test_the_configuration_can_come_from_the_environment(world: World):
    """SYNCD_CONFIG stands in for --config."""
    result = world.syncd("plan", config="", SYNCD_CONFIG=str(world.path / "config.yaml"))

    assert result.exit_code == Exit.DONE


def test_mistakes_in_the_configuration_are_all_told_at_once(world: World):
    """Each with its place; nothing is read."""
    file = world.write("config.yaml", CONFIG.replace("target: store", "taget: store"))

    result = world.syncd("plan")

    assert result.exit_code == Exit.CONFIG
    assert [line.partition(": ")[0] for line in result.stderr.splitlines()] == [
        f"{file}:7:3",
        f"{file}:7:29",
    ]


def test_what_is_over_budget_is_held_and_tells_by_the_exit_code(world: World):
    """Half of a small store may leave at once, and the rest waits for a person."""
    people = [f"  - {{id: u{number}}}" for number in range(10)]
    world.write("people.yaml", "\n".join(["users:", *people]))
    world.syncd("apply", "--yes")
    world.write("people.yaml", "\n".join(["users:", *people[:3]]))

    result = world.syncd("plan", "--detailed-exitcode")

    assert result.exit_code == Exit.HELD
    rule = "  over budget user.suspend: 7 planned, 5 allowed of 10; 2 of these held"
    assert rule in result.stdout.splitlines()
    assert "5 changes: suspend 5 users; 2 held" in result.stdout.splitlines()


def test_long_sections_are_cut_unless_all_are_asked_for(world: World):
    """Forty lines a section, the rest counted; `--all` shows every one."""
    world.write("people.yaml", "\n".join(["users:", *(f"  - {{id: u{n}}}" for n in range(100))]))

    short, long = world.syncd("plan").stdout, world.syncd("plan", "--all").stdout

    assert (short.count("  +  u"), long.count("  +  u")) == (40, 100)
    assert "    … and 60 more; --all shows them, --out keeps them" in short.splitlines()


def test_a_markdown_plan_is_for_a_merge_request(world: World):
    """A heading, the summary, and a table."""
    text = world.syncd("plan", "--format", "markdown").stdout

    assert text.startswith("### main → store\n\n**5 changes: create 2 users")
    assert "| + | `ada.lovelace` | email `ada@example.org`<br>title `Countess`<br>new:" in text
