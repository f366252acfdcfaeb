"""Serves the status endpoint: uvicorn with a loop and a thread of its own beside the daemon's."""

import asyncio
import logging
import socket
from threading import Event, Thread

import anyio.to_thread
import uvicorn
from starlette.types import ASGIApp

from syncd.daemon.status.connection import Connection
from syncd.daemon.status.guard import MOST
from syncd.daemon.status.sockets import Listening
from syncd.errors import ConfigError

_LOG = logging.getLogger("syncd.status")

_WORKERS = 4
"""Threads in which answers are made: so many ask the ledger at once."""

_IDLE_SECONDS = 5
_GRACE_SECONDS = 3
"""For requests that are under way when the server stops."""


class StatusServer:
    """From `start` to `stop`; afterwards it is done with."""

    def __init__(self, app: ASGIApp, listen: str) -> None:
        config = uvicorn.Config(
            app,
            http=Connection,
            ws="none",
            loop="asyncio",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            log_level="critical",  # what clients do wrong is no event; errors of ours we log
            access_log=False,  # queries have names of people
            proxy_headers=False,
            server_header=False,
            h11_max_incomplete_event_size=MOST,
            timeout_keep_alive=_IDLE_SECONDS,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        self._listen = listen
        self._server = _Server(config)
        self._listening: Listening | None = None
        self._thread: Thread | None = None

    @property
    def places(self) -> list[str]:
        """Where it listens: HOST:PORT each, or unix:/PATH."""
        return self._listening.places if self._listening is not None else []

    def start(self) -> None:
        """Answers when it returns. Raises `ConfigError` where it cannot listen there."""
        self._listening = Listening(self._listen)
        self._thread = Thread(target=self._run, name="status", daemon=True)
        self._thread.start()
        self._server.serving.wait()
        if not self._server.started:
            self.stop()
            raise ConfigError(f"status.listen {self._listen}: the server ended; the log says why")

    def stop(self) -> None:
        """Answers what is under way, for a few seconds at most."""
        if self._thread is None or self._listening is None:
            return
        self._server.should_exit = True
        self._thread.join(_GRACE_SECONDS + 2)
        self._listening.close()

    def alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _run(self) -> None:
        listening = self._listening
        try:
            if listening is not None:
                asyncio.run(self._server.serve(listening.sockets))
        except Exception:  # noqa: BLE001  the daemon goes on without its page, and says so
            _LOG.exception("the status endpoint ended")
        finally:
            self._server.serving.set()


class _Server(uvicorn.Server):
    """Says when it serves, and leaves no connection behind."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.serving = Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        anyio.to_thread.current_default_thread_limiter().total_tokens = _WORKERS
        await super().startup(sockets)
        self.serving.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)
