"""What programs read is UTF-8, whatever the terminal is set to."""

import json

import pytest

from tests.shell.command import World, small_world


@pytest.mark.parametrize("verb", [("plan",), ("explain", "zoë"), ("status",)], ids=lambda v: v[0])
def test_json_is_utf_8_where_the_terminal_is_not(tmp_path, verb):
    world: World = small_world(tmp_path)
    world.write("people.yaml", "users:\n  - {id: 1, user_name: zoë, display_name: Zoë}\n")
    ascii_only = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    done = world.run(*verb, "--format", "json", **ascii_only)
    assert json.loads(done.stdout)
    assert "\\x" not in done.stdout
