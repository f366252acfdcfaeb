"""What is sent: the octets of a request, most of which are the same for all."""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypedDict

import msgspec
from msgspec import Struct

from syncd.backends.http.origin import Query
from syncd.errors import BackendError, ConfigError

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t -~\x80-\xff]*")
_ENCODER = msgspec.json.Encoder()
_EMPTY_TOO = {"POST", "PUT", "PATCH"}


class Rest(TypedDict, total=False):
    """What a call may say besides its path.

    `body` is anything that msgspec encodes, or octets as they are. `means` goes before the
    dialect's; `good` are statuses that are no refusal of this call, besides those of success, such
    as a redirect whose Location is the answer. `media_type` is the body's, where it is not the
    dialect's. `again` is whether the call may be repeated although it may have happened: always
    so for GET, and for a PUT or DELETE (RFC 9110, section 9.2.2) only if the caller says so.
    """

    query: Query | None
    body: Any
    headers: Mapping[str, str] | None
    means: Mapping[int, type[BackendError]] | None
    good: Collection[int]
    media_type: str
    again: bool


def nothing_else() -> "Asked | None":
    return None


class Asked(Struct, frozen=True):
    """`otherwise` is the same call with another token, where there is one."""

    method: str
    octets: bytes
    means: Mapping[int, type[BackendError]]
    named: Callable[[], str]
    good: Collection[int] = ()
    otherwise: Callable[[], "Asked | None"] = nothing_else

    @property
    def name(self) -> str:
        """How messages call it."""
        return self.named()


def lines(name: str, headers: Mapping[str, str]) -> str:
    """Raises `ConfigError` where one would end its line, or the head: a value with a line feed is
    usually a secret from a file."""
    for header, value in headers.items():
        if not _NAME.fullmatch(header) or not _VALUE.fullmatch(value):
            raise ConfigError(f"{name}: {header!r} holds what no header can, such as a line feed")
    return "".join(f"{header}: {value}\r\n" for header, value in headers.items())


def octets(method: str, target: str, head: str, body: object, media_type: str) -> bytes:
    """`head` are lines that all requests have."""
    if body is None:
        empty = "Content-Length: 0\r\n" if method in _EMPTY_TOO else ""
        return f"{method} {target} HTTP/1.1\r\n{head}{empty}\r\n".encode("latin-1")
    content = body if isinstance(body, bytes) else _ENCODER.encode(body)
    told = f"Content-Type: {media_type}\r\nContent-Length: {len(content)}\r\n"
    return f"{method} {target} HTTP/1.1\r\n{head}{told}\r\n".encode("latin-1") + content
