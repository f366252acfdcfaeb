"""Killed anywhere between the approval and the end of its changes, the next run makes the rest."""

import json
import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncd.ledger import open_ledger
from tests.faults.installation import ROOT
from tests.faults.test_crash_points import EVERY
from tests.shell.command import World, held_digest

CONFIG = """
sources:
  people: {type: yaml, paths: [people.yaml]}
targets:
  store: {type: sql, url: sqlite:///store.db, batch_size: 2}
syncs:
  main: {sources: [people], target: store, policy: {budget: {user.suspend: {count: 1}}}}
"""


def approved(place: Path) -> World:
    """Five of seven people have left, and somebody has approved of that."""
    world = World(place)
    world.write("config.yaml", CONFIG)
    people = [f"  - {{id: u{number}}}" for number in range(7)]
    world.write("people.yaml", "\n".join(["users:", *people]))
    assert world.run("apply", "--yes").returncode == 0
    world.write("people.yaml", "\n".join(["users:", *people[5:]]))
    assert world.run("apply", "--yes").returncode == 5
    assert world.run("approve", held_digest(world), "--yes", "--by", "ann").returncode == 0
    return world


@pytest.mark.slow
def test_what_was_approved_is_made_though_its_run_is_killed_anywhere(place: Path):
    """All of it, by one more run that asks nobody again; and then the approval is used up."""
    approved(place / "base")
    command = [sys.executable, "-m", "tests.faults.forks", place / "base", place]
    edges = [str(random.randint(1, EVERY)), str(EVERY)]
    sys.stdout.write(f"edges from and by {edges}\n")
    said = subprocess.run(
        [*command, *edges], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    *killed, last = map(json.loads, said.splitlines())
    assert last[1:] == [0, 0]
    assert len(killed) > 15 // EVERY
    assert {number: ends for number, *ends in killed if ends != [-9, 0]} == {}
    for number, *_ in killed:
        one = place / str(number)
        with closing(sqlite3.connect(one / "store.db")) as store:
            assert store.execute("SELECT count(*) FROM users WHERE NOT active").fetchone() == (5,)
        with closing(open_ledger(f"sqlite:///{one}/.syncd/ledger.db", write=False)) as ledger:
            assert (number, ledger.desk.approvals("main", datetime.now(UTC))) == (number, [])
            assert (number, len(ledger.desk.approved("main", datetime.now(UTC)))) == (number, 0)
