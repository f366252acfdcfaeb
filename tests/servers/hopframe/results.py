"""What comes out: ASP.NET's own problems, and the library's bare words."""

import json
from collections.abc import Sequence

from tests.servers.web import Answer, Answered, Request, answer

_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    415: "Unsupported Media Type",
}
Sent = dict[str, object]


def ok(body: object = None) -> Answer:
    return answer(200, body, "application/json; charset=utf-8")


def problem(status: int, **more: object) -> Answer:
    told = {"title": _TITLES[status], "status": status, "traceId": "00-0", **more}
    return answer(status, told, "application/problem+json; charset=utf-8")


def said(request: Request, status: int, words: str) -> Answer:
    """ObjectResult of a string: JSON for who accepts nothing else, and plain text for others."""
    accept = request.headers.get("accept", "*/*")
    if "json" in accept and "*/*" not in accept:
        return answer(status, words, "application/json; charset=utf-8")
    return answer(status, words.encode(), "text/plain; charset=utf-8")


def fell() -> Answered:
    """To raise: an exception that nobody caught. In production it has no words."""
    return Answered(answer(500))


def invalid(errors: dict[str, list[str]]) -> Answered:
    """To raise: what [ApiController] says of a model before any of the library's code runs."""
    title = "One or more validation errors occurred."
    return Answered(problem(400, title=title, errors=errors))


def body(request: Request) -> Sent:
    """Names without case, as the standard deserializer takes them."""
    if request.kind != "application/json":
        raise Answered(problem(415))
    try:
        made = request.json()
    except ValueError:
        made = None
    if not isinstance(made, dict):
        raise invalid({"$": ["The JSON value could not be converted."]})
    return lower(made)


def lower(value: object) -> Sent:
    made = json.loads(json.dumps(value))
    return {name.lower(): inner for name, inner in made.items()} if isinstance(made, dict) else {}


def texts(sent: Sent, names: Sequence[str]) -> None:
    """A number where a text is wanted cannot be converted, and the other way round."""
    wrong = [name for name in names if not isinstance(sent.get(name), str | None)]
    if wrong:
        raise invalid({f"$.{name}": ["The JSON value could not be converted."] for name in wrong})


def limits(sent: Sent, required: dict[str, int], optional: dict[str, int]) -> dict[str, list[str]]:
    """By [Required] and [MaxLength] of a model."""
    errors = {}
    for name, most in (required | optional).items():
        value = sent.get(name)
        if name in required and not str(value or "").strip():
            errors[name.capitalize()] = [f"The {name.capitalize()} field is required."]
        elif isinstance(value, str) and len(value) > most:
            told = (
                f"The field {name.capitalize()} must be a string with a maximum length of {most}."
            )
            errors[name.capitalize()] = [told]
    return errors
