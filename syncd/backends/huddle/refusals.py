"""What Huddle's refusals mean: XML, for calls in JSON too (ErrorHandling)."""

import html
import re
from http import HTTPStatus

from syncd.errors import BackendError, Rejected, Unavailable

_MESSAGE = re.compile(rb"<Message>(.*?)</Message>", re.DOTALL)
_CODE = re.compile(rb"<ErrorCode>(.*?)</ErrorCode>", re.DOTALL)


class Broken(Unavailable):
    """A server's error that may have come after the effect.

    Huddle sends Retry-After with every answer, to say when the count of calls begins anew
    (RateLimiting): here it is no sign that nothing was done, nor how long to wait.
    """

    def __init__(self, message: str = "", **_: object) -> None:
        super().__init__(message)


BROKEN = dict.fromkeys((500, 502, 503, 504), Broken)


def meaning(status: int, body: bytes) -> type[BackendError] | None:
    """As `Dialect.reads`: that an e-mail's domain is not the company's concerns one user only."""
    if status == HTTPStatus.FORBIDDEN and "domain" in words(body).lower():
        return Rejected
    return None


def words(body: bytes) -> str:
    """As `Dialect.words`."""
    told = [*_MESSAGE.findall(body), *_CODE.findall(body)]
    return " ".join(html.unescape(one.decode("utf-8", "replace")) for one in told)
