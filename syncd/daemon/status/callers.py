"""Who calls: by the token, by the action token, or by a session that the token opened.

A session's cookie is its expiry with a keyed digest over it. The key is made from the token, so
that every daemon of a pair knows the session, and a new token ends all of them.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from pydantic import SecretStr

from syncd.config.running import StatusSettings

COOKIE = "syncd_session"
SESSION_SECONDS = 12 * 3600

_TIME = re.compile("[0-9]{1,11}")
_SALT = b"syncd status session"


class Caller(NamedTuple):
    """What somebody may. `wrong` says what is wrong with the token that they showed."""

    sees_names: bool = False
    acts: bool = False
    wrong: str = ""


def by_headers(
    settings: StatusSettings, authorization: list[str], cookies: Iterable[str], now: float
) -> Caller:
    """An `Authorization` counts more than a cookie, and a cookie never for acting. A cookie that is
    over is no cookie."""
    if authorization:
        return _by_authorization(settings, authorization)
    return Caller(sees_names=any(_is_session(settings, one, now) for one in _sessions(cookies)))


def is_token(given: str, token: SecretStr | None) -> bool:
    """In constant time: it tells nothing of how much was right."""
    secret = token.get_secret_value() if token is not None else ""
    right = hmac.compare_digest(_octets(given), _octets(secret))
    return right and token is not None


def session(settings: StatusSettings, now: float) -> str:
    """The cookie's value for who showed the token, which must be set."""
    expiry = str(int(now) + SESSION_SECONDS)
    return f"{expiry}.{_digest(settings, expiry)}"


def _by_authorization(settings: StatusSettings, authorization: list[str]) -> Caller:
    scheme, _, given = authorization[0].strip().partition(" ")
    if len(authorization) > 1 or scheme.lower() != "bearer" or not given.strip():
        return Caller(wrong="Authorization should be: Bearer TOKEN")
    sees = is_token(given.strip(), settings.token)
    acts = is_token(given.strip(), settings.action_token) and settings.actions
    if not sees and not acts:
        return Caller(wrong="this is not the token of status.token or status.action_token")
    return Caller(sees_names=sees, acts=acts)


def _sessions(cookies: Iterable[str]) -> Iterator[str]:
    # Python's own parser gives up at the first cookie of somebody else's that it does not like.
    for pair in ";".join(cookies).split(";"):
        name, _, value = pair.strip().partition("=")
        if name == COOKIE:
            yield value


def _is_session(settings: StatusSettings, value: str, now: float) -> bool:
    expiry, _, digest = value.partition(".")
    if settings.token is None or not _TIME.fullmatch(expiry):
        return False
    right = hmac.compare_digest(_octets(digest), _octets(_digest(settings, expiry)))
    return right and now < int(expiry) <= now + SESSION_SECONDS


def _digest(settings: StatusSettings, expiry: str) -> str:
    token = settings.token.get_secret_value() if settings.token is not None else ""
    return hmac.new(_key(token), expiry.encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=4)
def _key(token: str) -> bytes:
    """Slow to make, so that a cookie is no help for who tries out tokens."""
    return hashlib.scrypt(_octets(token), salt=_SALT, n=2**14, r=8, p=1, dklen=32)


def _octets(text: str) -> bytes:
    return text.encode("utf-8", errors="surrogateescape")
