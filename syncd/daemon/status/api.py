"""What the API tells: /healthz, /readyz, /status, /runs, /requests, /metrics."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Protocol

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from syncd.daemon.live import Live
from syncd.daemon.status import telling
from syncd.daemon.status.openapi import ANSWERS, TEXT
from syncd.daemon.status.problems import Refused
from syncd.daemon.status.telling import Seen
from syncd.daemon.status.views import RequestView, RunDetailView, RunsView, StatusView

_GREATEST = 2**53 - 1
"""The greatest integer that every reader of JSON reads as it is (RFC 8259, section 6)."""

Number = Annotated[int, Path(ge=1, le=_GREATEST)]
Before = Annotated[int | None, Query(ge=1, le=_GREATEST, description="as the last page says")]
After = Annotated[int, Query(ge=0, le=_GREATEST, description="as the last page says")]
Limit = Annotated[int, Query(ge=1, le=500)]
SyncName = Annotated[str, Query(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Metrics(Protocol):
    """What Prometheus scrapes."""

    def content_type(self, accept: str = "") -> str: ...

    def render(self, accept: str = "") -> bytes: ...


def api_router(live: Live, metrics: Metrics | None) -> APIRouter:
    router = APIRouter(responses=ANSWERS)
    router.include_router(_health(live))
    router.include_router(_status(live))
    router.include_router(_runs(live))
    if metrics is not None:
        router.add_api_route(
            "/metrics",
            _scrape(metrics),
            summary="Metrics for Prometheus",
            tags=["health"],
            response_class=PlainTextResponse,
        )
    return router


def _health(live: Live) -> APIRouter:
    router = APIRouter(tags=["health"], default_response_class=PlainTextResponse)

    @router.get("/healthz", summary="Whether the daemon is alive", responses={503: TEXT})
    async def healthz() -> PlainTextResponse:
        if live.alive():
            return PlainTextResponse("alive\n")
        return PlainTextResponse("hanging: it gives no sign of life\n", 503)

    @router.get("/readyz", summary="Whether it is able to do its work", responses={503: TEXT})
    async def readyz(seen: Seen) -> PlainTextResponse:
        why = live.unable()
        if not why:
            return PlainTextResponse("ready\n")
        return PlainTextResponse(f"not able: {seen.of(why) or 'the token shows why'}\n", 503)

    return router


def _status(live: Live) -> APIRouter:
    router = APIRouter(tags=["status"])

    @router.get("/status", summary="How all syncs stand")
    def status(seen: Seen) -> StatusView:
        return telling.status(live, seen, datetime.now(UTC))

    @router.get("/requests/{number}", summary="What became of a request to run a sync")
    def request(number: Number, seen: Seen) -> RequestView:
        found = live.ledger.desk.request(number)
        if found is None:
            raise Refused(404, f"there is no request {number}")
        return telling.request(found, seen)

    return router


def _runs(live: Live) -> APIRouter:
    router = APIRouter(tags=["runs"])

    @router.get("/runs", summary="Runs, the newest first")
    def runs(
        seen: Seen, sync: SyncName | None = None, limit: Limit = 50, before: Before = None
    ) -> RunsView:
        chronicle = live.ledger.chronicle
        found = chronicle.runs(sync, before=before, limit=limit + 1)
        if not found and before is None and sync is not None and sync not in live.settings.syncs:
            raise Refused(404, "there is no such sync")
        page = found[:limit]
        return RunsView(
            names=seen.names,
            runs=[telling.run(one, seen) for one in page],
            before=page[-1].run if len(found) > limit else None,
        )

    @router.get("/runs/{number}", summary="A run and its changes, each before and after")
    def run(number: Number, seen: Seen, limit: Limit = 100, after: After = 0) -> RunDetailView:
        chronicle = live.ledger.chronicle
        found = chronicle.run(number)
        if found is None:
            raise Refused(404, f"there is no run {number}")
        lines = chronicle.lines_of(number, after=after, limit=limit + 1)
        page = lines[:limit]
        return RunDetailView(
            names=seen.names,
            run=telling.run(found, seen),
            changes=[telling.change(line, seen) for line in page],
            after=page[-1].line if len(lines) > limit else None,
        )

    return router


def _scrape(metrics: Metrics) -> Callable[[Request], Response]:
    def scrape(request: Request) -> Response:
        accept = request.headers.get("accept", "")
        content_type = metrics.content_type(accept)
        return Response(metrics.render(accept), headers={"content-type": content_type})

    return scrape
