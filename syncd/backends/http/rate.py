"""At most so many calls a second, whichever threads make them."""

import time
from threading import Lock


class Rate:
    """Gives each call its moment, evenly spaced."""

    def __init__(self, per_second: float | None) -> None:
        self._apart = 1 / per_second if per_second else 0.0
        self._next = 0.0
        self._lock = Lock()

    def wait(self) -> None:
        if not self._apart:
            return
        with self._lock:
            now = time.monotonic()
            moment = max(now, self._next)
            self._next = moment + self._apart
        if moment > now:
            time.sleep(moment - now)
