"""OAuth 2.0 client credentials: a program that logs in as itself (RFC 6749, section 4.4)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import quote_plus, urlencode

from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from syncd.backends.http.basic import basic
from syncd.backends.http.dialect import Dialect
from syncd.backends.http.server import Server
from syncd.backends.http.session import Session
from syncd.backends.http.tokens import Token, Tokens
from syncd.errors import Denied

_FORM = "application/x-www-form-urlencoded"
_PAUSES = 0.5, 1.0, 2.0


class ClientCredentials(BaseModel):
    """Where a token is had, and who asks for it."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    token_url: Server = Field(description="The token endpoint: a URL, or a mapping as for server")
    client_id: str = Field(description="Who syncd is to the token endpoint")
    client_secret: SecretStr = Field(description="Its secret")
    scope: str | None = Field(default=None, description="The scopes to ask for, with spaces")
    send: Literal["header", "body"] = Field(
        default="header", description="How the token endpoint is told id and secret"
    )
    parameters: Mapping[str, str] = Field(
        default={}, description="What else it wants to be told, such as audience or resource"
    )


class _Granted(Struct):
    """RFC 6749, section 5.1. Some write `expires_in` as text."""

    access_token: str
    token_type: str | None = None
    expires_in: float | str | None = None


def client_credentials(name: str, config: ClientCredentials, base: Path) -> Tokens:
    """Tokens by this grant. `name` begins every message; connects to nobody."""
    dialect = Dialect(
        media_type=_FORM,
        headers={"Accept": "application/json"},
        pauses=_PAUSES,
        means={400: Denied},  # section 5.2: invalid_client, invalid_grant, unauthorized_client
    )
    session = Session(f"{name}: log-in", config.token_url, dialect, base)
    secret = config.client_secret.get_secret_value()
    session.learn(secret, quote_plus(secret))
    form = {"grant_type": "client_credentials", **config.parameters}
    if config.scope:
        form["scope"] = config.scope
    if config.send == "body":
        form |= {"client_id": config.client_id, "client_secret": secret}
    else:
        # Section 2.3.1: both are form-encoded first.
        session.authorize(basic(quote_plus(config.client_id), quote_plus(secret)))
    body = urlencode(form).encode()

    def acquire() -> Token:
        # To ask twice costs a token that nobody uses.
        answer = session.post(config.token_url.url, body=body, again=True)
        granted = answer.json(_Granted)
        if (granted.token_type or "bearer").lower() != "bearer":
            raise answer.unexpected(f"its token is for {granted.token_type!r}, not for Bearer")
        session.learn(granted.access_token)
        return Token(granted.access_token, _seconds(granted.expires_in))

    return Tokens(acquire, close=session.close)


def _seconds(told: float | str | None) -> float | None:
    try:
        seconds = float(told) if told is not None else 0.0
    except ValueError:
        return None
    return seconds if 0 < seconds < float("inf") else None
