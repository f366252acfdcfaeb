"""Problem details (RFC 9457): how every error is answered, without a word of where it happened."""

import logging
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import Scope

from syncd.errors import LedgerError

MEDIA_TYPE = "application/problem+json"

TOLD = "told"
"""In a request's state: whether the log has the error that it ended in."""

_LOG = logging.getLogger("syncd.status")
_CHALLENGE = {"www-authenticate": 'Bearer realm="syncd"'}


class Refused(HTTPException):
    """A request is answered by a problem with these words."""

    def __init__(self, status: int, words: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, words, headers)


def problem(
    status: int, words: str = "", headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    title = HTTPStatus(status).phrase
    content = {"type": "about:blank", "title": title, "status": status, "detail": words, **more}
    challenge = _CHALLENGE if status == HTTPStatus.UNAUTHORIZED else {}
    return JSONResponse(content, status, {**challenge, **(headers or {})}, MEDIA_TYPE)


def unexpected(scope: Scope, error: BaseException) -> JSONResponse:
    """The log has the error under an id, and the caller the id alone."""
    name = secrets.token_hex(6)
    scope["state"][TOLD] = True
    place = scope["path"].split("/")[1][:20]  # what follows may be somebody's name
    _LOG.error("unexpected error %s at /%s", name, place, exc_info=error)
    return problem(500, f"unexpected: see the daemon's log for {name}", id=name)


def answer_by_problems(app: FastAPI) -> None:
    """All that goes wrong in the application."""
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(LedgerError, _no_ledger)
    app.add_exception_handler(Exception, _unexpected)


async def _refused(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    words = error.detail if error.detail != HTTPStatus(error.status_code).phrase else ""
    return problem(error.status_code, words, error.headers)


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    """Says where and what is wrong, and repeats nothing of what was sent."""
    if not isinstance(error, RequestValidationError):
        raise error
    errors = [{"where": _place(one["loc"]), "what": one["msg"]} for one in error.errors()]
    return problem(422, "; ".join(f"{one['where']}: {one['what']}" for one in errors))


def _place(path: tuple[str | int, ...]) -> str:
    return ".".join(map(str, path))


async def _no_ledger(request: Request, error: Exception) -> JSONResponse:
    words = f": {error}" if request.state.sees_names else ""
    return problem(503, f"the ledger cannot be used now{words}", {"retry-after": "10"})


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    return unexpected(request.scope, error)
