"""How syncd logs in (components/BaseController.php, controllers/auth/AuthController.php)."""

import base64
import binascii
from pathlib import Path

import msgspec
from msgspec import Struct

from syncd.backends.http import Dialect, Session, Token, Tokens, basic
from syncd.backends.humhub.config import HumHubConfig, HumHubLogin
from syncd.errors import Denied


class LoggedIn(Struct):
    """The answer to /auth/login. `expired_at` is left out: its clock is the server's."""

    auth_token: str


class Claims(Struct):
    """What a JWT says of its life (RFC 7519, sections 4.1.4 and 4.1.6)."""

    iat: float | None = None
    exp: float | None = None


def log_in(session: Session, config: HumHubConfig, base: Path) -> None:
    """All calls of the session log in so. Connects to nobody."""
    auth = config.auth
    if auth.token is not None:
        session.authorize(f"Bearer {auth.token.get_secret_value()}")
    elif auth.user is not None and auth.password is not None:
        if auth.basic:
            session.authorize(basic(auth.user, auth.password.get_secret_value()))
        else:
            session.authorize_by(_by_jwt(session, config, base))


def _by_jwt(session: Session, config: HumHubConfig, base: Path) -> Tokens:
    """400 is a wrong password, 401 an account that may not use the API, 404 that JWT is off.

    Nobody tries twice: after three failures HumHub lets nobody in for ten seconds, whatever the
    password (user/Module.php, failedLoginDelayTimes).
    """
    dialect = Dialect(means=dict.fromkeys((400, 401, 404), Denied))
    door = Session(f"{session.name}: log-in", config.server, dialect, base)
    who = _who(config.auth)
    door.learn(who["password"])

    def acquire() -> Token:
        told = door.post("/api/v1/auth/login", body=who).json(LoggedIn)
        session.learn(told.auth_token)
        return Token(told.auth_token, lifetime(told.auth_token))

    return Tokens(acquire, close=door.close)


def _who(auth: HumHubLogin) -> dict[str, str]:
    password = auth.password.get_secret_value() if auth.password else ""
    return {"username": auth.user or "", "password": password}


def lifetime(token: str) -> float | None:
    """Seconds from when it was made to its end, both by the server's clock; None is for ever.

    HumHub's tokens do not end unless an administrator says so (jwtExpire is 0).
    """
    payload = token.split(".")[1:2]
    try:
        octets = base64.urlsafe_b64decode("".join(payload) + "==")
        claims = msgspec.json.decode(octets, type=Claims)
    except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError):
        return None
    if claims.iat is None or claims.exp is None or claims.exp <= claims.iat:
        return None
    return claims.exp - claims.iat
