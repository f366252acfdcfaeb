"""What a SCIM server means by a refusal: its scimType says more than its status."""

import msgspec
from msgspec import Struct

from syncd.errors import BackendError, Conflict, Rejected


class NoTarget(Rejected):
    """A path of a PATCH led to nothing."""


class StaleCursor(Rejected):
    """The cursor is not valid any more: the list has to be asked for from its beginning."""


class WrongCount(Rejected):
    """So many things a page are not to be had."""


class Moved(Rejected):
    """The thing is not at the version that was named (RFC 7644, section 3.14)."""


_KINDS: dict[str, type[BackendError]] = {
    "uniqueness": Conflict,
    "noTarget": NoTarget,
    "invalidCursor": StaleCursor,
    "expiredCursor": StaleCursor,
    "invalidCount": WrongCount,
}
"""RFC 7644, section 3.12, table 9; RFC 9865, section 2.1."""

_SPEAKING = {400, 409}


class _Told(Struct, rename="camel"):
    scim_type: str = ""


def meaning(status: int, body: bytes) -> type[BackendError] | None:
    """As `Dialect.reads`."""
    if status not in _SPEAKING:
        return None
    try:
        told = msgspec.json.decode(body, type=_Told)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return _KINDS.get(told.scim_type)
