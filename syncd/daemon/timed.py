"""A sync whose calls to its target are timed, and which is otherwise as it was."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cached_property, partial
from time import perf_counter
from types import TracebackType
from typing import Any, cast

from syncd.core.model import Ref
from syncd.ports import Backend
from syncd.sync import Sync

Observe = Callable[[str, str, float, str], None]
"""Told of a call: the target's name, the verb as `users.create`, the seconds that it took, and the
name of the error's class, empty where there was none. From several threads at once."""

_Seen = Callable[[str, float, str], None]

_CALLS = {verb: verb for verb in ("get", "create", "update", "delete", "change", "write")}
_READINGS = {"read": "read", "pages": "read", "of": "get"}
"""What a backend may have, and what it is called for whoever is told of it."""


def timed(sync: Sync, observe: Observe) -> Sync:
    """A reading is one call, by the time that was spent in the target's part of it; so is a batch,
    by what its beginning and its end took."""
    backend = TimedBackend(sync.backend, partial(observe, sync.target))
    return replace(sync, backend=cast(Backend, backend))


class TimedBackend:
    """What is not timed, and whatever else the backend has, is the backend's own."""

    def __init__(self, inner: Backend, seen: _Seen) -> None:
        self._inner, self._seen = inner, seen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    # Some backends ask their server what it can do when these are first looked at.

    @cached_property
    def users(self) -> Any:
        return _Part(self._inner.users, "users", self._seen)

    @cached_property
    def groups(self) -> Any:
        return _Part(self._inner.groups, "groups", self._seen)

    @cached_property
    def members(self) -> Any:
        return _Part(self._inner.members, "members", self._seen)

    def whoami(self) -> Ref | None:
        return cast(Ref | None, _call(self._inner.whoami, "whoami", self._seen)())

    def batch(self) -> AbstractContextManager[None]:
        return _Batch(self._inner.batch(), self._seen)


class _Part:
    """A collection, or members. It has a verb if, and only if, the backend's own has it."""

    def __init__(self, inner: Any, what: str, seen: _Seen) -> None:
        self._inner = inner
        for verbs, around in ((_CALLS, _call), (_READINGS, _reading)):
            for verb, called in verbs.items():
                if (own := getattr(inner, verb, None)) is not None:
                    setattr(self, verb, around(own, f"{what}.{called}", seen))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _Batch(AbstractContextManager[None]):
    def __init__(self, inner: AbstractContextManager[None], seen: _Seen) -> None:
        self._inner, self._seen = inner, seen
        self._spent = 0.0

    def __enter__(self) -> None:
        begun = perf_counter()
        try:
            self._inner.__enter__()
        except Exception as error:
            self._seen("batch", perf_counter() - begun, type(error).__name__)
            raise
        self._spent = perf_counter() - begun

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        begun, wrong = perf_counter(), ""
        try:
            return self._inner.__exit__(kind, raised, trace)
        except Exception as error:
            # What one of its writes raised was told of with that.
            wrong = "" if error is raised else type(error).__name__
            raise
        finally:
            self._seen("batch", self._spent + perf_counter() - begun, wrong)


def _call(call: Callable[..., Any], verb: str, seen: _Seen) -> Callable[..., Any]:
    def timed_call(*args: Any, **named: Any) -> Any:
        begun = perf_counter()
        try:
            answer = call(*args, **named)
        except Exception as error:
            seen(verb, perf_counter() - begun, type(error).__name__)
            raise
        seen(verb, perf_counter() - begun, "")
        return answer

    return timed_call


def _reading(read: Callable[..., Iterable[Any]], verb: str, seen: _Seen) -> Callable[..., Any]:
    def timed_reading(*args: Any, **named: Any) -> Iterator[Any]:
        begun = perf_counter()
        try:
            items = iter(read(*args, **named))
        except Exception as error:
            seen(verb, perf_counter() - begun, type(error).__name__)
            raise
        return _each(items, verb, seen, perf_counter() - begun)

    return timed_reading


def _each(items: Iterator[Any], verb: str, seen: _Seen, spent: float) -> Iterator[Any]:
    """What whoever reads does between two items is not the target's time."""
    wrong = ""
    try:
        while True:
            begun = perf_counter()
            try:
                item = next(items)
            except StopIteration:
                return
            except Exception as error:
                wrong = type(error).__name__
                raise
            finally:
                spent += perf_counter() - begun
            yield item
    finally:
        seen(verb, spent, wrong)
