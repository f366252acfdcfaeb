"""What a status means in syncd's errors. The executor decides what follows from that."""

from collections.abc import Mapping
from http import HTTPStatus

from syncd.errors import BackendError, Conflict, Denied, NotFound, Rejected, Unavailable

POINTING = range(300, 400)
_GOOD, _REFUSING, _BROKEN = range(200, 300), range(400, 500), range(500, 600)

_KINDS: dict[int, type[BackendError]] = {
    401: Denied,
    403: Denied,
    404: NotFound,
    407: Denied,
    408: Unavailable,
    409: Conflict,
    410: NotFound,
    501: Rejected,
}

_UNDONE = {425, 429, 511}
"""Answers of servers that did not look at the request: too early (RFC 8470, section 5.2), too
many, and a network that wants a log-in first (RFC 6585, sections 4 and 6)."""


def verdict(
    status: int,
    means: Mapping[int, type[BackendError]],
    why: str,
    wait: float | None,
    read: type[BackendError] | None = None,
) -> BackendError:
    """The error for any status that is not good; `why` is its message, `wait` its Retry-After.

    `read` is what the product's own words mean, and goes before what the status does.

    A 503 says that nothing was done only where it names a time to come back: gateways answer 503
    as well when they lost a server that was at work. What other 5xx leave is a doubt.
    """
    kind = read or means.get(status) or _KINDS.get(status) or _by_class(status)
    if issubclass(kind, Unavailable):
        undone = status in _UNDONE or (
            status == HTTPStatus.SERVICE_UNAVAILABLE and wait is not None
        )
        return kind(why, refused=undone, retry_after=wait)
    return kind(why)


def is_good(status: int) -> bool:
    """206 is part of an answer, and nobody asked for a part."""
    return status in _GOOD and status != HTTPStatus.PARTIAL_CONTENT


def phrase(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _by_class(status: int) -> type[BackendError]:
    if status in _UNDONE or status in _BROKEN:
        return Unavailable
    return Rejected if status in _REFUSING else BackendError
