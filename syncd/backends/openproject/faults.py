"""What OpenProject means by a refusal (docs/api/apiv3: errors; lib/api/errors)."""

from collections.abc import Iterator

import msgspec
from msgspec import Struct, field

from syncd.errors import BackendError, Rejected

_UNPROCESSABLE = 422


class Unclear(Rejected):
    """A name is taken, or else is not to OpenProject's taste; or a member is none.

    Both are one error with one identifier, PropertyConstraintViolation: only the message says
    which, and that is in the language of the account that syncd logs in with.
    """


class Kept(Rejected):
    """The account is not to be deleted."""


class _Details(Struct, frozen=True):
    attribute: str = ""


class _Embedded(Struct, frozen=True):
    details: _Details = _Details()
    errors: tuple["_Error", ...] = ()


class _Error(Struct):
    embedded: _Embedded = field(name="_embedded", default=_Embedded())


_UNCLEAR = {"login", "email", "name", "members"}


def meaning(status: int, body: bytes) -> type[BackendError] | None:
    """As `Dialect.reads`."""
    if status != _UNPROCESSABLE:
        return None
    try:
        told = msgspec.json.decode(body, type=_Error)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return Unclear if _UNCLEAR.intersection(_attributes(told)) else None


def _attributes(told: _Error) -> Iterator[str]:
    """Several errors stand in the shell of one, MultipleErrors."""
    yield told.embedded.details.attribute
    for one in told.embedded.errors:
        yield one.embedded.details.attribute
