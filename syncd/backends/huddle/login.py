"""How syncd logs in to Huddle (OAuth Integration)."""

from pathlib import Path
from urllib.parse import quote_plus, urlencode

from msgspec import Struct

from syncd.backends.http import Dialect, Session, Token, Tokens
from syncd.backends.huddle.config import HuddleLogin
from syncd.errors import Denied

_FORM = "application/x-www-form-urlencoded"


class Granted(Struct):
    """There is no refresh token with client credentials: one asks again."""

    access_token: str
    expires_in: float | None = None


def log_in(session: Session, auth: HuddleLogin, base: Path) -> None:
    """All calls of the session log in so. Connects to nobody."""
    if auth.token is not None:
        session.authorize(f"{auth.scheme} {auth.token.get_secret_value()}")
        return
    # 400 is a wrong id, secret or grant; 403 an application that the company has disabled.
    dialect = Dialect(media_type=_FORM, headers={"Accept": "application/json"}, means={400: Denied})
    door = Session(f"{session.name}: log-in", auth.token_url, dialect, base)
    form = _form(door, auth)

    def acquire() -> Token:
        # To ask twice costs a token that nobody uses.
        granted = door.post(auth.token_url.url, body=form, again=True).json(Granted)
        session.learn(granted.access_token)
        return Token(granted.access_token, granted.expires_in or None)

    session.authorize_by(Tokens(acquire, scheme=auth.scheme, close=door.close))


def _form(door: Session, auth: HuddleLogin) -> bytes:
    form = {"grant_type": "client_credentials", "client_id": auth.client_id or ""}
    if auth.refresh_token is not None:
        form |= {"grant_type": "refresh_token"}
        form["refresh_token"] = auth.refresh_token.get_secret_value()
    if auth.client_secret is not None:
        form["client_secret"] = auth.client_secret.get_secret_value()
    for name in ("refresh_token", "client_secret"):
        if secret := form.get(name):
            door.learn(secret, quote_plus(secret))
    return urlencode(form).encode()
