"""`syncd status`: how the syncs stand, after whoever ran them."""

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from syncd.ledger import Daemon, open_ledger
from tests.shell.command import World, small_world


@pytest.fixture
def world(tmp_path) -> World:
    return small_world(tmp_path)


def test_a_sync_that_never_ran_is_told_as_that(world):
    """And no daemon is claimed to be there."""
    result = world.syncd("status")
    assert result.exit_code == 0
    assert "main → store  Never ran" in result.output
    assert "no daemon has given a sign of life lately" in result.output
    assert not (world.path / ".syncd").exists()


def test_after_an_apply_all_is_good(world):
    """With the age of the last success that was verified."""
    world.syncd("apply", "--yes")
    result = world.syncd("status")
    assert result.exit_code == 0
    assert "main → store  Good" in result.output
    standing = json.loads(world.syncd("status", "--format", "json").stdout)["syncs"][0]["standing"]
    assert standing["outcome"] == "done"
    assert standing["verified_at"] == standing["ended_at"]
    assert standing["done"] == {"group.create": 1, "member.add": 2, "user.create": 2}
    assert standing["sources"]["people"]["users"] == 2


def test_a_failure_is_told_with_its_words_and_an_exit_code(world):
    """What was verified before is known still."""
    world.syncd("apply", "--yes")
    (world.path / "people.yaml").unlink()
    assert world.syncd("apply", "--yes").exit_code == 3
    result = world.syncd("status")
    assert result.exit_code == 4
    assert "main → store  Failing" in result.output
    assert "main: It failed 1 time: source failed." in result.output
    assert "people.yaml: is not in" in " ".join(result.output.split())
    assert "never" not in result.output


def test_what_is_held_is_told_with_the_command_that_allows_it(world):
    """And nothing else is needed to find it."""
    world.syncd("apply", "--yes")
    people = (world.path / "people.yaml").read_text()
    config = (world.path / "config.yaml").read_text()
    policy = "policy: {budget: {user.suspend: {count: 0}}}"
    world.write("config.yaml", config.replace("target: store}", f"target: store, {policy}}}"))
    lines = [line for line in people.splitlines(keepends=True) if "id: ada," not in line]
    world.write("people.yaml", "".join(lines).replace("[ada, grace]", "[grace]"))
    world.syncd("apply", "--yes")
    result = world.syncd("status")
    assert result.exit_code == 5
    assert "1 change held" in result.output
    digest = json.loads(world.syncd("status", "--format", "json").stdout)["syncs"][0]["standing"][
        "digest"
    ]
    assert f"syncd approve {digest[:12]}" in result.output


def test_a_daemon_that_was_killed_leads_no_more(world):
    """It could not say so itself, and nobody waits for it in vain."""
    world.syncd("apply", "--yes")
    now = datetime.now(UTC)
    with closing(open_ledger(f"sqlite:///{world.path}/.syncd/ledger.db", write=True)) as ledger:
        ledger.desk.see(Daemon("pid 7 on a", "1", now, now - timedelta(minutes=2), leads=True))
    assert "pid 7 on a is silent, seen 2 min ago" in world.syncd("status").output
    asked = world.syncd("run-now")
    assert (asked.exit_code, "no daemon leads" in asked.output) == (2, True)
