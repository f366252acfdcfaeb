"""Tokens (OAuth Integration), and who may do what."""

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.servers.huddle.errors import fail, forbidden
from tests.servers.huddle.store import Client, User
from tests.servers.web import Answer, Request, Routes, answer

if TYPE_CHECKING:
    from tests.servers.huddle.server import Huddle

ROUTES = Routes()
YEAR = 365 * 24 * 3600
_ERRORS = "https://login.huddle.net/docs"


@dataclass(frozen=True)
class Actor:
    name: str
    client: Client
    user: User | None


@ROUTES.on("POST", "/token")
def token(huddle: "Huddle", request: Request) -> Answer:
    form = request.form()
    name = form.get("client_id", "")
    client = huddle.clients.get(name)
    if client is None or form.get("client_secret", client.secret) != client.secret:
        return _refused(400, "invalid_client", "The client identifier provided is invalid")
    if client.disabled:
        told = "This app has been disabled by your company. Contact your Huddle admin for help."
        return _refused(403, "unauthorized_client", told)
    kind = form.get("grant_type")
    if kind == "client_credentials" and "client_secret" in form:
        return _issued(huddle, name, huddle.token_seconds)
    if kind == "refresh_token":
        owner, until = huddle.grants.get(form.get("refresh_token", ""), ("", 0.0))
        if owner != name or until < huddle.now():
            return _refused(400, "invalid_grant", "The authorisation grant was revoked")
        return _issued(huddle, name, 300, refresh_token=form["refresh_token"])
    return _refused(400, "unsupported_grant_type", "The access grant included is not supported")


def _issued(huddle: "Huddle", name: str, seconds: int, **more: str) -> Answer:
    """With client credentials there is no refresh token: one asks again."""
    made = secrets.token_urlsafe(20)
    huddle.tokens[made] = (name, huddle.now() + seconds)
    told = {"access_token": made, "expires_in": seconds, **more}
    return answer(200, told, Cache_Control="no-store")


def _refused(status: int, error: str, told: str) -> Answer:
    uri = f"{_ERRORS}/error#TokenRequest{error.title().replace('_', '')}"
    body = {"error": error, "error_description": told, "error_uri": uri}
    return answer(status, body, Cache_Control="no-store")


def admit(huddle: "Huddle", request: Request) -> None:
    name, until = huddle.tokens.get(_sent(huddle, request), ("", 0.0))
    client = huddle.clients.get(name)
    if client is None or until < huddle.now():
        told = f"OAuth2 realm='huddle', error_uri=\"{_ERRORS}/client-error#TokenExpired\""
        raise fail(401, "Authentication", WWW_Authenticate=f'{told}, error="invalid_token"')
    user = huddle.users.get(client.user or 0)
    request.caller = Actor(name, client, user)
    huddle.count_call(name)
    if user is not None and not user.active:
        raise fail(403, "AccountStatus", "Account suspended")


def _sent(huddle: "Huddle", request: Request) -> str:
    """In the header, or in the query; both, or a header of another form, is a 400."""
    scheme, _, found = request.headers.get("authorization", "").partition(" ")
    by_query = request.query.get("oauth_token")
    if (scheme and (scheme not in huddle.schemes or not found)) or (scheme and by_query):
        told = "OAuth2 realm='huddle', error=\"invalid_request\""
        raise fail(400, "BadRequest", "The request is malformed", WWW_Authenticate=told)
    return found or by_query or ""


def manages(huddle: "Huddle", request: Request, company: int) -> bool:
    actor = request.caller
    return actor.client.staff or any(
        one.company == company and one.manager and actor.user and one.user == actor.user.id
        for one in huddle.members.values()
    )


def need_manager(huddle: "Huddle", request: Request, company: int) -> None:
    if not manages(huddle, request, company):
        raise forbidden("Actor does not have company manager permissions")
