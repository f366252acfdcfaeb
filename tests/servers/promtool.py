"""Prometheus' own checks of what is written for it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def promtool(*command: object, given: str | None = None) -> str:
    """What it says of that. Fails where it finds fault."""
    program = shutil.which("promtool")
    if program is None:
        why = "promtool is not installed (Debian's package prometheus)"
        if os.environ.get("CI"):
            pytest.fail(f"{why}, and continuous integration wants it")
        pytest.skip(why)
    done = subprocess.run(
        [program, *map(str, command)], input=given, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Faulty(f"{done.stdout}{done.stderr}")
    return f"{done.stdout}{done.stderr}"


class Faulty(AssertionError):
    """What is wrong, in promtool's words."""


def with_rules(directory: Path, rules: str, tests: Path) -> Path:
    """The tests beside other rules than their own."""
    (directory / "syncd.rules.yaml").write_text(rules)
    copy = directory / tests.name
    copy.write_text(tests.read_text())
    return copy
