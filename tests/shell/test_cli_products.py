"""The command on a product: what an administrator who sets one up is told."""

from collections.abc import Iterator

import pytest

from syncd.report import Exit
from tests.servers.vikunja import Vikunja
from tests.shell.command import World, small_world

CONFIG = """
sources:
  people: {{type: yaml, paths: [people.yaml]}}
targets:
  tasks: {{type: vikunja, server: "{url}", user: admin}}
syncs:
  main:
    sources: [people]
    target: tasks
    users: {{always: {{display_name: user_name}}}}
"""
PASSWORD = "SYNCD_TARGETS__TASKS__PASSWORD"


@pytest.fixture
def tasks() -> Iterator[Vikunja]:
    with Vikunja() as server:
        yield server


@pytest.fixture
def world(tasks: Vikunja, tmp_path) -> World:
    world = small_world(tmp_path)
    world.write("config.yaml", CONFIG.format(url=tasks.url))
    return world


@pytest.mark.parametrize("verb", ["check", "plan"])
def test_who_may_not_log_in_is_told_what_to_mend(world: World, verb: str):
    """After what the server said, and without the password."""
    result = world.syncd(verb, **{PASSWORD: "wr0ng-one"})

    assert result.exit_code == Exit.TARGET
    said = result.stderr.splitlines()
    assert said[0].endswith("/api/v1/login: answered 401 Unauthorized: Wrong username or password.")
    assert said[1:] == ["  Mend the rights or the password of syncd's login."]
    assert "wr0ng-one" not in result.output


def test_explain_asks_for_no_groups_of_a_target_without(world: World, tasks: Vikunja):
    """What the source has of them still shows in the plan's notes; here it would never come true."""
    world.syncd("apply", "--yes", **{PASSWORD: tasks.password})

    page = world.syncd("explain", "ada.lovelace", **{PASSWORD: tasks.password}).stdout

    assert "Engineering" not in page
    assert "nothing: it is as it should be" in page
