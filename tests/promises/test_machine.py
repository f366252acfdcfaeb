"""The promises hold whatever happens, in whatever order: see `machine`.

    SYNCD_MACHINE_EXAMPLES=1000 pytest tests/promises/test_machine.py

lives a thousand lives instead of a few; `make nightly` does.
"""

import os

from hypothesis import HealthCheck, settings

from tests.promises.machine import Machine

EXAMPLES = int(os.environ.get("SYNCD_MACHINE_EXAMPLES", "6"))
STEPS = int(os.environ.get("SYNCD_MACHINE_STEPS", "30"))

TestMachine = Machine.TestCase
TestMachine.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    derandomize=bool(os.environ.get("CI")) and EXAMPLES < 100,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
