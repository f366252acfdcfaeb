"""Reads the head of an answer, strictly: what is not clear is an error.

Python's http.client takes a head that was cut for a whole one, stops without a word at a line that
is no header, and takes half the time of a call for that.
"""

import re
from http import HTTPStatus
from http.client import HTTPException

from msgspec import Struct

from syncd.backends.http.stream import Stream

_MOST = 200
_STATUS = re.compile(rb"HTTP/1\.([0-9]) ([1-9][0-9]{2})(?: .*)?")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NUMBER = re.compile(r"[0-9]{1,18}")
_EMPTY = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}


class Head(Struct):
    """`headers` are by their names in small letters; several of one name are one, with commas
    (RFC 9110, section 5.3).

    `length` is None where the body comes in chunks or to the end of the connection, which `stays`
    otherwise, if the server wants it to.
    """

    status: int
    headers: dict[str, str]
    chunked: bool
    length: int | None
    stays: bool


def read_head(stream: Stream) -> Head:
    """Raises OSError or HTTPException. What is not the last answer yet is passed over."""
    minor, status = _status(stream.line())
    headers = _headers(stream)
    while status < HTTPStatus.OK and status != HTTPStatus.SWITCHING_PROTOCOLS:
        minor, status = _status(stream.line())
        headers = _headers(stream)
    chunked, length = _framing(status, headers)
    connection = headers.get("connection", "").lower()
    wanted = "keep-alive" in connection if minor == 0 else "close" not in connection
    stays = wanted and (chunked or length is not None) and status >= HTTPStatus.OK
    return Head(status, headers, chunked, length, stays)


def _status(line: bytes) -> tuple[int, int]:
    found = _STATUS.fullmatch(line)
    if found is None:
        raise HTTPException(f"it does not begin as HTTP does, but with {line[:60]!r}")
    return int(found[1]), int(found[2])


def _headers(stream: Stream) -> dict[str, str]:
    headers: dict[str, str] = {}
    name = ""
    for _ in range(_MOST):
        line = stream.line().decode("latin-1")
        if not line:
            return headers
        if line[0] in " \t" and name:  # a folded one (RFC 9112, section 5.2)
            headers[name] = f"{headers[name]} {line.strip()}"
            continue
        written, colon, value = line.partition(":")
        if not colon or not _NAME.fullmatch(written):
            raise HTTPException(f"it has a header that is none: {line[:60]!r}")
        name, value = written.lower(), value.strip(" \t")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    raise HTTPException(f"it has more than {_MOST} headers")


def _framing(status: int, headers: dict[str, str]) -> tuple[bool, int | None]:
    """Where the body ends (RFC 9112, section 6.3). Who says it in two ways may mean harm."""
    coding, length = headers.get("transfer-encoding"), headers.get("content-length")
    if coding is not None and (coding.lower() != "chunked" or length is not None):
        raise HTTPException("it does not say clearly where it ends")
    if length is not None and not _NUMBER.fullmatch(length):
        raise HTTPException("its length is no number")
    if status in _EMPTY or status < HTTPStatus.OK:
        return False, 0
    return coding is not None, None if length is None else int(length)
