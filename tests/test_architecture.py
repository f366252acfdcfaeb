"""The shape that docs/design.md draws: who may import whom, how long a file is, what is excused."""

import ast
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "syncd"
FILES = sorted(PACKAGE.rglob("*.py"))

PURE = {
    "os",
    "time",
    "logging",
    "random",
    "socket",
    "subprocess",
    "pathlib",
    "threading",
    "sqlalchemy",
}
"""What core may not import: no clock, no files, no sockets, no logging."""

ALLOWED = {
    "core": {"core", "errors"},
    "errors": set(),
    "ports": {"core"},
    "paging": {"core", "errors", "ports"},
    "bulk": {"core", "errors", "ports"},
    "sources": {"core", "ports", "paging", "errors", "sources", "located", "tls"},
    "redact": set(),
    "room": {"errors"},
    "journald": set(),
    "fence": set(),
    "tls": set(),
    "backends": {
        "core",
        "ports",
        "paging",
        "bulk",
        "errors",
        "backends",
        "database",
        "fence",
        "redact",
        "tls",
    },
    "database": {"errors"},
    "ledger": {"core", "errors", "ledger", "database"},
    "hidden": {"core"},
    "audit": {"audit", "core", "errors", "hidden", "ledger"},
    "report": {"core", "executor"},
    "executor": {"core", "errors", "executor", "fence", "ledger", "ports", "bulk"},
    "sync": {"core", "ports"},
    "cycle": {"core", "cycle", "errors", "ledger", "ports", "paging", "sync", "room"},
    "standing": {"core", "errors", "executor", "ledger", "report"},
    "engine": {
        "core",
        "cycle",
        "engine",
        "errors",
        "executor",
        "ledger",
        "planfile",
        "ports",
        "report",
        "standing",
        "sync",
    },
    "planfile": {"core", "errors", "room"},
}
"""Part -> the parts of syncd it may import. What is not named here stands outside and may use all."""

SUPPRESSION = re.compile(r"#\s*(type:\s*ignore|noqa|pragma:\s*no cover)(?P<rest>.*)")


def part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_inwards(path: Path) -> None:
    """A part imports only the parts that it stands on."""
    ours = {name.split(".")[1] for name in imported(path) if name.startswith("syncd.")}

    assert ours - {part(path)} <= ALLOWED.get(part(path), ours)


def test_only_the_command_line_knows_the_daemon() -> None:
    """What the daemon stands on works without it: `syncd plan` needs no scheduler and no server."""
    knowing = {
        str(path.relative_to(ROOT))
        for path in FILES
        if part(path) not in {"cli", "daemon"}
        and any(
            name == "syncd.daemon" or name.startswith("syncd.daemon.") for name in imported(path)
        )
    }

    assert knowing == set()


PURE_TOO = {"messages.py", "open_events.py", "wording.py"}
"""Of the daemon: which messages follow from how a sync stands, and what they say."""


def test_the_core_is_pure() -> None:
    """Nothing in core knows a clock, a file, a socket or a log; even core.errors knows only exceptions."""
    impure = {
        str(path.relative_to(ROOT)): found
        for path in FILES
        if (part(path) == "core" or (part(path) == "daemon" and path.name in PURE_TOO))
        and (found := {name.split(".")[0] for name in imported(path)} & PURE)
    }

    assert impure == {}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_short_enough_to_be_read_at_once(path: Path) -> None:
    """A file that outgrows 300 lines holds a concept that wants a room of its own."""
    assert len(path.read_text().splitlines()) <= 300


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_suppression_has_a_code_and_a_reason(path: Path) -> None:
    """What a checker is told to overlook is named and explained where it stands."""
    with path.open("rb") as file:
        comments = [
            t.string for t in tokenize.tokenize(file.readline) if t.type == tokenize.COMMENT
        ]
    bare = [
        comment
        for comment in comments
        if (found := SUPPRESSION.search(comment))
        and not re.match(r"(\[[\w-]+\]|:\s*[A-Z]+\d+(,\s*[A-Z]+\d+)*)\W+\w+", found["rest"])
        and "no cover" not in found[1]
    ]

    assert bare == []


def test_no_room_is_called_anything() -> None:
    """A name says what a thing is in the field's words."""
    empty = {"util", "utils", "helper", "helpers", "common", "misc", "manager"}

    assert [path for path in FILES if path.stem in empty] == []
