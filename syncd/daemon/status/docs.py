"""/openapi.json, and the same for people at /docs: plain HTML, made here, without scripts."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from fastapi import APIRouter
from jinja2 import Environment
from starlette.responses import HTMLResponse, JSONResponse, Response

Document = Callable[[], Mapping[str, Any]]


class Operation(NamedTuple):
    method: str
    path: str
    said: Mapping[str, Any]


def docs_router(document: Document) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/openapi.json")
    async def openapi() -> JSONResponse:
        return JSONResponse(document())

    @router.get("/docs")
    async def docs() -> HTMLResponse:
        made = document()
        return HTMLResponse(
            _template().render(
                info=made["info"],
                operations=list(_operations(made)),
                schemas=made["components"]["schemas"],
                security=made["components"]["securitySchemes"],
            )
        )

    @router.get("/docs/style.css")
    async def style() -> Response:
        return Response(_read("docs.css"), media_type="text/css")

    return router


def _operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    for path, operations in document["paths"].items():
        for method, said in operations.items():
            yield Operation(method.upper(), path, said)


def kind(schema: Mapping[str, Any]) -> str:
    """A schema in few words: `text`, `list of RunView`, `integer or null`."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {kind(schema.get('items', {}))}"
    if isinstance(values := schema.get("additionalProperties"), Mapping):
        return f"mapping to {kind(values)}"
    name = schema.get("format") or schema.get("type")
    return _WORDS.get(str(name), str(name or "anything"))


_WORDS = {"date-time": "time", "string": "text", "object": "mapping"}


@cache
def _template() -> Any:
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["kind"] = kind
    return environment.from_string(_read("docs.html"))


def _read(name: str) -> str:
    return files("syncd.daemon.status").joinpath(name).read_text(encoding="utf-8")
