"""A number or a time beyond all bounds is a mistake of whoever typed it, and is told as one."""

import pytest

from syncd.report import Exit
from tests.shell.command import World, small_world

MANY = "99999999999999999999"


@pytest.fixture
def world(tmp_path) -> World:
    """One run was made."""
    world = small_world(tmp_path)
    assert world.syncd("apply", "--yes").exit_code == Exit.DONE
    return world


@pytest.mark.parametrize(
    "words",
    [
        ("show", MANY),
        ("history", MANY),
        ("history", "--limit", MANY),
        ("history", "--since", "0001-01-01T00:00+14:00"),
        ("history", "--until", "9999-12-31T23:59-14:00"),
        ("diff", "1", MANY),
        ("undo", MANY),
        ("bundle", MANY),
        ("hold", "release", MANY),
        ("approve", "--withdraw", MANY),
        ("explain", "ada", "--at", "0001-01-01T00:00+14:00"),
        ("explain", "ada", "--at", "9999-12-31T23:59-14:00"),
    ],
    ids=" ".join,
)
def test_what_is_out_of_bounds_is_told_as_a_mistake(world: World, words: tuple[str, ...]):
    done = world.syncd(*words)
    assert done.exit_code == Exit.CONFIG
    assert "bug" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_run_far_in_the_future_means_the_newest(world: World):
    assert world.syncd("explain", "ada", "--at", f"run:{MANY}").exit_code == Exit.DONE
