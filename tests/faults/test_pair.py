"""Two daemons are one service, whatever befalls the one that leads."""

import os
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults.pair import LIFE, held, pair
from tests.servers.postgres import Postgresql

ROUNDS = int(os.environ.get("SYNCD_PAIR_ROUNDS", "12"))
"""A hundred by `make nightly`."""

ABREAST = int(os.environ.get("SYNCD_PAIRS", "4"))
SEED = int(os.environ.get("SYNCD_PAIR_SEED", "7"))

Struck = list[tuple[str, float]]


@pytest.fixture
def databases(postgresql_server: int) -> Iterator[list[Postgresql]]:
    """One for each pair."""
    made = [Postgresql(postgresql_server, f"pair{number}") for number in range(ABREAST)]
    with Postgresql(postgresql_server, "postgres").connect() as connection:
        for one in made:
            connection.execute(f"CREATE DATABASE {one.database} TEMPLATE template0")
    yield made
    with Postgresql(postgresql_server, "postgres").connect() as connection:
        for one in made:
            connection.execute(f"DROP DATABASE {one.database} WITH (FORCE)")


def through(path: Path, database: Postgresql, seed: int) -> Struck:
    """One pair's share of the rounds, and what it came to in the end."""
    with pair(path, database, seed) as two:
        two.await_leader(seconds=120.0)
        struck = [two.strike() for _ in range(ROUNDS // ABREAST)]
        two.await_calm()
        assert held(two.server) == two.company.wanted()
        assert two.server.vain == []
        made = len(two.server.made)
        assert made > len(two.company.titles)
    return struck


@pytest.mark.slow
def test_a_leader_that_is_killed_frozen_or_cut_off_is_followed_and_nothing_is_done_twice(
    tmp_path, databases
):
    """While changes stream in: the end is what one daemon would have made, and each write but once."""
    with ThreadPoolExecutor(ABREAST) as pool:
        each = pool.map(
            through,
            [tmp_path / str(number) for number in range(ABREAST)],
            databases,
            [SEED + number for number in range(ABREAST)],
        )
        struck = [one for some in each for one in some]
    times: dict[str, list[float]] = defaultdict(list)
    for how, seconds in struck:
        times[how].append(seconds)
    sys.stdout.write(f"\n{len(struck)} rounds, a lock's life {LIFE} s, seed {SEED}\n")
    for how, those in sorted(times.items()):
        words = f"{how:8} {len(those):3} times: followed after {statistics.median(those):.1f} s"
        sys.stdout.write(f"{words} (median), {max(those):.1f} s (most)\n")
    assert len(struck) == ROUNDS // ABREAST * ABREAST
    assert max(max(those) for those in times.values()) < 10 * LIFE
