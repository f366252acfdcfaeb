"""Login and tokens (AuthLogic.cs, HopFrameAuthentication.cs, docs/authentication.md)."""

import uuid
from typing import TYPE_CHECKING

from tests.servers.hopframe import permissions
from tests.servers.hopframe.results import body, fell, problem, said
from tests.servers.hopframe.store import Token, User, guid
from tests.servers.web import Answer, Answered, Request, Routes, answer

if TYPE_CHECKING:
    from tests.servers.hopframe.server import HopFrame

ROUTES = Routes("/api/v1/auth")
ACCESS, REFRESH = "HopFrame.Security.AccessToken", "HopFrame.Security.RefreshToken"
HEADER = "hopframe.authentication"


def admit(hop: "HopFrame", request: Request) -> None:
    if request.path in ("/api/v1/auth/login", "/api/v1/auth/authenticate"):
        return
    # A cookie is taken before any header: an old one in a jar hides a new token.
    sent = (
        request.cookies.get(ACCESS)
        or request.headers.get(HEADER)
        or request.headers.get("token")
        or request.query.get("token")
    )
    token = hop.tokens.get(guid(sent) or "")
    if token is None or token.owner not in hop.users:
        raise Answered(problem(401))
    if token.kind != "api" and token.created_at + hop.access_seconds < hop.now():
        raise Answered(problem(401))
    request.caller = token


def may(hop: "HopFrame", request: Request, permission: str) -> bool:
    """Read anew for each request. An API token has its own permissions, within its owner's."""
    token = request.caller
    owned = permissions.full(hop, [one.name for one in hop.users[token.owner].permissions])
    if token.kind == "api" and not permissions.includes(permission, token.permissions):
        return False
    return permissions.includes(permission, owned)


def need(hop: "HopFrame", request: Request, permission: str) -> None:
    """Who may not is unauthorized, as who is unknown is: a 403 does not exist here."""
    if not may(hop, request, f"hopframe.admin.{permission}"):
        raise Answered(problem(401))


def one_by(hop: "HopFrame", field: str, value: object) -> User | None:
    """SingleOrDefault: two are an exception, and nothing in the database forbids two."""
    found = [user for user in hop.users.values() if getattr(user, field) == value]
    if len(found) > 1:
        raise fell()
    return found[0] if found else None


@ROUTES.on("PUT", "/login")
def login(hop: "HopFrame", request: Request) -> Answer:
    sent = body(request)
    if not hop.default_authentication:
        return said(request, 400, "HopFrame authentication scheme is disabled")
    user = one_by(hop, "email", sent.get("email"))
    if user is None:
        return said(request, 404, "The provided email address was not found")
    if user.password != sent.get("password"):
        return said(request, 403, "The provided password is not correct")
    refresh, access = (issue(hop, kind, user) for kind in ("refresh", "access"))
    cookies = (
        _cookie(REFRESH, refresh, hop.refresh_seconds),
        _cookie(ACCESS, access, hop.access_seconds),
    )
    return answer(200, {"value": access}, Set_Cookie=cookies)


@ROUTES.on("GET", "/authenticate")
def authenticate(hop: "HopFrame", request: Request) -> Answer:
    """A new access token for the refresh token, which only a cookie brings."""
    if not hop.default_authentication:
        return said(request, 400, "HopFrame authentication scheme is disabled")
    sent = request.cookies.get(REFRESH)
    if not sent:
        return said(request, 400, "Refresh token not provided")
    token = hop.tokens.get(guid(sent) or "")
    if token is None or token.owner not in hop.users:
        return said(request, 404, "Refresh token not valid")
    if token.kind != "refresh":
        return said(request, 409, "The provided token is not a refresh token")
    if token.created_at + hop.refresh_seconds < hop.now():
        return said(request, 403, "Refresh token is expired")
    made = issue(hop, "access", hop.users[token.owner])
    return answer(200, {"value": made}, Set_Cookie=(_cookie(ACCESS, made, hop.access_seconds),))


def issue(hop: "HopFrame", kind: str, user: User, own: list[str] | None = None) -> str:
    made = str(uuid.uuid4())
    hop.tokens[made] = Token(kind, user.id, hop.now(), own or [])
    return made


def _cookie(name: str, value: str, seconds: int) -> str:
    """Secure: over plain HTTP a cookie jar does not bring it back."""
    return f"{name}={value}; max-age={seconds}; path=/; secure; httponly"
