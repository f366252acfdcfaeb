"""An organisation, the directory that states it, the store that follows, and syncd between them.

Each verb changes the directory, and the plain description of what must come of it.
"""

import json
import os
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from syncd.config import load_settings
from syncd.config.assemble import assemble, ledger
from syncd.core.plan import Plan
from syncd.engine import apply
from syncd.report import Exit
from tests.scenario.directory import Directory
from tests.scenario.organisation import Content, Organisation, Person, founded
from tests.scenario.stores import Store, difference

SYNCD = Path(sys.executable).with_name("syncd")


class Command:
    """The `syncd` command as a user runs it, with a configuration file."""

    def __init__(self, config: Path) -> None:
        self.config = config

    def __call__(self, *words: str, code: int = 0, environ: dict[str, str] | None = None) -> str:
        """What it says on both channels. Fails where it ends with another exit code."""
        ended = self._run(words, subprocess.STDOUT, environ or {})
        assert ended.returncode == code, f"{words} ended with {ended.returncode}:\n{ended.stdout}"
        return ended.stdout

    def plan(self, code: int = 0, environ: dict[str, str] | None = None) -> dict[str, Any]:
        """`plan --detailed-exitcode`, as an object."""
        words = ("plan", "--format", "json", "--detailed-exitcode")
        ended = self._run(words, subprocess.PIPE, environ or {})
        assert ended.returncode == code, f"{ended.returncode}: {ended.stdout}{ended.stderr}"
        found: dict[str, Any] = json.loads(ended.stdout)
        return found

    def _run(
        self, words: tuple[str, ...], errors: int, environ: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [SYNCD, "--config", self.config, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, "COLUMNS": "400", **environ},
            text=True,
            timeout=120,
            check=False,
        )


class World:
    def __init__(self, folder: Path, directory: Directory, store: Store) -> None:
        self.folder, self.directory, self.store = folder, directory, store
        self.organisation = Organisation()
        self.foreign = Content(frozenset(), frozenset(), frozenset())
        self.syncd = Command(folder / "syncd.yaml")
        self.configure()

    def configure(self, **policy: object) -> None:
        """Writes the configuration file."""
        sync = {"sources": ["corp"], "target": "store", "policy": policy}
        self.write_config({"corp": self.directory.config}, sync)

    def write_config(self, sources: dict[str, Any], sync: dict[str, Any]) -> None:
        whole = {
            "sources": sources,
            "targets": {"store": self.store.config},
            "syncs": {"main": sync},
        }
        text = yaml.safe_dump({"state_directory": "state", **whole}, allow_unicode=True)
        self.syncd.config.write_text(text, "utf-8")

    def found(self) -> None:
        """Sixty people and eight teams, in the directory."""
        self.organisation = founded(circle=self.directory.circles)
        for key, person in self.organisation.people.items():
            self.directory.put_person(key, person)
        for key, team in self.organisation.teams.items():
            self.directory.put_team(key, team)

    def join(self, key: str, person: Person, *teams: str) -> None:
        self.organisation.people[key] = person
        self.directory.put_person(key, person)
        self.move(key, *teams)

    def change(self, key: str, **fields: Any) -> None:
        self.organisation.people[key] = replace(self.organisation.people[key], **fields)
        self.directory.put_person(key, self.organisation.people[key])

    def move(self, key: str, *teams: str) -> None:
        """The teams whose direct member the person is from now on."""
        for team, inside in self.organisation.teams.items():
            members = inside.members | {key} if team in teams else inside.members - {key}
            if members != inside.members:
                self.change_team(team, members=members)

    def change_team(self, key: str, **fields: Any) -> None:
        self.organisation.teams[key] = replace(self.organisation.teams[key], **fields)
        self.directory.put_team(key, self.organisation.teams[key])

    def swap_logins(self, one: str, other: str) -> None:
        first, second = (self.organisation.people[key].login for key in (one, other))
        self.change(one, login="on.the.way")
        self.change(other, login=first)
        self.change(one, login=second)

    def leave(self, key: str) -> None:
        self.organisation.left(key)
        self.directory.move_out(key)

    def come_back(self, key: str) -> None:
        self.organisation.returned(key)
        self.directory.move_in(key)

    def delete(self, key: str) -> None:
        self.organisation.left(key)
        self.directory.delete_person(key)

    def forget(self, key: str) -> None:
        """Somebody who has left, and whose account must be gone."""
        del self.organisation.accounts[key], self.organisation.stayed_in[key]

    def apply_at(self, when: datetime) -> Plan:
        """The command has no option for the time: this is the engine as the command calls it."""
        settings = load_settings(self.syncd.config, {})
        with (
            closing(ledger(settings, write=True)) as memory,
            closing(assemble(settings, "main")) as sync,
        ):
            report = apply(sync, memory, clock=lambda: when, approve=lambda _: True)
        assert report.exit_code is Exit.DONE
        return report.plan

    def expected(self) -> Content:
        """What the store should hold once syncd has run."""
        ours = self.organisation.settled()
        return Content(*(mine | theirs for mine, theirs in zip(ours, self.foreign, strict=True)))

    def settle(self) -> dict[str, Any]:
        """Applies, holds the whole store against what should be there, and plans again: nothing."""
        self.syncd("apply", "--yes")
        wrong = difference(self.store, self.expected())
        assert not wrong, wrong
        plan = self.syncd.plan()
        assert plan["changes"] == plan["held"] == plan["withheld"] == [], plan
        return plan
