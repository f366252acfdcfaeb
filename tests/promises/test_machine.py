"""The promises hold whatever happens, in whatever order: see `machine`.

    SYNCD_MACHINE_EXAMPLES=1000 pytest tests/promises/test_machine.py

lives a thousand lives instead of a few; `make nightly` does.
"""

import os

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.promises.machine import Machine

EXAMPLES = int(os.environ.get("SYNCD_MACHINE_EXAMPLES", "16"))
STEPS = int(os.environ.get("SYNCD_MACHINE_STEPS", "30"))
LOTS = 4
"""So that several processes share them."""

REPEATABLE = bool(os.environ.get("CI")) and EXAMPLES < 100
LIVES = settings(
    max_examples=-(-EXAMPLES // LOTS),
    stateful_step_count=STEPS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)


@pytest.mark.parametrize("lot", range(LOTS))
def test_the_promises_hold_whatever_happens(lot: int):
    """After each apply, by all laws. Each lot has lives of its own."""
    lives = type(f"Machine{lot}", (Machine,), {})
    run_state_machine_as_test(seed(lot)(lives) if REPEATABLE else lives, settings=LIVES)
