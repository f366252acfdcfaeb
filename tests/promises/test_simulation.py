"""Lives of one seed each, in which any call may fail: see `simulation`.

SYNCD_SEED=352 pytest tests/promises/test_simulation.py
SYNCD_SEED=352 SYNCD_WITHOUT=0,3 pytest ...     the same life without these steps
SYNCD_SEEDS=10000 pytest ...                    so many lives; `make nightly` does
SYNCD_STEPS=2 ...                               short lives, as each change has to pass
"""

import os
from contextlib import closing

import pytest

from tests.promises.simulation import Simulation

_FEW = 200
_ASKED, _MANY = os.environ.get("SYNCD_SEED"), os.environ.get("SYNCD_SEEDS")
FIRST = 1_000_000 if _MANY else 0
"""Where many are lived, others than those that everybody lives."""
SEEDS = [int(_ASKED)] if _ASKED else list(range(FIRST, FIRST + int(_MANY or _FEW)))
STEPS = int(os.environ.get("SYNCD_STEPS") or ("6" if _ASKED or _MANY else "2"))
WITHOUT = tuple(map(int, filter(None, os.environ.get("SYNCD_WITHOUT", "").split(","))))
_LOTS = 1 if _ASKED else 8
"""So that several processes share them."""


def live(seed: int, steps: int = STEPS, without: tuple[int, ...] = WITHOUT) -> list[str]:
    """What failed. Says how to live it again where a promise is broken."""
    with closing(Simulation(seed, steps, without)) as one:
        try:
            one.live()
        except Exception as error:
            again = f"live it again by SYNCD_SEED={seed} SYNCD_STEPS={steps}; what failed:"
            error.add_note("\n".join([again, *one.log]))
            raise
        return one.log


@pytest.mark.parametrize("lot", range(_LOTS))
def test_whatever_call_fails_the_promises_hold_and_a_few_runs_later_all_is_right(lot: int):
    """As a first run into a new target would have made it; nothing is left to do or in doubt."""
    for seed in SEEDS[lot::_LOTS]:
        live(seed)


def test_one_seed_is_one_life():
    """Whatever else runs on the machine: the same calls fail in the same way."""
    first = live(7, 6, ())
    assert live(7, 6, ()) == first
    assert [line for line in first if not line.endswith("nothing failed")] != []
