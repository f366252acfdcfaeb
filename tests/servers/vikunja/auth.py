"""Login and tokens (routes/login.go, echo's middleware/jwt.go)."""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.servers.vikunja.store import User
from tests.servers.web import Answer, Answered, Request, Routes, answer

if TYPE_CHECKING:
    from tests.servers.vikunja.server import Vikunja

ROUTES = Routes("/api/v1")
FORM = "application/x-www-form-urlencoded"
HOLDS = 72 * 3600
_SECRET = b"service.JWTSecret"


@dataclass(frozen=True)
class Doer:
    """Who calls, as their token has it: whatever became of them since."""

    id: int
    admin: bool


def message(status: int, text: str) -> Answer:
    return answer(status, {"message": text}, "application/json; charset=UTF-8")


def admit(vikunja: "Vikunja", request: Request) -> None:
    if request.path == "/api/v1/login":
        return
    told = request.headers.get("authorization", "")
    # A token that is missing is not a 401: echo takes it for a bad request.
    if not told.startswith("Bearer "):
        raise Answered(message(400, "Missing or invalid jwt in the request header"))
    claims = _claims(told.removeprefix("Bearer "))
    if claims is None or claims["exp"] < vikunja.now():
        raise Answered(message(401, "Unauthorized"))
    request.caller = Doer(claims["id"], claims["admin"])


def only_admins(request: Request) -> None:
    """All of these routes need admin authentication, says the page, and not what else happens."""
    if not request.caller.admin:
        raise Answered(message(401, "Unauthorized"))


@ROUTES.on("POST", "/login")
def login(vikunja: "Vikunja", request: Request) -> Answer:
    sent = _credentials(request)
    if sent is None:
        return message(400, "Please provide a username and password.")
    wanted = str(sent.get("username", "")).casefold()
    user = next((one for one in vikunja.users.values() if one.username.casefold() == wanted), None)
    if user is None:
        return message(401, "Wrong username or password.")
    if not user.knows(str(sent.get("password", ""))):
        return vikunja.hashed(message(401, "Wrong username or password."))
    return vikunja.hashed(answer(200, {"token": token(user, vikunja.now())}))


@ROUTES.on("POST", "/tokenTest")
def token_test(_vikunja: "Vikunja", _request: Request) -> Answer:
    return message(418, "🍵")


def _credentials(request: Request) -> dict[str, object] | None:
    if request.kind == FORM:
        return dict(request.form())
    try:
        made = request.json() if request.kind == "application/json" else None
    except ValueError:
        return None
    return made if isinstance(made, dict) else None


def token(user: User, now: float) -> str:
    """`admin` is in it, so that a right that is taken away lasts up to three days."""
    claims = {
        "name": user.name,
        "username": user.username,
        "email": user.email,
        "id": user.id,
        "admin": user.is_admin,
        "exp": int(now + HOLDS),
        "avatar": hashlib.md5(user.email.encode()).hexdigest(),
    }
    parts = ({"alg": "HS256", "typ": "JWT"}, claims)
    head = ".".join(_octets(json.dumps(part).encode()) for part in parts)
    return f"{head}.{_signed(head)}"


def _claims(sent: str) -> dict[str, object] | None:
    head, _, signature = sent.rpartition(".")
    if not hmac.compare_digest(_signed(head).encode(), signature.encode()):
        return None
    try:
        return json.loads(base64.urlsafe_b64decode(head.partition(".")[2] + "=="))
    except (binascii.Error, ValueError):
        return None


def _signed(head: str) -> str:
    return _octets(hmac.digest(_SECRET, head.encode(), hashlib.sha256))


def _octets(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")
