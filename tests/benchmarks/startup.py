"""What a command costs before it does anything: syncd beside a Python that has nothing to do.

    python -m tests.benchmarks.startup

In turn, twenty times; medians.
"""

import json
import sys
import tempfile
from pathlib import Path

from tests.benchmarks import people_files
from tests.benchmarks.measure import Subject, in_turn
from tests.benchmarks.telling import tell

_ROUNDS = 20
_PEOPLE = 100
_BARE, _HELP, _PLAN = "python3 -c pass", "syncd --help", f"plan of {_PEOPLE} people, YAML -> SQLite"


def main() -> int:
    syncd = str(Path(sys.executable).with_name("syncd"))
    with tempfile.TemporaryDirectory() as folder:
        config = _world(Path(folder))
        subjects = [
            Subject(_BARE, [sys.executable, "-c", "pass"]),
            Subject(_HELP, [syncd, "--help"]),
            Subject(_PLAN, [syncd, "--config", str(config), "plan"]),
        ]
        figures = in_turn(subjects, _ROUNDS, lambda _: None)
    for name, figure in figures.items():
        if not figure.runs or figure.why:
            sys.stderr.write(f"{name}: {figure.why}\n")
            return 1
        tell(name, round(figure.seconds * 1000, 1), "ms")
    for name in (_HELP, _PLAN):
        tell(
            f"{name}, of {_BARE}", round(figures[name].seconds / figures[_BARE].seconds, 1), "times"
        )
    return 0


def _world(folder: Path) -> Path:
    """A configuration, and people in one file; nothing was ever synced."""
    people_files.write(folder, _PEOPLE)
    settings = {
        "state_directory": str(folder / "state"),
        "sources": {"people": {"type": "yaml", "paths": ["people-*.yaml"]}},
        "targets": {"store": {"type": "sql", "url": f"sqlite:///{folder}/store.db"}},
        "syncs": {"main": {"sources": ["people"], "target": "store"}},
    }
    config = folder / "config.yaml"
    config.write_text(json.dumps(settings))  # JSON is YAML too (YAML 1.2)
    return config


if __name__ == "__main__":
    sys.exit(main())
