"""Reads the head of an answer, strictly; the body after it is http.client's affair.

http.client leaves it to the email package, which takes one that was cut for a whole one, stops
without a word at a line that is no header, and takes half the time of a call.
"""

import re
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse, LineTooLong, RemoteDisconnected

_MOST = 200
_LONGEST = 65_536
_STATUS = re.compile(rb"HTTP/1\.([0-9]) ([1-9][0-9]{2})(?: .*)?\r?\n")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NUMBER = re.compile(r"[0-9]{1,18}")
_EMPTY = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}


class Headed(HTTPResponse):
    """`told` are its headers by their names in small letters; several of one name are one, with
    commas (RFC 9110, section 5.3)."""

    told: dict[str, str]

    def begin(self) -> None:
        """Raises OSError or HTTPException. What comes before the answer is passed over."""
        minor, status = self._status()
        headers = self._headers()
        while status < HTTPStatus.OK and status != HTTPStatus.SWITCHING_PROTOCOLS:
            minor, status = self._status()
            headers = self._headers()
        self.status = self.code = status
        self.told = headers
        self._frame(status)
        connection = headers.get("connection", "").lower()
        stays = "keep-alive" in connection if minor == 0 else "close" not in connection
        self.will_close = not stays or (self.length is None and not self.chunked)

    def _status(self) -> tuple[int, int]:
        line = self.fp.readline(_LONGEST)
        if not line:
            raise RemoteDisconnected("nothing came")
        found = _STATUS.fullmatch(line)
        if found is None:
            raise HTTPException(f"it does not begin as HTTP does, but with {line[:60]!r}")
        return int(found[1]), int(found[2])

    def _headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        name = ""
        for _ in range(_MOST):
            line = self._line()
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

    def _line(self) -> str:
        line = self.fp.readline(_LONGEST)
        if not line.endswith(b"\n"):
            raise LineTooLong("header") if len(line) == _LONGEST else _cut()
        return line.rstrip(b"\r\n").decode("latin-1")

    def _frame(self, status: int) -> None:
        """Where its body ends (RFC 9112, section 6.3). What says both is somebody's attempt."""
        coding, length = self.told.get("transfer-encoding"), self.told.get("content-length")
        self.chunked, self.chunk_left = coding is not None, None
        self.length = None
        if coding is not None and (coding.lower() != "chunked" or length is not None):
            raise HTTPException("it does not say clearly where it ends")
        if length is not None:
            if not _NUMBER.fullmatch(length):
                raise HTTPException("its length is no number")
            self.length = int(length)
        if status in _EMPTY or status < HTTPStatus.OK:
            self.chunked, self.length = False, 0


def _cut() -> HTTPException:
    return HTTPException("it ended before its end")
