"""Who calls (docs/api/apiv3/openapi-spec.yml, lib/api/root_api.rb)."""

import secrets
from typing import TYPE_CHECKING

from tests.servers.openproject.errors import fail
from tests.servers.openproject.store import User
from tests.servers.web import Answer, Answered, Request, Routes, answer

if TYPE_CHECKING:
    from tests.servers.openproject.server import OpenProject

ROUTES = Routes()
_JSON = ("application/json", "application/hal+json")


def caller(project: "OpenProject", request: Request) -> User:
    """Who brings nothing is anonymous, and no error, unless the instance asks for a login."""
    sent = request.headers.get("authorization")
    user = project.anonymous if sent is None else _who(project, request)
    if user is None or (user is project.anonymous and project.login_required):
        scheme = 'Bearer realm="OpenProject API"' if request.token("Bearer") else "Basic"
        message = "You need to be authenticated to access this resource."
        raise fail(401, "Unauthenticated", message, WWW_Authenticate=scheme)
    return user


def _who(project: "OpenProject", request: Request) -> User | None:
    number: int | None = None
    if (token := request.token("Bearer")) is not None:
        number, until = project.tokens.get(token, (0, 0.0))
        if until < project.now():
            return None
        if number is None:  # the application is bound to nobody
            return project.anonymous
    elif project.basic and (pair := request.basic()) and pair[0] == "apikey":
        number = project.keys.get(pair[1])
    user = project.users.get(number or 0)
    return user if user and user.status == "active" else None


def enforce_content_type(request: Request) -> None:
    """Of everything but a GET, with a body or without one (enforce_content_type)."""
    if request.method == "GET":
        return
    if not request.kind:
        raise Answered(answer(406, b"Missing content-type header", "text/plain"))
    if request.kind not in _JSON:
        told = f"Expected CONTENT-TYPE to be {' '.join(_JSON)} but got {request.kind}."
        raise fail(415, "TypeNotSupported", told)


def body(request: Request) -> dict[str, object]:
    try:
        made = request.json() if request.body else None
    except ValueError:
        told = "The request could not be parsed as JSON."
        raise fail(400, "InvalidRequestBody", told) from None
    if not isinstance(made, dict):
        raise fail(400, "InvalidRequestBody", "The request body was not a single JSON object.")
    return made


@ROUTES.on("POST", "/oauth/token")
def token(project: "OpenProject", request: Request) -> Answer:
    """RFC 6749, section 4.4; the client stands in the form or in basic credentials."""
    form = request.form()
    pair = request.basic() or (form.get("client_id", ""), form.get("client_secret", ""))
    secret, user = project.applications.get(pair[0], ("", None))
    if not secret or secret != pair[1]:
        return _refused(401, "invalid_client")
    if form.get("grant_type") != "client_credentials":
        return _refused(400, "unsupported_grant_type")
    if form.get("scope", "api_v3") != "api_v3":
        return _refused(400, "invalid_scope")
    made = secrets.token_urlsafe(24)
    project.tokens[made] = (user, project.now() + project.token_seconds)
    told = {"access_token": made, "token_type": "Bearer", "expires_in": project.token_seconds}
    return answer(200, {**told, "scope": "api_v3", "created_at": int(project.now())})


def _refused(status: int, error: str) -> Answer:
    told = {"error": error, "error_description": "Client authentication failed."}
    return answer(status, told, WWW_Authenticate=f'Bearer realm="Doorkeeper", error="{error}"')
