"""How many worlds the laws look at: `--hypothesis-profile=thorough` for many more.

The profile is known where the command names this folder: `pytest tests/core --hypothesis-profile=…`.
"""

import os

from hypothesis import HealthCheck, settings

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

if settings.get_current_profile_name() in {"default", "ci"}:
    settings.load_profile("quick")
