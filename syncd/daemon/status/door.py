"""Who shows a token is known by it, and who shows wrong ones waits longer each time."""

import asyncio
import ipaddress
import time

from starlette.types import Scope

from syncd.daemon.live import Live
from syncd.daemon.status.callers import Caller, by_headers, is_token
from syncd.daemon.status.problems import Refused

DELAYED = "delayed"
"""In a request's state: whether it waits for nothing but its turn to show a token."""


class Door:
    def __init__(self, live: Live) -> None:
        self._live = live
        self._patience = Patience()
        self._waiting = 0

    async def caller(self, scope: Scope) -> Caller:
        """Raises `Refused` where a token is shown that is none."""
        authorization, cookies = values(scope, b"authorization"), values(scope, b"cookie")
        if authorization:
            await self._wait(scope)
        settings = self._live.settings.status
        caller = by_headers(settings, authorization, cookies, time.time())
        if caller.wrong:
            self._patience.failed(peer(scope))
            raise Refused(401, caller.wrong)
        return caller

    async def knows(self, scope: Scope, token: str) -> bool:
        """Whether this, from a form, is the token that shows names."""
        await self._wait(scope)
        right = is_token(token, self._live.settings.status.token)
        if not right:
            self._patience.failed(peer(scope))
        return right

    async def _wait(self, scope: Scope) -> None:
        seconds = self._patience.seconds(peer(scope))
        if not seconds:
            return
        if self._waiting >= _WAITING:
            wait = {"retry-after": str(int(seconds) + 1)}
            raise Refused(429, "too many wrong tokens come in; try again later", wait)
        self._waiting += 1
        scope["state"][DELAYED] = True
        try:
            await asyncio.sleep(seconds)
        finally:
            self._waiting -= 1
            scope["state"][DELAYED] = False


_WAITING = 64
"""So many requests wait for their turn; more are sent away unheard."""


class Patience:
    """How long a peer that showed wrong tokens waits before the next is looked at.

    A peer is an address, of IPv6 a network of 64 bits; all that come through a socket or a proxy
    are one. Who then shows the right token is let in, so that nobody locks out another.
    """

    def __init__(self) -> None:
        self._wrong: dict[str, tuple[int, float]] = {}

    def seconds(self, peer: str) -> float:
        """Nothing for the first few; then longer and longer, up to five seconds."""
        count, at = self._wrong.get(peer, (0, 0.0))
        if count < _FREE or time.monotonic() - at > _FORGET:
            return 0.0
        return min(_FIRST * 2.0 ** min(count - _FREE, 10), _LONGEST)

    def failed(self, peer: str) -> None:
        count, at = self._wrong.pop(peer, (0, 0.0))
        now = time.monotonic()
        self._wrong[peer] = (count + 1 if now - at <= _FORGET else 1, now)
        while len(self._wrong) > _PEERS:
            del self._wrong[next(iter(self._wrong))]


_FREE = 5
_FIRST = 0.25
_LONGEST = 5.0
_FORGET = 600.0
"""Seconds after which a peer is as good as new."""

_PEERS = 4096


def values(scope: Scope, name: bytes) -> list[str]:
    """Of the header, in small letters, each time it was sent."""
    return [value.decode("latin-1") for header, value in scope["headers"] if header == name]


def peer(scope: Scope) -> str:
    """What is forwarded of a proxy's client is not believed: anybody can write that."""
    client = scope.get("client")
    if client is None:
        return "socket"
    try:
        address = ipaddress.ip_address(client[0])
    except ValueError:
        return str(client[0])
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(ipaddress.ip_network((address, 64), strict=False))
