"""The status endpoint with its pages, served on loopback for as long as a test needs it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx
from fastapi import APIRouter

from syncd.daemon.live import Live
from syncd.daemon.metrics import Metrics
from syncd.daemon.status.app import status_app
from syncd.daemon.status.page import page_router
from syncd.daemon.status.server import StatusServer
from tests.daemon.company import TOKEN


@contextmanager
def served(
    live: Live,
    *more: APIRouter,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    listen: str = "127.0.0.1:0",
) -> Iterator[str]:
    """As a daemon does it, at a free port as a rule; its URL, if it has one."""
    app = status_app(live, Metrics(live), page_router(live, clock), *more)
    server = StatusServer(app, listen)
    server.start()
    try:
        yield f"http://{server.places[0].removeprefix('unix:').lstrip('/')}"
    finally:
        server.stop()


def page(url: str, path: str = "/", *, names: bool = True, status: int = 200) -> str:
    """What is answered, to who shows the token or to anybody."""
    headers = {"Authorization": f"Bearer {TOKEN}"} if names else {}
    answer = httpx.get(url + path, headers=headers, timeout=30)
    assert answer.status_code == status, answer.text
    return answer.text
