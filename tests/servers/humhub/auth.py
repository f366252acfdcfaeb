"""Who calls (components/BaseController.php, controllers/auth/AuthController.php)."""

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING

from tests.servers.humhub import store
from tests.servers.humhub.store import ENABLED, User
from tests.servers.web import Answer, Answered, Request, Routes, answer

if TYPE_CHECKING:
    from tests.servers.humhub.server import HumHub

ROUTES = Routes("/api/v1")
LOGIN = "/api/v1/auth/login"
_KEY = b"jwt-key"


def thrown(status: int, name: str, message: str) -> Answer:
    """An exception, in Yii's shape."""
    return answer(status, {"name": name, "message": message, "code": 0, "status": status})


def told(status: int, message: str, **more: object) -> Answer:
    """What a controller says by itself, in the module's shape."""
    return answer(status, {"code": status, "message": message, **more})


def body(request: Request) -> dict[str, object]:
    """What Yii makes of a body: nothing, unless it is said to be JSON."""
    if request.kind != "application/json" or not request.body:
        return {}
    try:
        made = request.json()
    except ValueError:
        message = "Invalid JSON data in request body: Syntax error."
        raise Answered(thrown(400, "Bad Request", message)) from None
    return made if isinstance(made, dict) else {}


def admit(hub: "HumHub", request: Request) -> None:
    if request.path == LOGIN:
        return
    caller = _caller(hub, request)
    if caller is None:
        message = "Your request was made with invalid credentials."
        raise Answered(thrown(401, "Unauthorized", message))
    if caller.status != ENABLED:  # ControllerAccess: disabled and unapproved users
        raise Answered(thrown(401, "Unauthorized", "Your user account is inactive!"))
    if caller.must_change_password:
        raise Answered(thrown(403, "Forbidden", "You must change password."))
    if hub.maintenance and not hub.is_admin(caller):
        raise Answered(thrown(403, "Forbidden", "Maintenance mode is active."))
    caller.last_login = hub.stamp()  # every call is a login (user/components/User.php)
    request.caller = caller


def need(hub: "HumHub", request: Request, permission: str) -> User:
    """The caller, who has that permission."""
    caller = request.caller
    assert isinstance(caller, User)
    if not hub.is_admin(caller) and permission not in hub.permissions.get(caller.id, ()):
        message = "You are not permitted to access this section."
        raise Answered(thrown(403, "Forbidden", message))
    return caller


def _caller(hub: "HumHub", request: Request) -> User | None:
    """JWT, bearer token, `access-token`, basic and impersonation, in this order."""
    if (sent := request.token("Bearer")) is not None:
        return (hub.jwt and _by_jwt(hub, sent)) or (hub.bearer and _by_token(hub, sent)) or None
    if "access-token" in request.query:
        return (hub.bearer and _by_token(hub, request.query["access-token"])) or None
    if hub.basic and (pair := request.basic()):
        found = log_in(hub, *pair)
        return found if found and _enabled(hub, found) else None
    if (sent := request.token("Impersonate")) in hub.impersonations:
        number, until = hub.impersonations[sent]
        return hub.users.get(number) if until > hub.now() else None
    return None


def _by_token(hub: "HumHub", sent: str) -> User | None:
    return hub.users.get(hub.tokens.get(sent, 0))


def _by_jwt(hub: "HumHub", sent: str) -> User | None:
    """Of active users only."""
    head, _, signature = sent.rpartition(".")
    if not hmac.compare_digest(_signed(head), signature):
        return None
    claims = json.loads(base64.urlsafe_b64decode(head.partition(".")[2] + "=="))
    user = hub.users.get(claims["uid"])
    late = "exp" in claims and claims["exp"] < hub.now()
    return None if late or user is None or user.status != ENABLED else user


def _enabled(hub: "HumHub", user: User) -> bool:
    return hub.enabled_users is None or user.id in hub.enabled_users


def log_in(hub: "HumHub", name: str, password: str) -> User | None:
    """By user name or e-mail. After failures nobody gets in for a while (BaseFormAuth.php)."""
    wanted = name.casefold()
    user = next(
        (
            one
            for one in hub.users.values()
            if wanted in (one.username.casefold(), (one.email or "").casefold())
        ),
        None,
    )
    if user is None or user.status != ENABLED:
        return None
    # failedLoginDelayTimes: 10 s after more than 2 failures, 20 s after more than 6.
    wait = 20 if user.failed_logins > 6 else 10 if user.failed_logins > 2 else 0
    if hub.now() < user.failed_at + wait:
        return None
    if user.password is None or user.password != password:
        user.failed_logins, user.failed_at = user.failed_logins + 1, hub.now()
        return None
    user.failed_logins = 0
    return user


@ROUTES.on("POST", "/auth/login")
def login(hub: "HumHub", request: Request) -> Answer:
    if not hub.jwt:
        return told(404, "JWT authentication is disabled!")
    sent = body(request)
    user = log_in(hub, str(sent.get("username")), str(sent.get("password")))
    if user is None:
        return told(400, "Wrong username or password")
    if not _enabled(hub, user):
        return told(401, "Invalid user!")
    now = int(hub.now())
    claims = {"iat": now, "iss": hub.url, "nbf": now, "uid": user.id, "email": user.email}
    if hub.jwt_seconds:
        claims["exp"] = now + hub.jwt_seconds
    # An integer, and 0 for "never", whatever auth.yaml says.
    return told(200, "Success", auth_token=jwt(claims), expired_at=claims.get("exp", 0))


def jwt(claims: dict[str, object]) -> str:
    parts = ({"typ": "JWT", "alg": "HS512"}, claims)
    head = ".".join(_octets(json.dumps(part).encode()) for part in parts)
    return f"{head}.{_signed(head)}"


def _signed(head: str) -> str:
    return _octets(hmac.digest(_KEY, head.encode(), hashlib.sha512))


def _octets(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


@ROUTES.on("GET", "/auth/current")
def current(hub: "HumHub", request: Request) -> Answer:
    return answer(200, store.full(request.caller, hub.url, hub.version))


@ROUTES.on("POST", "/auth/impersonate")
def impersonate(hub: "HumHub", request: Request) -> Answer:
    if not hub.is_admin(request.caller):
        return thrown(403, "Forbidden", "Forbidden")
    user = hub.users.get(body(request).get("userId"))
    if user is None:
        return thrown(404, "Not Found", "Not Found")
    token, until = f"impersonated-{user.guid}", hub.now() + 1800
    hub.impersonations[token] = (user.id, until)
    return answer(200, {"token": token, "expires": int(until)})
