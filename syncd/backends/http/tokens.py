"""Tokens that end: one for all calls, a new one before the old one ends, none asked for in vain."""

import time
from collections.abc import Callable
from threading import Lock

from msgspec import Struct

from syncd.errors import Denied, Rejected, Unavailable

_EARLY = 60.0
"""Seconds before its end from which a token is not used any more; of a short life, a fifth."""

_FRESH = 10.0
"""Seconds for which a refused token is not the reason of the refusal: another would be as good."""


class Token(Struct, frozen=True):
    """`lives` is for how many seconds the server takes it; None where it does not say."""

    value: str
    lives: float | None = None


class Header(Struct, frozen=True):
    """What a call shows: never compared by value, for a new token may look like the old one."""

    name: str
    value: str
    born: float


class Tokens:
    """What a `Session` is given to log in by (`Session.authorize_by`), for any number of threads.

    `acquire` logs in: it makes the product's call and says what came of it. The token stands in
    the header `header`, after `scheme` and a space where there is one, and is renewed before it
    ends. A call that is answered 401 is made once more with a new token; a token that is only just
    there is not renewed, for then 401 means "not allowed". `close` ends what `acquire` holds.

    Whatever is wrong with logging in, nothing was done of the call: `Unavailable` is `refused`, and
    what the server rejects is `Denied`.
    """

    def __init__(
        self,
        acquire: Callable[[], Token],
        *,
        header: str = "Authorization",
        scheme: str = "Bearer",
        close: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.close = close
        self._acquire, self._clock = acquire, clock
        self._name = header
        self._prefix = f"{scheme} " if scheme else ""
        self._lock = Lock()
        self._header: Header | None = None
        self._ends = 0.0

    def current(self) -> Header:
        """What the next call shows. Raises `Unavailable` or `Denied`."""
        with self._lock:
            if self._header is None or self._clock() >= self._ends:
                return self._renew()
            return self._header

    def instead_of(self, refused: Header) -> Header | None:
        """What to show after a 401; None where another token would make no difference."""
        with self._lock:
            if self._header is not refused:
                return self._header
            if self._clock() - refused.born < _FRESH:
                return None
            return self._renew()

    def _renew(self) -> Header:
        self._header = None
        try:
            token = self._acquire()
        except Unavailable as error:
            again = Unavailable(str(error), refused=True, retry_after=error.retry_after)
            raise again from error
        except Rejected as error:
            raise Denied(str(error)) from error
        born = self._clock()
        self._ends = float("inf")
        if token.lives is not None:
            self._ends = born + token.lives - min(_EARLY, token.lives / 5)
        self._header = Header(self._name, self._prefix + token.value, born)
        return self._header
