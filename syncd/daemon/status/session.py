"""Logging in by a form: the token opens a session, whose cookie shows names to a browser."""

import time
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from syncd.daemon.live import Live
from syncd.daemon.status.callers import COOKIE, SESSION_SECONDS, session
from syncd.daemon.status.door import Door
from syncd.daemon.status.problems import Refused

_FORM = "application/x-www-form-urlencoded"


def session_router(live: Live, door: Door) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.post("/session")
    async def begin(request: Request) -> Response:
        _check_origin(request)
        token = await _field(request, "token")
        if not await door.knows(request.scope, token):
            return RedirectResponse("/ui/session?wrong=1", 303)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(
            COOKIE,
            session(live.settings.status, time.time()),
            max_age=SESSION_SECONDS,
            secure=_by_https(request),
            httponly=True,
            samesite="strict",
        )
        return answer

    @router.post("/session/end")
    async def end(request: Request) -> Response:
        _check_origin(request)
        answer = RedirectResponse("/", 303)
        answer.delete_cookie(COOKIE, secure=_by_https(request), httponly=True, samesite="strict")
        return answer

    return router


async def _field(request: Request, name: str) -> str:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _FORM:
        raise Refused(415, f"this is a form's: {_FORM}")
    try:
        given = parse_qs((await request.body()).decode("ascii"), max_num_fields=10)
    except ValueError:
        raise Refused(400, "this is no form") from None
    return given.get(name, [""])[0].strip()


def _check_origin(request: Request) -> None:
    """Another site's form is not for us. A browser that is told to send no referrer calls its own
    site's origin null (https://fetch.spec.whatwg.org/#append-a-request-origin-header)."""
    site = request.headers.get("sec-fetch-site", "none")
    origin = request.headers.get("origin", "null")
    of_host = origin.partition("://")[2] == request.headers.get("host", "")
    if site not in {"same-origin", "none"} or not (origin == "null" or of_host):
        raise Refused(403, "this form is of another site")


def _by_https(request: Request) -> bool:
    """As a proxy says that took the request. Who lies about it harms only their own cookie."""
    said = request.headers.get("x-forwarded-proto", request.url.scheme)
    return said.rpartition(",")[2].strip().lower() == "https"
