"""One call in five fails in a random way, and the product ends as if none had."""

import sys
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from syncd.errors import BackendError
from tests.scenario.month import company, first_week, rest_of_month
from tests.scenario.product_world import ProductWorld
from tests.scenario.targets import ON_DEMAND, Product
from tests.servers.web import Cut, Fails, Garbled, Half, Midway, OneOf, Slow

STORM = (
    Fails(500),
    Fails(500, after=True),
    Fails(503),
    Fails(503, after=True),
    Fails(503, retry_after=0),
    Fails(429, retry_after=0),
    Cut(),
    Cut(after=True),
    Cut(reset=True),
    Half(0.3),
    Half(0.9),
    Garbled(),
    Slow(0.1),
)
HALVES = (Midway(), Midway(cut=True))
"""What breaks off between two steps of the product's own."""
SHARE = 0.2
RUNS = 6
"""Applies in the storm, at most, for each step of the month."""
ENOUGH = 8
"""Calls that fail, at least."""
CALM = 3
"""Applies after it, until nothing is left to do: at most."""


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1])
@pytest.mark.parametrize("product", ON_DEMAND, ids=str)
def test_a_storm_of_faults_ends_where_a_run_without_ends(
    product: Product, seed: int, tmp_path: Path
) -> None:
    """Same accounts with the same fields, same members, exactly one account for each person."""
    with product.start() as server:
        world = ProductWorld(tmp_path / "here", product, server)
        world.open(company())
        first = storm(world, seed)
        first_week(world)
        world.settle()
        world.ledger.pass_days(40)
        rest_of_month(world)
        second = storm(world, seed + 1000)
        assert {outcome for _, outcome in world.ledger.journal()} <= {"done", "failed", "moot"}
    sys.stdout.write(
        f"\n{product}: {first}, then {second} faults in {len(world.ledger.outcomes())} runs\n"
    )
    assert first + second >= ENOUGH


def storm(world: ProductWorld, seed: int) -> int:
    """Applies until nothing is left to do; how many calls failed."""
    faults = STORM + HALVES * world.product.mends_halves
    rule = world.server.faults.add(OneOf(faults, seed), share=SHARE, seed=seed)
    for _ in range(RUNS):
        if apply(world):
            break
    world.server.faults.clear()
    for _ in range(CALM):
        if apply(world):
            break
    world.assert_settled()
    return rule.done


def apply(world: ProductWorld) -> bool:
    """Whether it came to its end, and there was nothing to do. Pauses are short, or the storm were long."""
    with closing(world.sync()) as sync:
        session = sync.backend.session
        session._dialect = replace(session._dialect, pauses=(0.01, 0.01, 0.01))
        try:
            report = world.apply(sync)
        except BackendError:
            return False
    return not (report.plan.changes or report.unverified)
