"""How many worlds the laws look at: `--hypothesis-profile=thorough` for many more.

The profile is known where the command names this folder: `pytest tests/core --hypothesis-profile=…`.
"""

import os
import re

import pytest
from hypothesis import HealthCheck, Phase, settings

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
_REPEATABLE = bool(os.environ.get("CI"))

settings.register_profile(
    "quick",
    max_examples=15,
    deadline=None,
    derandomize=_REPEATABLE,
    database=None if _REPEATABLE else settings.default.database,
    suppress_health_check=_SLOW,
)
settings.register_profile(
    "thorough", settings.get_profile("quick"), max_examples=1500, derandomize=False
)

if "MUTANT_UNDER_TEST" in os.environ:
    # mutmut runs the laws some thousand times: few worlds, the same each time, and no search for a
    # smaller one where a law is broken.
    few = os.environ.setdefault("SYNCD_MUTANT_EXAMPLES", "5")
    settings.register_profile(
        "mutants",
        settings.get_profile("quick"),
        max_examples=int(few),
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        report_multiple_bugs=False,
    )
    settings.load_profile("mutants")
    for name in ("BOUND", "BUDGET", "DRIFT", "LADDER", "UNDO"):
        os.environ.setdefault(f"SYNCD_{name}_EXAMPLES", few)
    os.environ.setdefault("SYNCD_EVIDENCE_WORLDS", "2")
elif settings.get_current_profile_name() in {"default", "ci"}:
    settings.load_profile("quick")


_ALSO = {"found": ("descent", "diff"), "parts": ("membership", "decide"), "trays": ("spool",)}
"""Modules whose tests are in files that are called after others."""


def pytest_configure(config: pytest.Config) -> None:
    """With `SYNCD_MUTANT_TESTS` a mutant meets the tests of its own module, and so many of the
    others that come to it: the quickest, for mutmut names these first."""
    mutant, most = os.environ.get("MUTANT_UNDER_TEST"), os.environ.get("SYNCD_MUTANT_TESTS")
    if mutant is not None and most is not None:
        module = "".join(mutant.split(".")[2:3]) or "?"
        files = "|".join((re.escape(module), *_ALSO.get(module, ())))
        own = re.compile(rf"tests/core/test_(?:{files})(?:_\w+)?\.py::")
        first = [one for one in config.args if own.match(one)]
        others = [one for one in config.args if not own.match(one)]
        config.args[:] = [*first, *others[: int(most)]]
