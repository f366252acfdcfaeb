"""The OpenAPI document: what FastAPI makes of the routes, with our errors and tokens."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from syncd.daemon.status.problems import MEDIA_TYPE
from syncd.daemon.status.views import Problem

_PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}

ANSWERS: dict[int | str, dict[str, Any]] = {
    401: {"description": "A token was shown that is none", "content": _PROBLEM},
    "default": {"description": "What went wrong (RFC 9457)", "content": _PROBLEM},
}
"""Of every route."""

TEXT: dict[str, Any] = {"content": {"text/plain": {"schema": {"type": "string"}}}}

_SCHEMES = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "status.token: shows names of people",
    },
    "action_token": {
        "type": "http",
        "scheme": "bearer",
        "description": "status.action_token: lets act",
    },
}

_TO_READ: list[dict[str, list[str]]] = [{}, {"token": []}]
_TO_ACT: list[dict[str, list[str]]] = [{"action_token": []}]


def document(app: FastAPI) -> dict[str, Any]:
    """Made once; the routes do not change."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            description=app.description,
            routes=app.routes,
        )
        parts = made.setdefault("components", {})
        parts.setdefault("schemas", {})["Problem"] = Problem.model_json_schema()
        parts["securitySchemes"] = _SCHEMES
        for operations in made["paths"].values():
            for method, operation in operations.items():
                operation["security"] = _TO_READ if method == "get" else _TO_ACT
        app.openapi_schema = made
    return app.openapi_schema
