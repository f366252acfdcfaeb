"""What this API means by a refusal: its words, which are fixed, say more than its status."""

import msgspec
from msgspec import Struct

from syncd.errors import BackendError, Conflict, Denied, Rejected, Unavailable


class Failed(Unavailable):
    """An error of the server's own: also for what is not there, and for a name that is taken."""


class NoSuchUser(Rejected):
    """A change that was taken for a creation, as one of an id that nobody has is."""


_WORDS: dict[str, type[BackendError]] = {
    "A user with this username already exists.": Conflict,
    "A user with this email address already exists.": Conflict,
    "Missing or invalid jwt in the request header": Denied,
    "Please specify a username and a password.": NoSuchUser,
}
"""All of them at a 400: models/user_add_update.go, echo's middleware/jwt.go."""

_BAD = 400


class _Told(Struct):
    message: str = ""


def meaning(status: int, body: bytes) -> type[BackendError] | None:
    """As `Dialect.reads`."""
    if status != _BAD:
        return None
    try:
        return _WORDS.get(msgspec.json.decode(body, type=_Told).message)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
