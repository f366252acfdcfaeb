"""What a server says of its refusal, made short and harmless."""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from syncd.redact import Redactor

LONGEST = 300

_TELLING = ("detail", "message", "error_description", "error", "title", "errors")
"""In this order: SCIM (RFC 7644, section 3.12), what most say, OAuth (RFC 6749, section 5.2),
problem details (RFC 9457)."""

_TITLE = re.compile(r"(?is)<title[^>]*>(.*?)</title>")


def said(
    body: bytes, content_type: str, redact: Redactor, words: Callable[[bytes], str] = lambda _: ""
) -> str:
    """At most `LONGEST` printable characters in one line, without the secrets that are known.

    `words` finds them where the product has a place of its own for them.
    """
    if b"\0" in body:  # UTF-16 or no text at all: secrets would not be recognised in it
        return ""
    if own := words(body):
        return short(own, redact)
    text = body.decode("utf-8", "replace")
    if "html" in content_type.lower():
        title = _TITLE.search(text)
        text = title[1] if title else ""
    elif "json" in content_type.lower():
        text = _told(text)
    return short(text, redact)


def short(text: str, redact: Redactor) -> str:
    """Before it is cut, and again when spaces have become one: half a secret is one too."""
    visible = "".join(one if one.isprintable() else " " for one in redact(text))
    line = redact(" ".join(visible.split()))
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _told(text: str) -> str:
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text
    return _words(value) or text


def _words(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "; ".join(words for one in value[:5] if (words := _words(one)))
    if isinstance(value, dict):
        return next((words for name in _TELLING if (words := _words(value.get(name)))), "")
    return ""
