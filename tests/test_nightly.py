"""`make nightly` asks for more of whatever the tests have a number of."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
NUMBER = re.compile(
    r'environ\.get\("(SYNCD_\w*(?:EXAMPLES|SEEDS|WORLDS|KILLS|ROUNDS|CYCLES|STEPS|EVERY))"'
)


def test_the_nightly_sets_each_number_and_runs_the_tests_that_have_it():
    """Else what a change has no time for is never looked at."""
    recipe = (ROOT / "Makefile").read_text().partition("\nnightly:")[2].partition("\n\n")[0]
    commands = re.split(r"\n(?=\t\S)", recipe.replace("\\\n", ""))
    wanted = [
        (name, str(path.relative_to(ROOT)))
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        for name in NUMBER.findall(path.read_text())
    ]
    assert len(wanted) > 10
    left_out = [
        (name, path)
        for name, path in wanted
        if not any(f"{name}=" in line and _runs(line, path) for line in commands)
    ]
    assert left_out == []


def _runs(command: str, path: str) -> bool:
    words = command.partition("pytest")[2].split()
    return any(path == word or path.startswith(f"{word}/") for word in words)
