"""What only shows on a terminal, in a pipe, or where no verb was reached."""

import subprocess
import sys
import time
from io import StringIO

import pytest
from rich.console import Console

from syncd.cli.failures import guarded, worst
from syncd.cli.progress import Waiting
from syncd.cli.screen import Screen
from syncd.errors import ConfigError
from syncd.redact import Redactor
from syncd.report import Exit
from tests.shell.command import World, small_world


@pytest.fixture
def world(tmp_path) -> World:
    return small_world(tmp_path)


def test_work_longer_than_a_second_shows_a_bar():
    """With what is under way and how much of it is done; it is gone afterwards."""
    stream = StringIO()
    with Waiting(Console(file=stream, force_terminal=True, width=80)) as waiting:
        end = time.monotonic() + 10
        while "5 of 9" not in stream.getvalue() and time.monotonic() < end:
            waiting("applying", 5, 9)
            time.sleep(0.05)

    assert "applying" in stream.getvalue()
    assert stream.getvalue().endswith("\x1b[1A\x1b[2K")


def test_quick_work_shows_no_bar():
    """Nothing flickers."""
    stream = StringIO()
    with Waiting(Console(file=stream, force_terminal=True)) as waiting:
        waiting("applying", 1, 2)

    assert stream.getvalue() == ""


def test_a_reader_that_has_seen_enough_ends_the_command(world: World):
    """`syncd plan | head -1` complains of nothing."""
    world.write("people.yaml", "\n".join(["users:", *(f"  - {{id: u{n}}}" for n in range(3000))]))
    with subprocess.Popen(
        world.command("plan", "--all"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()
        code = process.wait(timeout=60)

    assert (code, errors) == (141, b"")


def test_a_terminal_without_unicode_is_no_reason_to_stop(world: World):
    """What its encoding does not have is escaped."""
    result = world.run("check", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")

    assert result.returncode == Exit.DONE
    assert result.stdout.startswith("\\u2713 configuration  1 sync, 1 source, 1 target\n")


def test_a_verb_that_cannot_even_be_loaded_is_a_bug():
    """Its traceback is shown, and the last line says whose affair it is."""
    code = (
        "import sys; sys.modules['syncd.engine'] = None; sys.argv = ['syncd', 'plan']; "
        "from syncd.cli import main; main()"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )

    assert result.returncode == Exit.BUG
    assert result.stderr.startswith("Traceback (most recent call last):\n")
    assert result.stderr.endswith(
        "this is a bug in syncd; please report it, with the lines above\n"
    )


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        ([], 0),
        ([0, 10], 10),
        ([10, 5], 5),
        ([5, 6], 6),
        ([6, 4], 4),
        ([4, 3], 3),
        ([3, 2], 2),
        ([2, 1], 1),
        ([1, 130], 130),
    ],
)
def test_of_several_exit_codes_the_worst_counts(codes: list[int], code: int):
    """A bug before a mistake, a mistake before a source, a source before a target."""
    assert (worst(codes), worst(reversed(codes))) == (code, code)


def failing(*problems: str) -> str:
    """What is told of them."""
    screen = Screen(Redactor())
    screen.err = Console(file=StringIO(), width=80, highlight=False)

    def body() -> int:
        raise ConfigError(*problems)

    assert guarded(body, screen, "✗ source corp") == Exit.CONFIG
    return screen.err.file.getvalue()


def test_a_name_is_told_once():
    """Before a message that does not have it, and not before one that does."""
    assert failing("source corp: no answer", "file: broken") == (
        "✗ source corp: no answer\n✗ source corp: file: broken\n"
    )


def test_a_flood_of_mistakes_is_cut():
    """A hundred are enough to begin with."""
    lines = failing(*(f"mistake {n}" for n in range(250))).splitlines()

    assert (len(lines), lines[-1]) == (101, "✗ source corp: … and 150 more")


def test_foreign_text_in_an_error_steers_no_terminal():
    """A directory's own message may hold anything."""
    assert failing("bad \x1b[31m\u202e") == "✗ source corp: bad \\x1b[31m\\u202e\n"


def test_long_messages_are_not_broken_into_lines():
    """So that they can be searched for and copied."""
    assert failing("x" * 300) == f"✗ source corp: {'x' * 300}\n"
