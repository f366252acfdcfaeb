"""Logging in: a JSON web token for three days, which also tells who one is (routes/login.go)."""

import base64
import binascii
import time
from pathlib import Path

import msgspec
from msgspec import Struct

from syncd.backends.http import Answer, Dialect, Session, Token, Tokens
from syncd.backends.vikunja.config import VikunjaConfig
from syncd.core.model import Ref
from syncd.errors import Denied


class _LoggedIn(Struct):
    token: str


class _Claims(Struct):
    id: int
    exp: float
    admin: bool = True


class Login:
    """`tokens` are for the session. There is no renewal: one logs in again."""

    def __init__(self, name: str, config: VikunjaConfig, base: Path) -> None:
        """`name` begins every message; connects to nobody."""
        self._name, self._config = name, config
        self._own: Ref | None = None
        door = Dialect(means={400: Denied})
        self._door = Session(f"{name}: log-in", config.server, door, base)
        self._door.learn(config.password.get_secret_value())
        self.tokens = Tokens(self._acquire, close=self._door.close)

    def own(self) -> Ref:
        """The account that syncd logs in with. Raises `Denied` and `Unavailable`."""
        if self._own is None:
            self.tokens.current()
        assert self._own is not None  # noqa: S101  whoever logs in sets it
        return self._own

    def _acquire(self) -> Token:
        password = self._config.password.get_secret_value()
        body = {"username": self._config.user, "password": password}
        # To log in twice costs a token that nobody uses.
        answer = self._door.post("/api/v1/login", body=body, again=True)
        token = answer.json(_LoggedIn).token
        self._door.learn(token)
        claims = _claims(token, answer)
        if not claims.admin:
            raise Denied(f"{self._name}: {self._config.user} is not an administrator there")
        self._own = Ref(str(claims.id))
        return Token(token, lives=claims.exp - time.time())


def _claims(token: str, answer: Answer) -> _Claims:
    """What stands in the middle of a token (RFC 7519, section 3)."""
    middle = token.split(".")[1:2] or [""]
    try:
        told = base64.urlsafe_b64decode(middle[0] + "=" * (-len(middle[0]) % 4))
        return msgspec.json.decode(told, type=_Claims)
    except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError):
        raise answer.unexpected("its token is none that says who one is") from None
