"""The server: threads, kept connections, one request at a time on the store."""

import contextlib
import re
import socket
import struct
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Self

from tests.servers.web.faults import Faults
from tests.servers.web.message import Answer, Answered, Dropped, Request, answer
from tests.servers.web.routes import Routes

_RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)


class WebServer:
    """A product's server sets `routes`, and may look at each request first in `admit`.

    `lock` is held while a request is handled; whoever looks at several things of the store at
    once, from a test, holds it too. `ahead` is how far the product's clock is in front of ours.
    """

    routes: ClassVar[Routes]

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.faults = Faults()
        self.calls: list[Call] = []
        self.ahead = 0.0
        self.delay = 0.0
        """Seconds that every answer takes."""
        self._bugs: list[Exception] = []
        self._sockets: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener: socket.socket | None = None
        self._ended = threading.Event()

    # -- what a test uses ---------------------------------------------------------------------

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._run(self._accept, self._listener)
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.stop()
        if self._bugs and kind is None:
            raise self._bugs[0]

    def stop(self) -> None:
        listener, self._listener = self._listener, None
        if listener is None:
            return
        self._ended.set()
        with self.lock:
            open_ones = [listener, *self._sockets]
        for each in open_ones:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        listener.close()

    @property
    def url(self) -> str:
        assert self._listener is not None, "it runs inside `with` only"
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def count(self, method: str, path: str = ".*") -> int:
        """The calls so far with that method, and that path: a pattern for all of it."""
        pattern = re.compile(path)
        with self.lock:
            return sum(
                call.method == method and pattern.fullmatch(call.path) is not None
                for call in self.calls
            )

    def now(self) -> float:
        return time.time() + self.ahead

    def forward(self, seconds: float) -> None:
        """Time passes for the product."""
        self.ahead += seconds

    # -- what a product says otherwise --------------------------------------------------------

    def admit(self, request: Request) -> None:
        """Sets `request.caller`, or raises `Answered`."""

    def unknown(self, _request: Request, methods: set[str]) -> Answer:
        """No such path, or, where there are `methods`, no such method there."""
        return answer(405 if methods else 404, {"message": "Not Found"})

    def finish(self, _request: Request, made: Answer) -> Answer:
        """The last hand on every answer that the product gives."""
        return made

    # -- the rest -----------------------------------------------------------------------------

    def handle(self, request: Request) -> Answer:
        try:
            found = self.routes.find(request.method, request.path)
            self.admit(request)
            if isinstance(found, set):
                return self.finish(request, self.unknown(request, found))
            handler, parts = found
            return self.finish(request, handler(self, request, *parts))
        except Answered as early:
            return self.finish(request, early.answer)

    def _answer(self, request: Request) -> Answer:
        with self.lock:
            self.calls.append(Call(request.method, request.path, request.query))
            try:
                return self.faults.around(request, self.handle)(request)
            except Dropped:
                raise
            except Exception as bug:
                self._bugs.append(bug)
                raise Dropped from bug

    def _run(self, function: object, *given: object) -> None:
        thread = threading.Thread(target=function, args=given, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self.lock:
                    self._sockets.add(client)
                if self._listener is None:
                    client.close()
                    return
                self._run(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        with client, client.makefile("rb") as stream:
            try:
                while request := _read(stream):
                    if not self._send(client, self._answer(request)):
                        break
            except Dropped as dropped:
                if dropped.reset:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            except (OSError, ValueError):
                pass
        with self.lock:
            self._sockets.discard(client)

    def _send(self, client: socket.socket, made: Answer) -> bool:
        """Whether the connection goes on."""
        if made.delay or self.delay:
            self._ended.wait(made.delay + self.delay)
        octets = made.octets()
        client.sendall(octets[: int(len(octets) * made.share)])
        return made.share >= 1.0


def _read(stream) -> Request | None:
    """The next request, or None at the end. Bodies have a length: no client of ours sends chunks."""
    line = stream.readline().decode("latin-1").split()
    if len(line) != 3:
        return None
    headers = {}
    while told := stream.readline().decode("latin-1").strip():
        name, _, value = told.partition(":")
        headers[name.strip().lower()] = value.strip()
    return Request(line[0], line[1], headers, stream.read(int(headers.get("content-length", 0))))
