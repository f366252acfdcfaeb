"""An HTTP server that answers as it is told, octet by octet: right, wrong, late, or not at all."""

import contextlib
import queue
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"id":"u1"}'


def answer(status: int, body: bytes = b"", *headers: str, kind: str = "application/json") -> bytes:
    """A whole answer, that keeps the connection."""
    told = [f"HTTP/1.1 {status} Thus", f"Content-Length: {len(body)}", f"Content-Type: {kind}"]
    return "\r\n".join((*told, *headers, "", "")).encode("latin-1") + body


@dataclass(frozen=True)
class Close:
    """Sends so much and closes; `reset` drops the connection as a crashed machine does."""

    first: bytes = b""
    reset: bool = False


@dataclass(frozen=True)
class Late:
    """Sends it after so many seconds."""

    seconds: float
    then: bytes = OK


@dataclass(frozen=True)
class Idle:
    """Answers, and closes the idle connection so many seconds later."""

    seconds: float = 0.0
    first: bytes = OK


@dataclass(frozen=True)
class Numbered:
    """Makes the answer for the request of that number, from 1."""

    made: Callable[[int], bytes]


Reply = bytes | Close | Late | Idle | Numbered


@dataclass
class Request:
    """`connection` numbers the connections in the order in which they came."""

    connection: int
    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class HttpServer:
    """Answers with each of `replies` once, in order, and then with `usual`."""

    replies: list[Reply] = field(default_factory=list)
    usual: Reply = OK
    tls: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self._replies: queue.SimpleQueue[Reply] = queue.SimpleQueue()
        for reply in self.replies:
            self._replies.put(reply)
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._run(self._accept)

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def lines(self) -> list[str]:
        return [request.line for request in self.requests]

    def close(self) -> None:
        for one in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        for one in (self._listener, *self._open):
            one.close()

    def _run(self, function: object, *given: object) -> None:
        thread = threading.Thread(target=function, args=given, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                self._open.append(client)
                self._run(self._serve, client, self.connections)

    def _serve(self, client: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError, EOFError, UnicodeDecodeError):
            if self.tls:
                client = self.tls.wrap_socket(client, server_side=True)
                self._open.append(client)
            with client.makefile("rb") as stream:
                while True:
                    self.requests.append(_request(stream, number))
                    if not self._reply(client):
                        break
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)
        client.close()

    def _reply(self, client: socket.socket) -> bool:
        """Whether the connection goes on."""
        try:
            reply = self._replies.get_nowait()
        except queue.Empty:
            reply = self.usual
        match reply:
            case bytes():
                client.sendall(reply)
            case Numbered(made):
                client.sendall(made(len(self.requests)))
            case Late(seconds, then):
                time.sleep(seconds)
                client.sendall(then)
            case Idle(seconds, first):
                client.sendall(first)
                time.sleep(seconds)
                return False
            case Close(first, reset):
                client.sendall(first)
                if reset:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    client.close()
                return False
        return True


def _request(stream, number: int) -> Request:
    line = stream.readline().decode().strip()
    if not line:
        raise EOFError
    headers = {}
    while told := stream.readline().decode("latin-1").strip():
        name, _, value = told.partition(":")
        headers[name.lower()] = value.strip()
    return Request(number, line, headers, stream.read(int(headers.get("content-length", 0))))


@contextmanager
def serving(
    *replies: Reply, usual: Reply = OK, tls: ssl.SSLContext | None = None
) -> Iterator[HttpServer]:
    server = HttpServer(list(replies), usual, tls)
    try:
        yield server
    finally:
        server.close()
