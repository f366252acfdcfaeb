"""The recipes of docs/ci.md and the hooks for pre-commit do what they say, in a git repository."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.shell.command import CONFIG, PEOPLE, SCRIPT, World, small_world
from tests.shell.test_cli_whatif import git

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/ci.md").read_text()
ZOE = "  - {id: zoe, user_name: zoe, email: zoe@example.org}\ngroups:\n"


def recipe(begins: str) -> dict:
    (text,) = [
        block
        for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
        if block.startswith(begins)
    ]
    return yaml.safe_load(text)


@pytest.fixture
def repository(tmp_path) -> World:
    """Committed once; besides syncd, other programs are stand-ins that write down what they get."""
    world = small_world(tmp_path / "repository")
    git(world.path, "init", "--quiet", "--initial-branch", "main")
    git(world.path, "add", ".")
    git(world.path, "commit", "--quiet", "-m", "people")
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("pip", "gh", "curl"):
        written = f'#!/bin/sh\necho {name} "$@" >> "{tmp_path}/called"\n'
        executable(programs / name, written)
    executable(programs / "syncd", f'#!/bin/sh\nexec "{sys.executable}" -c "{SCRIPT}" "$@"\n')
    return world


def executable(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def run(world: World, script: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    """As CI runs it: bash that ends at the first error."""
    rest = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    path = f"{world.path.parent}/programs:{rest['PATH']}"
    given = {**rest, "PATH": path, "PYTHONPATH": str(ROOT), "SYNCD_CONFIG": "", **environ}
    command = ["bash", "-eo", "pipefail", "-c", script]
    return subprocess.run(
        command, cwd=world.path, env=given, capture_output=True, text=True, timeout=60, check=False
    )


def change(world: World, text: str) -> str:
    """Commits other people; the commit before."""
    base = git(world.path, "rev-parse", "HEAD").strip()
    world.write("people.yaml", text)
    git(world.path, "commit", "--quiet", "-am", "other people")
    return base


def github(world: World, base: str) -> tuple[int, str, str]:
    """The exit code of the job, the summary that it wrote, and the programs that it called."""
    job = recipe("name: people")["jobs"]["whatif"]
    outputs, summary = world.path.parent / "outputs", world.path.parent / "summary"
    outputs.touch()
    known = {"github.event.pull_request.base.sha": base, "github.event.pull_request.number": "7"}
    for step in job["steps"]:
        if "run" not in step:
            continue
        assert "${{" not in step["run"]  # what others write is no part of a script
        given = dict(line.split("=") for line in outputs.read_text().splitlines())
        known |= {f"steps.whatif.outputs.{name}": value for name, value in given.items()}
        environ = {name: filled(value, known) for name, value in step.get("env", {}).items()}
        files = {"GITHUB_STEP_SUMMARY": str(summary), "GITHUB_OUTPUT": str(outputs)}
        ended = run(world, step["run"], **environ, **files)
        if ended.returncode:
            break
    called = (world.path.parent / "called").read_text()
    return ended.returncode, summary.read_text() if summary.exists() else ended.stderr, called


def filled(text: str, known: dict[str, str]) -> str:
    return re.sub(r"\$\{\{ (.*?) \}\}", lambda found: known.get(found[1], "?"), text)


def gitlab(world: World, base: str) -> tuple[int, str, str]:
    variables = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": base, "NOTES_TOKEN": "t"}
    for name in ("API_V4_URL", "PROJECT_ID", "MERGE_REQUEST_IID"):
        variables[f"CI_{name}"] = name
    ended = run(world, "\n".join(recipe("whatif:")["whatif"]["script"]), **variables)
    called = (world.path.parent / "called").read_text()
    return ended.returncode, ended.stdout + ended.stderr, called


@pytest.mark.parametrize("job", [github, gitlab])
def test_a_job_tells_in_the_merge_request_who_would_be_affected(repository: World, job):
    """And ends well where that is within the budgets."""
    base = change(repository, PEOPLE.replace("groups:\n", ZOE))

    code, said, called = job(repository, base)

    assert code == 0, said
    assert "#### People newly affected (1)" in said
    assert "| + | `zoe` | create, email `zoe@example.org`" in said
    assert ("gh pr comment 7 " in called) or ("curl --fail " in called)
    assert "whatif.md" in called
    git(repository.path, "diff", "--exit-code")


def test_a_merge_request_that_raises_its_own_budget_is_seen_by_the_bases_configuration(
    repository: World,
):
    """The job alone judges by the configuration that it is given."""
    config = CONFIG.replace("store}", "store, policy: {budget: {user.create: {count: 0}}}}")
    repository.write("config.yaml", config)
    git(repository.path, "commit", "--quiet", "-am", "nobody is made")
    repository.write("config.yaml", config.replace("count: 0", "count: 9"))
    base = change(repository, PEOPLE.replace("groups:\n", ZOE))
    assert github(repository, base)[0] == 0
    (guard,) = re.findall(r"```sh\n(base=.*?)```", PAGE, re.DOTALL)
    ended = run(repository, guard, BASE=base)
    assert ended.returncode == 5, ended.stderr
    assert "over budget user.create" in " ".join(ended.stdout.split())


def test_a_job_fails_where_a_budget_is_overdrawn(repository: World):
    """After it has told so in the merge request."""
    tight = CONFIG.replace("store}", "store, policy: {budget: {user.create: {count: 0}}}}")
    repository.write("config.yaml", tight)
    base = change(repository, PEOPLE.replace("groups:\n", ZOE))

    code, said, called = github(repository, base)

    assert (code, "held: create" in said) == (5, True)
    assert "whatif.md" in called


def hooks() -> list[tuple[str, list[str]]]:
    """Of the example, each with its command."""
    known = {
        one["id"]: one for one in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    }
    example = recipe("repos:")["repos"][0]["hooks"]
    found = [{**known[one["id"]], **one} for one in example]
    return [(one["id"], [one["entry"], *one["args"]]) for one in found]


def test_the_hooks_let_right_files_pass_and_say_who_is_affected(repository: World):
    """What is about to be committed, against the last commit."""
    repository.write("people.yaml", PEOPLE.replace("groups:\n", ZOE))
    git(repository.path, "add", ".")

    ended = {name: run(repository, " ".join(command)) for name, command in hooks()}

    assert {name: one.returncode for name, one in ended.items()} == {
        "syncd-check": 0,
        "syncd-whatif": 0,
    }
    assert "✓ source people  3 users, 1 group" in ended["syncd-check"].stdout
    assert "target" not in ended["syncd-check"].stdout.partition("\n")[2]
    assert "+  zoe  email zoe@example.org" in ended["syncd-whatif"].stdout


def test_a_commit_with_a_wrong_file_is_refused_by_each_hook(repository: World):
    """As git itself calls it, with its own variables set."""
    repository.write("people.yaml", PEOPLE.replace("id: ada", "idd: ada"))
    for name, command in hooks():
        script = (
            f"#!/bin/sh\nPATH={repository.path.parent}/programs:$PATH exec {' '.join(command)}\n"
        )
        executable(repository.path / ".git/hooks/pre-commit", script)
        ended = run(repository, "git -c user.name=x -c user.email=x@y commit -qam wrong")
        assert ended.returncode, name
        assert "people.yaml:3:5: a user needs id" in ended.stderr


def test_the_hooks_run_whatever_files_a_commit_is_of():
    """pre-commit counts no deleted file, so who is taken away with one would not be looked at."""
    known = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert [(one["always_run"], one["pass_filenames"]) for one in known] == [(True, False)] * 2


def test_the_arguments_for_another_file_fit_the_hooks():
    """The page shows how each hook is told of another configuration."""
    others = re.findall(r"- id: (\S+)\n +args: \[(.*)\]", PAGE)
    shown = {name: args.split(", ") for name, args in others}
    assert shown == {
        name: [one.replace("config.yaml", "company/syncd.yaml") for one in command[1:]]
        for name, command in hooks()
    }
