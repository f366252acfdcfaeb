"""Errors: XML, for calls in JSON too (ErrorHandling), but where a page shows JSON."""

from xml.sax.saxutils import escape

from tests.servers.huddle.store import DATA
from tests.servers.web import Answer, Answered, Request, answer

_XML = """<?xml version="1.0" encoding="utf-8"?>
<ErrorResult><StatusCode>{}</StatusCode><ErrorMessages>{}</ErrorMessages><ErrorCode>{}</ErrorCode></ErrorResult>"""


def result(status: int, code: str, *messages: str, **headers: str) -> Answer:
    told = "".join(f"<Message>{escape(one)}</Message>" for one in messages)
    body = _XML.format(status, told, code).encode()
    return answer(status, body, "application/vnd.huddle.error+xml", **headers)


def fail(status: int, code: str, *messages: str, **headers: str) -> Answered:
    """To raise."""
    return Answered(result(status, code, *messages, **headers))


def not_found(what: str) -> Answered:
    return fail(404, "ObjectNotFound", f"The {what} could not be found")


def forbidden(message: str) -> Answered:
    return fail(403, "Authorization", message)


def data(body: object, status: int = 200, **headers: str) -> Answer:
    return answer(status, body, DATA, **headers)


def field_errors(path: str, found: dict[str, str]) -> Answered:
    """To raise: an object for each field, whose name is a key (Users, "Updating User Profile")."""
    errors = [{field: "self", "message": message} for field, message in found.items()]
    return Answered(data({"errors": errors}, 400, Content_Location=path))


def body(request: Request) -> dict[str, object]:
    try:
        made = request.json()
    except ValueError:
        made = None
    if not isinstance(made, dict):
        raise fail(400, "BadRequest", "The request could not be read")
    return made
