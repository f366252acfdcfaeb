"""A real HTTP server for a product's test server: routes, a lock, recorded calls, faults on demand.

with HumHub() as server:
    server.faults.add(Fails(500, after=True), times=1, when=method("POST"))
    ...
    assert server.count("POST", "/api/v1/user") == 2
"""

from tests.servers.web.faults import (
    Cut,
    Fails,
    Faults,
    Garbled,
    Half,
    Meanwhile,
    Midway,
    OneOf,
    Slow,
    by,
)
from tests.servers.web.message import Answer, Answered, Dropped, Request, answer
from tests.servers.web.routes import Routes
from tests.servers.web.server import Call, WebServer

__all__ = [
    "Answer",
    "Answered",
    "Call",
    "Cut",
    "Dropped",
    "Fails",
    "Faults",
    "Garbled",
    "Half",
    "Meanwhile",
    "Midway",
    "OneOf",
    "Request",
    "Routes",
    "Slow",
    "WebServer",
    "answer",
    "by",
]
