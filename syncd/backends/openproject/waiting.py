"""Deletions go on after they were answered: a 202, and a job in the background."""

import time
from collections.abc import Callable

from syncd.backends.http import Session, half_done
from syncd.backends.openproject.config import OpenProjectConfig
from syncd.errors import Unavailable

JSON = {"Content-Type": "application/json"}
"""Whatever is no GET has to say so, also where it has no body (enforce_content_type: 406)."""

_FIRST, _LONGEST = 0.25, 5.0


def until_gone(
    gone: Callable[[], bool], what: str, session: Session, config: OpenProjectConfig
) -> None:
    """Raises `Unavailable` where the job does not come to its end: the next run looks again."""
    ends, pause = time.monotonic() + config.deletion_patience, _FIRST
    with half_done():
        while not gone():
            if time.monotonic() >= ends:
                why = f"{what} is being deleted, and still there after"
                raise Unavailable(f"{session.name}: {why} {config.deletion_patience:g} seconds")
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST)
