"""The command as a test runs it: a small world in a directory of its own, and `syncd` in it."""

import json
import os
import pty
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner, Result

from syncd.cli.app import app

CONFIG = """
sources:
  people: {type: yaml, paths: [people.yaml]}
targets:
  store: {type: sql, url: sqlite:///store.db}
syncs:
  main: {sources: [people], target: store}
"""
PEOPLE = """
users:
  - {id: ada, user_name: ada.lovelace, email: ada@example.org, title: Countess}
  - {id: grace, user_name: grace.hopper, email: grace@example.org}
groups:
  - {id: eng, display_name: Engineering, members: [ada, grace]}
"""
SCRIPT = "from syncd.cli import main; main()"


@dataclass
class World:
    """Files in `path`; `syncd` runs in this process, `command` is for one of its own."""

    path: Path

    def write(self, name: str, text: str) -> Path:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def syncd(self, *arguments: str, config: str = "config.yaml", **environ: str) -> Result:
        where = ["--config", str(self.path / config)] if config else []
        env = {"COLUMNS": "100", "SYNCD_CONFIG": "", "NO_COLOR": "1", **environ}
        return CliRunner().invoke(app, [*where, *arguments], env=env)

    def command(self, *arguments: str, config: str = "config.yaml") -> list[str]:
        return [
            sys.executable,
            "-c",
            SCRIPT,
            "--config",
            str(self.path / config),
            *arguments,
        ]

    def python(self, code: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
        )

    def run(self, *arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            self.command(*arguments),
            env={**os.environ, "COLUMNS": "100", **environ},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )


def small_world(path: Path) -> World:
    """Two people, a group, and nothing in the target yet."""
    world = World(path)
    world.write("config.yaml", CONFIG)
    world.write("people.yaml", PEOPLE)
    return world


def held_digest(world: World) -> str:
    """The digest by which `status` says that what is held can be approved."""
    found = json.loads(world.run("status", "--format", "json").stdout)
    return str(found["syncs"][0]["standing"]["digest"])


def answered(
    world: World, answer: bytes, config: str = "config.yaml", verb: tuple[str, ...] = ("apply",)
) -> tuple[int, str]:
    """The exit code and output of a verb on a terminal, with this answer to its question."""
    terminal, theirs = pty.openpty()
    with subprocess.Popen(
        world.command(*verb, config=config),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        close_fds=True,
    ) as process:
        os.close(theirs)
        os.write(terminal, answer)
        output = b""
        while True:
            try:
                part = os.read(terminal, 4096)
            except OSError:  # Linux answers EIO when the other side is closed
                break
            output += part
            if not part:
                break
        code = process.wait(timeout=30)
    os.close(terminal)
    return code, output.decode()


def sections(text: str) -> dict[str, list[str]]:
    """The lines under each title, without the space in front."""
    found: dict[str, list[str]] = {}
    title = ""
    for line in text.splitlines():
        if line and not line.startswith(" "):
            title = line
            found[title] = []
        elif line:
            found[title].append(" ".join(line.split()))
    return found
