"""A client's connection, with time limits: who sends or reads slowly loses it, and nobody waits.

uvicorn has a limit for idle connections only. Here a head must come in time, and what follows, its
body, the answer and the reading of the answer, too. Where there are too many connections, that one
is cut which has kept us waiting the longest.
"""

import asyncio
from http import HTTPStatus
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from syncd.daemon.status.door import DELAYED
from syncd.daemon.status.guard import SECURITY_HEADERS
from syncd.daemon.status.problems import problem

HEAD_SECONDS = 10.0
EXCHANGE_SECONDS = 30.0
"""From a head's end until the answer is read; and from there to the end of the next head."""

MOST_CONNECTIONS = 256


class Connection(H11Protocol):
    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._asked = False
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(  # type: ignore[override]  # as uvicorn's own: of a TCP transport
        self, transport: asyncio.Transport
    ) -> None:
        super().connection_made(transport)
        self.opened = self.loop.time()
        self._allow(HEAD_SECONDS)
        if len(self.connections) > MOST_CONNECTIONS:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        before = self.cycle
        super().handle_events()
        if self.cycle is not before:
            self._asked = True
            self._allow(EXCHANGE_SECONDS)

    def on_response_complete(self) -> None:
        self._allow(EXCHANGE_SECONDS)
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """To what is no HTTP, or has a head that is too long."""
        said = problem(400, msg.rstrip("."), {**SECURITY_HEADERS, "connection": "close"})
        reason = HTTPStatus(400).phrase.encode()
        head = h11.Response(status_code=400, headers=said.raw_headers, reason=reason)
        for event in (head, h11.Data(data=bytes(said.body)), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    @property
    def keeps_waiting(self) -> bool:
        """Whether it is the peer whose turn it is, and not ours."""
        if not self._asked or self.flow.write_paused:
            return True
        cycle = self.cycle
        if cycle.response_complete or cycle.more_body:
            return True
        return bool(cycle.scope["state"].get(DELAYED))

    def _make_room(self) -> None:
        waiting = [
            one for one in self.connections if isinstance(one, Connection) and one.keeps_waiting
        ]
        oldest = min(waiting, key=lambda one: one.opened, default=self)
        self.connections.discard(oldest)
        oldest.transport.abort()

    def _allow(self, seconds: float) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(seconds, self.transport.abort)
