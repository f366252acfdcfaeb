"""Stands before the application: limits, headers, who is asked for and who asks.

An ASGI application around another. Whatever happens within, the answer has the security headers,
and errors are problem details.
"""

import asyncio
import ipaddress
from collections.abc import Callable, Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from syncd.config.running import StatusSettings, place
from syncd.daemon.live import Live
from syncd.daemon.status.door import Door, values
from syncd.daemon.status.problems import TOLD, Refused, problem, unexpected
from syncd.database.limit import within

SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self';"
        " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}

MOST = 16 * 1024
"""Octets of a request's head, and of its body."""

_LONGEST_QUERY = 2048
_BODY_SECONDS = 10.0
_LEDGER_SECONDS = 5.0
"""For one statement of whoever makes the answer."""

_AT_ONCE = 32
"""Requests that are worked on or wait for it."""

_AT_ANY_TIME = frozenset({"/healthz", "/readyz"})
"""These wait for nothing: who watches the daemon must not take a busy one for a dead one."""

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Guard:
    def __init__(self, app: ASGIApp, live: Live, door: Door) -> None:
        self.app = app
        self._live, self._door = live, door
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"the status endpoint speaks HTTP only, not {scope['type']}")
        answer = _Answer(send)
        scope.setdefault("state", {})
        try:
            await self._admit(scope, receive, answer)
        except Refused as refusal:
            said = problem(refusal.status_code, refusal.detail, refusal.headers)
            await said(scope, receive, answer)
        except Exception as error:  # noqa: BLE001  whatever it is, no trace of it is answered
            if not scope["state"].get(TOLD):
                said = unexpected(scope, error)
                if not answer.started:
                    await said(scope, receive, answer)

    async def _admit(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        _check_size(scope)
        _check_host(self._live.settings.status, scope)
        body = await _body(scope, receive)
        caller = await self._door.caller(scope)
        scope["state"].update(caller=caller, sees_names=caller.sees_names)
        if scope["path"] not in _AT_ANY_TIME:
            self._take_turn(answer)
        try:
            with within(_LEDGER_SECONDS):
                await self.app(_as_get(scope), _given(body, receive), answer)
        finally:
            answer.begin()

    def _take_turn(self, answer: "_Answer") -> None:
        if self._under_way >= _AT_ONCE:
            raise Refused(503, "too many requests are under way", {"retry-after": "1"})
        self._under_way += 1
        answer.when_started = self._give_way

    def _give_way(self) -> None:
        self._under_way -= 1


class _Answer:
    """Sends what the application says, with our headers. `when_started` is called once."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False
        self.when_started: Callable[[], None] | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            self.begin()
            message = {**message, "headers": _secured(message.get("headers", ()))}
        await self._send(message)

    def begin(self) -> None:
        """The work is done: the peer may now take the time that it takes to read."""
        if self.when_started is not None:
            self.when_started()
            self.when_started = None


def _secured(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    own = [pair for pair in headers if pair[0].lower().decode("latin-1") not in SECURITY_HEADERS]
    return own + [(name.encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]


def _check_size(scope: Scope) -> None:
    if len(scope["query_string"]) > _LONGEST_QUERY:
        raise Refused(414, f"a query has at most {_LONGEST_QUERY:,} octets")
    size = sum(len(name) + len(value) + 4 for name, value in scope["headers"])
    if size + len(scope.get("raw_path") or b"") > MOST:
        raise Refused(431, f"a request's head has at most {MOST:,} octets")


def _check_host(settings: StatusSettings, scope: Scope) -> None:
    """A browser that was led here by somebody else's name for this address is sent away."""
    hosts = values(scope, b"host")
    if len(hosts) != 1:
        raise Refused(400, "a request needs one Host")
    if not _is_ours(_name(hosts[0]), settings, scope):
        raise Refused(421, "this Host is none of ours; names are listed in status.hosts")


def _is_ours(name: str, settings: StatusSettings, scope: Scope) -> bool:
    if name in _LOOPBACK or name in {host.lower().rstrip(".") for host in settings.hosts}:
        return True
    where = place(settings.listen) if settings.listen is not None else ""
    reached = scope.get("server") or ("", None)
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return not isinstance(where, str) and name == where[0].lower()
    return str(address) in {_address(reached[0]), where[0] if isinstance(where, tuple) else ""}


def _name(host: str) -> str:
    """Without its port, and an IPv6 address without its brackets."""
    bare, colon, port = host.strip().lower().rpartition(":")
    if not colon or not port.isdigit():
        bare = host.strip().lower()
    return bare.removeprefix("[").removesuffix("]").rstrip(".")


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""


async def _body(scope: Scope, receive: Receive) -> bytes:
    """All of it, before anybody works on the request."""
    too_large = Refused(413, f"a body has at most {MOST:,} octets", {"connection": "close"})
    for length in values(scope, b"content-length"):
        if not length.isdigit() or len(length) > len(str(MOST)) or int(length) > MOST:
            raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise Refused(400, "the body ended before it was whole")
                body += message.get("body", b"")
                if len(body) > MOST:
                    raise too_large
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError:
        raise Refused(408, "the body did not come in time", {"connection": "close"}) from None


def _given(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body that was read, and then the peer's end."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def given() -> Message:
        return messages.pop() if messages else await receive()

    return given


def _as_get(scope: Scope) -> Scope:
    """HEAD is answered as GET is; the server leaves out the body."""
    return {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
