"""A TCP proxy that cuts the line, or falls silent: after so many octets from the server, or now."""

import contextlib
import socket
import threading


class Proxy:
    """Passes on everything until told otherwise; `port` is where it listens.

    A limit counts the octets that the server sent on one connection, and holds for connections
    made after it was set. `passed` are the octets that the last connection passed on.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._limit: int | None = None
        self._stalls = False
        self._flows = threading.Event()
        self._flows.set()
        self.passed = 0
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._run(self._accept)

    def cut_after(self, octets: int) -> None:
        """Close both sides after so many octets."""
        self._limit, self._stalls = octets, False

    def stall_after(self, octets: int) -> None:
        """Pass on nothing more after so many octets, and keep the line open."""
        self._limit, self._stalls = octets, True

    def swallow(self) -> None:
        """From now on nothing passes, either way; whoever sends something never learns that."""
        self._flows.clear()

    def flow(self) -> None:
        """Everything passes again, and first what was swallowed, as TCP would send it again."""
        self._flows.set()

    def cut(self) -> None:
        """Close all lines that there are."""
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._flows.set()
        for each in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        for each in (self._listener, *self._sockets):
            each.close()

    def _run(self, function: object, *arguments: object) -> None:
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            self._sockets += [client, server]
            self._run(self._pass_on, client, server)
            self._run(self._pass_back, server, client, self._limit, self._stalls)

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while octets := client.recv(65536):
                self._flows.wait()
                server.sendall(octets)
            server.shutdown(socket.SHUT_WR)

    def _pass_back(
        self, server: socket.socket, client: socket.socket, limit: int | None, stalls: bool
    ) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while octets := server.recv(4096):
                self._flows.wait()
                if limit is not None:
                    octets = octets[: limit - passed]
                client.sendall(octets)
                passed += len(octets)
                self.passed = passed
                if limit is not None and passed >= limit:
                    break
            if not stalls or limit is None or passed < limit:
                client.shutdown(socket.SHUT_RDWR)
