"""The pages for people: what an administrator looks at each morning, drawn on the server."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.resources import files
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from syncd.daemon.live import Live
from syncd.daemon.status import overview, rendering, waiting
from syncd.daemon.status.health import states
from syncd.daemon.status.lately import Lately
from syncd.daemon.status.people import Search
from syncd.errors import LedgerError

Clock = Callable[[], datetime]

_ASSETS = {
    "style.css": "text/css; charset=utf-8",
    "refresh.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_RUNS = 50
_LINES = 100
_FAILED = 20

Number = Annotated[int | None, Query(ge=0, le=2**53)]
Offset = Annotated[int, Query(ge=0, le=10**9)]
_NUMBER = re.compile("[0-9]{1,15}")


def page_router(live: Live, clock: Clock = lambda: datetime.now(UTC)) -> APIRouter:
    """`/` and all below `/ui`. The guard must have set `request.state.sees_names`."""
    pages = _Pages(live, clock)
    router = APIRouter(include_in_schema=False)
    paths: dict[str, Callable[..., HTMLResponse]] = {
        "/": pages.overview,
        "/ui/runs": pages.runs,
        "/ui/runs/{number}": pages.run,
        "/ui/syncs/{name:path}": pages.sync,
        "/ui/plans/{digest}": pages.plan,
        "/ui/people": pages.people,
        "/ui/session": pages.session,
    }
    for path, endpoint in paths.items():
        router.add_api_route(path, endpoint, methods=["GET"], response_class=HTMLResponse)
    router.add_api_route("/ui/assets/{name}", _asset, methods=["GET"])
    return router


class _Pages:
    """One method a page; each is called in a thread of its own."""

    def __init__(self, live: Live, clock: Clock) -> None:
        self._live, self._clock = live, clock
        self._lately, self._search = Lately(live), Search(live)

    def overview(self, request: Request) -> HTMLResponse:
        def told(now: datetime) -> dict[str, object]:
            return overview.told(self._live, self._lately, now)

        return self._answer(request, "overview.html", told)

    def sync(self, request: Request, name: str) -> HTMLResponse:
        def told(now: datetime) -> dict[str, object] | None:
            found = [one for one in states(self._live, now) if one.name == name]
            if not found:
                return None
            return overview.of_sync(self._live, self._lately, found[0], now)

        return self._answer(request, "sync.html", told)

    def runs(
        self, request: Request, sync: str = "", before: Number = None, *, every: bool = False
    ) -> HTMLResponse:
        def told(_now: datetime) -> dict[str, object]:
            found = self._live.ledger.chronicle.runs(
                _text(sync) or None, before=before, eventful=not every, limit=_RUNS + 1
            )
            more = len(found) > _RUNS
            return {
                "runs": found[:_RUNS],
                "of": sync,
                "before": before,
                "every": every,
                "next": found[_RUNS - 1].run if more else None,
            }

        return self._answer(request, "runs.html", told)

    def run(self, request: Request, number: str, after: Number = None) -> HTMLResponse:
        def told(_now: datetime) -> dict[str, object] | None:
            chronicle = self._live.ledger.chronicle
            run = chronicle.run(int(number)) if _NUMBER.fullmatch(number) else None
            if run is None:
                return None
            lines = chronicle.lines_of(run.run, after=after or 0, limit=_LINES + 1)
            more = len(lines) > _LINES
            return {
                "run": run,
                "lines": lines[:_LINES],
                "after": after,
                "next": lines[_LINES - 1].line if more else None,
                "failed": chronicle.failed_of(run.run, _FAILED) if run.failed and more else [],
            }

        return self._answer(request, "run.html", told)

    def plan(
        self, request: Request, digest: str, section: str = "", offset: Offset = 0
    ) -> HTMLResponse:
        def told(now: datetime) -> dict[str, object] | None:
            desk = self._live.ledger.desk
            plan = waiting.find(desk, digest)
            if plan is None:
                return None
            standing = desk.standing(plan.sync)
            names = rendering.sees_names(request)
            return {
                "plan": plan,
                "newest": standing is not None and standing.digest == plan.digest,
                "reasons": waiting.reasons(desk, plan.digest, now, self._live.settings),
                "sections": waiting.sections(desk, plan, section, offset) if names else [],
                "only": section,
            }

        return self._answer(request, "plan.html", told)

    def people(self, request: Request, q: str = "", sync: str = "") -> HTMLResponse:
        def told(now: datetime) -> dict[str, object]:
            names = rendering.sees_names(request)
            return {
                "people": self._search.among(_text(q), sync, now) if names else None,
                "of": sync,
            }

        return self._answer(request, "people.html", told)

    def session(self, request: Request, *, wrong: bool = False) -> HTMLResponse:
        return self._answer(request, "session.html", lambda _now: {"wrong": wrong})

    def _answer(
        self,
        request: Request,
        template: str,
        told: Callable[[datetime], dict[str, object] | None],
    ) -> HTMLResponse:
        """What is told of nobody is not found; a ledger that cannot be read is said."""
        now, status, what = self._clock(), 200, None
        fixed = {"token_is_set": self._live.settings.status.token is not None}
        try:
            what = told(now)
        except LedgerError as error:
            why = str(error) if rendering.sees_names(request) else ""
            status, template, what = 503, "trouble.html", {"why": why}
        if what is None:
            status, template, what = 404, "missing.html", {}
        return rendering.answer(request, template, status, now, **fixed, **what)


def _text(given: str) -> str:
    """PostgreSQL knows no text with a NUL in it, and so nobody is called so."""
    return given.replace("\0", "")


def _asset(name: str) -> Response:
    if name not in _ASSETS:
        return Response(status_code=404)
    octets = files("syncd.daemon.status").joinpath(name).read_bytes()
    return Response(octets, media_type=_ASSETS[name])
