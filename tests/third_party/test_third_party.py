"""A backend that is a package of its own: installed, found, used and held to the contract."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent / "package"
CONFIG = """
state_directory: state
sources: {staff: {type: yaml, paths: [people.yaml]}}
targets: {file: {type: jsonfile, path: store.json}}
syncs: {main: {sources: [staff], target: file}}
"""
SYNCD = ("syncd", "--config", "config.yaml")
PEOPLE = """
users:
  - {id: ada, user_name: ada, email: ada@example.org}
  - {id: zoe, user_name: zoë}
groups:
  - {id: all, display_name: Everybody, members: [ada, zoe]}
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Gives how to run a command where the package is installed."""
    place = tmp_path_factory.mktemp("third-party")
    copy = place / "source"
    copy.mkdir()
    for file in PACKAGE.iterdir():
        if file.is_file():
            (copy / file.name).write_bytes(file.read_bytes())
    target = place / "installed"
    how = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--target", str(target)]
    subprocess.run([sys.executable, "-m", "pip", "install", *how, str(copy)], check=True)

    def run(*arguments, code=0, cwd=place):
        paths = os.pathsep.join([str(target), str(Path(__file__).parents[2])])
        done = subprocess.run(
            [Path(sys.executable).with_name(arguments[0]), *arguments[1:]],
            env={**os.environ, "PYTHONPATH": paths, "PYTEST_ADDOPTS": ""},
            cwd=cwd,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    run.source = copy
    return run


def test_it_is_short():
    """Under a hundred lines make a target."""
    assert len((PACKAGE / "syncd_jsonfile.py").read_text().splitlines()) < 100


def test_it_holds_the_contract(installed):
    """As its author runs it, from its own folder."""
    plain = ("-p", "no:cacheprovider", "-p", "no:randomly")
    told = installed("pytest", "-q", *plain, "test_jsonfile.py", cwd=installed.source)
    assert " passed" in told
    assert "failed" not in told


def test_it_is_listed_with_what_it_holds(installed):
    """As a built-in one is."""
    found = json.loads(installed("syncd", "backends", "--format", "json"))["targets"]["jsonfile"]
    assert found["settings"] == ["path"]
    assert found["declares"]["user"]["keys"] == ["kept"]


def test_it_is_configured_and_kept_true(installed, tmp_path):
    """Its settings are checked as strictly as a built-in one's; then all ends converged."""
    (tmp_path / "people.yaml").write_text(PEOPLE)
    (tmp_path / "config.yaml").write_text(CONFIG.replace("path: store", "pathh: store"))
    assert "pathh" in installed(*SYNCD, "check", code=2, cwd=tmp_path)
    (tmp_path / "config.yaml").write_text(CONFIG)
    installed(*SYNCD, "apply", "--yes", cwd=tmp_path)
    content = json.loads((tmp_path / "store.json").read_text())
    names = sorted(row["fields"]["user_name"] for row in content["users"].values())
    assert (names, len(content["members"])) == (["ada", "zoë"], 2)
    assert "Nothing to change" in installed(*SYNCD, "plan", cwd=tmp_path)
