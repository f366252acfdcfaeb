"""Requests as a product's code gets them, and answers as they go out."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

_REASONS = {status.value: status.phrase for status in HTTPStatus}


class Answered(Exception):
    """Ends the handling of a request with this answer, from wherever it is raised."""

    def __init__(self, answer: "Answer") -> None:
        super().__init__(answer.status)
        self.answer = answer


class Dropped(Exception):
    """Closes the connection without a word; `reset` drops it as a crashed machine does."""

    def __init__(self, reset: bool = False) -> None:
        super().__init__(reset)
        self.reset = reset


@dataclass(frozen=True)
class Answer:
    """`delay` is waited for outside the lock. Of the octets, that `share` is sent, then it ends.

    A header with several values is a line for each.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    delay: float = 0.0
    share: float = 1.0

    def octets(self) -> bytes:
        """Head and body in one piece; a 204 and a 304 have no body (RFC 9110, section 6.4.1)."""
        lines = [f"HTTP/1.1 {self.status} {_REASONS.get(self.status, 'Unknown')}"]
        for name, told in self.headers.items():
            lines += [f"{name}: {value}" for value in ((told,) if isinstance(told, str) else told)]
        if self.status not in {204, 304}:
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join((*lines, "", "")).encode("latin-1") + self.body


def answer(
    status: int,
    body: object = None,
    kind: str = "application/json",
    **headers: str | tuple[str, ...],
) -> Answer:
    """JSON of `body`, or `body` as it is where it is octets; None is an empty body.

    Names of headers are written with `_` for `-`.
    """
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    if body is None:
        return Answer(status, b"", told)
    octets = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, octets, {"Content-Type": kind, **told})


@dataclass
class Request:
    """`headers` are by their names in small letters; `caller` is for the product's code."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""
    caller: object = None
    midway: Callable[[], None] = field(default=lambda: None, repr=False)
    """Called by a product between two steps that are not one transaction: a fault may end it there."""

    @cached_property
    def path(self) -> str:
        return urlsplit(self.target).path

    @cached_property
    def query(self) -> dict[str, str]:
        """The last one counts of those with one name."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @cached_property
    def kind(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @cached_property
    def cookies(self) -> dict[str, str]:
        pairs = (one.strip().partition("=") for one in self.headers.get("cookie", "").split(";"))
        return {name: unquote(value) for name, _, value in pairs if name}

    def json(self) -> object:
        """Raises ValueError where it is none."""
        return json.loads(self.body)

    def form(self) -> dict[str, str]:
        pairs = parse_qs(self.body.decode(), keep_blank_values=True)
        return {name: values[-1] for name, values in pairs.items()}

    def token(self, scheme: str) -> str | None:
        """What follows `scheme` in the Authorization header."""
        told, _, rest = self.headers.get("authorization", "").partition(" ")
        return rest.strip() if told.lower() == scheme.lower() and rest.strip() else None

    def basic(self) -> tuple[str, str] | None:
        """User name and password (RFC 7617)."""
        try:
            told = base64.b64decode(self.token("Basic") or "", validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return None
        name, colon, password = told.partition(":")
        return (name, password) if colon else None
