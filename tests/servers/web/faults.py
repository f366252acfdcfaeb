"""What goes wrong with a call, and with which calls.

A fault is a function of the request and of what would answer it, so that it decides what
happens before the effect, and what after it.
"""

import random
import re
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tests.servers.web.message import Answer, Answered, Dropped, Request

Handle = Callable[[Request], Answer]
Fault = Callable[[Request, Handle], Answer]
Predicate = Callable[[Request], bool]

PAGE = b"<html><body><h1>Something went wrong</h1></body></html>"


@dataclass(frozen=True)
class Fails:
    """Answers with that status, as gateways do: a page of HTML. `after` the effect, or instead of it."""

    status: int = 500
    after: bool = False
    retry_after: str | int | None = None
    body: bytes = PAGE

    def __call__(self, request: Request, handle: Handle) -> Answer:
        if self.after:
            handle(request)
        headers = {"Content-Type": "text/html"}
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        return Answer(self.status, self.body, headers)


@dataclass(frozen=True)
class Cut:
    """The connection ends without an answer: before the effect, or `after` it (the lost answer)."""

    after: bool = False
    reset: bool = False

    def __call__(self, request: Request, handle: Handle) -> Answer:
        if self.after:
            handle(request)
        raise Dropped(self.reset)


@dataclass(frozen=True)
class Half:
    """The effect happens, and that share of the answer's octets comes."""

    share: float = 0.5

    def __call__(self, request: Request, handle: Handle) -> Answer:
        return replace(handle(request), share=self.share)


@dataclass(frozen=True)
class Garbled:
    """The effect happens; the answer is of the right length, and no JSON. An empty one stays so."""

    def __call__(self, request: Request, handle: Handle) -> Answer:
        good = handle(request)
        return replace(good, body=b"{" + good.body[1:-1] + b"\xff") if good.body else good


@dataclass(frozen=True)
class Slow:
    """The effect happens at once, the answer comes so many seconds later."""

    seconds: float

    def __call__(self, request: Request, handle: Handle) -> Answer:
        return replace(handle(request), delay=self.seconds)


@dataclass(frozen=True)
class Meanwhile:
    """Somebody else does something just before: a row goes, while another page is read."""

    act: Callable[[], object]

    def __call__(self, request: Request, handle: Handle) -> Answer:
        self.act()
        return handle(request)


@dataclass(frozen=True)
class Midway:
    """Ends the call between two of its steps, where the product has no transaction around them.

    `step` counts these places from 1; a call that comes to no such place is answered as ever.
    """

    step: int = 1
    cut: bool = False

    def __call__(self, request: Request, handle: Handle) -> Answer:
        passed = 0

        def end() -> None:
            nonlocal passed
            passed += 1
            if passed == self.step:
                raise Dropped if self.cut else Answered(Fails()(request, handle))

        return handle(replace(request, midway=end))


class OneOf:
    """One of these faults, drawn by the seed and by what is called, as a share is."""

    def __init__(self, faults: Sequence[Fault], seed: int = 0) -> None:
        self._faults, self._seed = faults, seed
        self._seen: Counter[str] = Counter()

    def __call__(self, request: Request, handle: Handle) -> Answer:
        call = f"{request.method} {request.target}"
        self._seen[call] += 1
        chance = random.Random(f"{self._seed} {self._seen[call]} {call} which")
        return chance.choice(self._faults)(request, handle)


def by(method: str, path: str = ".*", **query: str) -> Predicate:
    """Calls with that method, that path (a pattern for all of it) and, in the query, these."""
    pattern = re.compile(path)

    def fits(request: Request) -> bool:
        return bool(
            request.method == method
            and pattern.fullmatch(request.path)
            and query.items() <= request.query.items()
        )

    return fits


@dataclass
class Rule:
    """`done` counts the calls that it was applied to."""

    fault: Fault
    when: Predicate
    times: int | None
    share: float
    seed: int
    done: int = 0

    def __post_init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def takes(self, request: Request) -> bool:
        if (self.times is not None and self.done >= self.times) or not self.when(request):
            return False
        if self.share < 1.0:
            call = f"{request.method} {request.target}"
            self._seen[call] += 1
            # By what is called, and not by the order: so threads cannot change who is hit.
            drawn = random.Random(f"{self.seed} {self._seen[call]} {call}").random()
            if drawn >= self.share:
                return False
        self.done += 1
        return True


class Faults:
    """All rules that fit a call are applied to it, the one that was added first outermost."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._lock = threading.Lock()

    def add(
        self,
        fault: Fault,
        *,
        when: Predicate = lambda _: True,
        times: int | None = None,
        share: float = 1.0,
        seed: int = 0,
    ) -> Rule:
        """For the next so many calls that fit, or for that share of them, drawn by the seed."""
        rule = Rule(fault, when, times, share, seed)
        with self._lock:
            self._rules.append(rule)
        return rule

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    def around(self, request: Request, handle: Handle) -> Handle:
        """What answers this request, with whatever goes wrong with it."""
        with self._lock:
            taken = [rule.fault for rule in self._rules if rule.takes(request)]
        for fault in reversed(taken):
            handle = _wrapped(fault, handle)
        return handle


def _wrapped(fault: Fault, handle: Handle) -> Handle:
    return lambda request: fault(request, handle)
