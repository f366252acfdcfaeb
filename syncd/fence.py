"""The last question before something is sent to a target: may this run still do that?

Between the executor's question and the first octet can be a pause that the target asked for, a new
token, a connection with TLS: time enough for this process to be frozen and for another to take
over. Whoever sends asks again here, in the thread that the executor called it in.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


def _nobody_minds() -> None:
    """Outside of a run, or in one that nobody took a lock for."""


_ASKED: ContextVar[Callable[[], None]] = ContextVar("syncd fence", default=_nobody_minds)


def ask() -> None:
    """Raises what ends the run, where it must not send any more; as a rule in microseconds."""
    _ASKED.get()()


@contextmanager
def fenced(held: Callable[[], None]) -> Iterator[None]:
    """In this block and thread `ask` asks `held`."""
    before = _ASKED.set(held)
    try:
        yield
    finally:
        _ASKED.reset(before)
