"""Killed at any edge of any transaction, an apply is made good by the next (promise 7)."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.faults.installation import ROOT, Installation
from tests.faults.stores import SQLITE, Stores

CHUNKS = 4
"""Parts that the edges are dealt out to, for workers side by side."""
EVERY = int(os.environ.get("SYNCD_EDGES_EVERY", "2"))
"""How many edges there are for each that is tried, from any on; `make nightly` tries all."""


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_an_apply_that_is_killed_at_any_edge_of_a_transaction_is_made_good_by_the_next(
    chunk: int, stores: Stores, small_end: dict[str, Any], place: Path
):
    """One run makes store, links and journal what they are where nothing was killed."""
    base = stores.copy(stores.settled(SQLITE, SQLITE, 1), place / "base", batch_size=4)
    first = random.randint(1, EVERY)
    sys.stdout.write(f"from edge {first}\n")
    ended = killed_at_every_edge(base, place, chunk * EVERY + first)
    assert len(ended) > 15 // EVERY
    assert {number: ends for number, ends in ended.items() if ends != [-9, 0]} == {}
    for number in ended:
        one = Installation(place / str(number), base.databases)
        assert (number, one.state()) == (number, small_end)
        assert (number, one.open_lines()) == (number, 0)


def killed_at_every_edge(base: Installation, into: Path, first: int) -> dict[int, list[int]]:
    """How two applies ended, by the edge that the first was killed at."""
    numbers = [str(first), str(CHUNKS * EVERY)]
    command = [sys.executable, "-m", "tests.faults.forks", str(base.place), str(into), *numbers]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    *killed, last = map(json.loads, said.splitlines())
    assert last[1:] == [0, 0]
    return {number: ends for number, *ends in killed}
