"""A process that is killed at random moments of an apply to a product loses and doubles nothing."""

import os
import random
import signal
import sys
import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.faults.nursery import Nursery
from tests.scenario.month import company, first_week, rest_of_month
from tests.scenario.product_world import ProductWorld
from tests.scenario.targets import ON_DEMAND, Product
from tests.servers.web import Answer, Dropped, Request
from tests.servers.web.faults import Handle

ENOUGH = int(os.environ.get("SYNCD_KILLS", "4"))
"""Kills in mid-apply. There are rounds until there were so many."""
ROUNDS = 30
"""At most: some kill is to leave a change in doubt."""
READING = 0.2
"""The share of runs that may be killed before they write anything."""
FIRST, PATIENCE = 3, 1.1
"""A run may come to so many writes before it is killed, and the next to that much more: so there is
an end."""


class Killer:
    """Kills a process by its call of that number, counted from its first write where it `writes`.

    That call has no effect then, or one that nobody hears of; or the process lives a few more
    milliseconds, and writes down what was answered, or not all of it, or begins something else.
    """

    def __init__(self, process: int, number: int, chance: random.Random, *, writes: bool) -> None:
        self._process, self._number, self._writes = process, number, writes
        self._way = chance.choice(("before", "after", "late"))
        self._seconds = chance.uniform(0, 0.02)
        self._seen = 0
        self.timer: threading.Timer | None = None

    def __call__(self, request: Request, handle: Handle) -> Answer:
        self._seen += bool(self._seen) or not self._writes or request.method != "GET"
        if self._seen != self._number:
            return handle(request)
        if self._way == "late":
            self.timer = threading.Timer(self._seconds, self._kill)
            self.timer.start()
            return handle(request)
        self._kill()
        if self._way == "before":
            raise Dropped
        return handle(request)

    def _kill(self) -> None:
        os.kill(self._process, signal.SIGKILL)


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    nursery = Nursery()
    yield nursery
    nursery.close()


@pytest.mark.slow
@pytest.mark.parametrize("product", ON_DEMAND, ids=str)
def test_a_process_that_is_killed_again_and_again_ends_where_one_ends_that_is_not(
    product: Product, nursery: Nursery, tmp_path: Path
) -> None:
    """Same accounts with the same fields, same members, exactly one account for each person."""
    seed = random.randrange(2**32)
    sys.stdout.write(f"\n{product}: seed {seed}\n")
    chance = random.Random(seed)
    killed: list[bool] = []
    for number in count(1):
        with product.start() as server:
            world = ProductWorld(tmp_path / f"round{number}", product, server)
            killed += a_month_of_kills(world, nursery, chance)
        if len(killed) >= ENOUGH and any(killed):
            break
        assert number < ROUNDS, killed
    sys.stdout.write(
        f"killed in mid-apply {len(killed)} times, {sum(killed)} with changes in doubt\n"
    )


def a_month_of_kills(world: ProductWorld, nursery: Nursery, chance: random.Random) -> list[bool]:
    world.open(company())
    assert world.plan().changes  # and there is a ledger to look into
    killed = killed_until_done(world, nursery, chance)
    world.assert_settled()
    first_week(world)
    world.settle()
    world.ledger.pass_days(40)
    rest_of_month(world)
    killed += killed_until_done(world, nursery, chance)
    world.assert_settled()
    assert {outcome for _, outcome in world.ledger.journal()} <= {"done", "moot"}
    return killed


def killed_until_done(world: ProductWorld, nursery: Nursery, chance: random.Random) -> list[bool]:
    """Runs it until a run ends by itself; for each killed in mid-apply, whether it left doubts."""
    applying: list[bool] = []
    longest = float(FIRST)
    for _ in range(100):
        longest *= PATIENCE
        runs = len(world.ledger.outcomes())
        process = nursery.born("--config", str(world.syncd.config), "apply", "--yes")
        writes = chance.random() >= READING
        killer = Killer(process, chance.randint(1, int(longest)), chance, writes=writes)
        world.server.faults.add(killer)
        code, said = nursery.begin()
        world.server.faults.clear()
        if killer.timer:
            killer.timer.cancel()
        assert code in (0, -signal.SIGKILL), said
        if code == 0:
            return applying
        if None in world.ledger.outcomes()[runs:]:
            applying.append(world.ledger.open_lines() > 0)
    raise AssertionError("there is no end")
