"""One answer that was good: its status, its headers and its body."""

import re
from collections.abc import Mapping
from typing import TypeVar

import msgspec
from msgspec import Struct

from syncd.backends.http.request import Asked
from syncd.errors import BackendError

T = TypeVar("T")

_JSON = re.compile(r"(?i)\s*application/(?:[\w.+-]+\+)?json\s*(?:;.*)?")
_MARK = b"\xef\xbb\xbf"


class Answer(Struct, frozen=True):
    """`headers` are by their names in small letters; `body` is as it was before compression."""

    asked: Asked
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self, kind: type[T]) -> T:
        """The body, checked against `kind`. Raises `BackendError` where it is anything else.

        JSON is UTF-8, and a byte order mark before it may be passed over (RFC 8259, section 8.1).
        """
        told = self.headers.get("content-type")
        if told is not None and not _JSON.fullmatch(told):
            raise self.unexpected(f"JSON was promised, and this is {_short(told)}")
        try:
            return msgspec.json.decode(self.body.removeprefix(_MARK), type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            what = "what it promised" if isinstance(error, msgspec.ValidationError) else "JSON"
            raise self.unexpected(f"this is not {what}: {_short(str(error))}") from None

    def unexpected(self, why: str) -> BackendError:
        """To raise where what came is not what the product documents."""
        return BackendError(f"{self.asked.name}: answered {self.status}, but {why}")


def _short(text: str) -> str:
    return "".join(one if one.isprintable() else " " for one in text)[:120]
