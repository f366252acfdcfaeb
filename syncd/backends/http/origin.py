"""URLs of one server: what is asked for, and how that is shown to people."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import SplitResult, quote, urlencode, urlsplit

from syncd.errors import BackendError, Rejected
from syncd.redact import BLOT

Query = Mapping[str, str | int] | Sequence[tuple[str, str | int]]

_PORTS = {"http": 80, "https": 443}
_VISIBLE = re.compile(r"[!-~]+")
_TELLING = re.compile(
    r"(?i)([?&][^=&]*(?:pass|secret|token|key|sig|auth|cred|code|session)[^=&]*=)[^&]*"
)
_LONGEST = 300


class Origin:
    """`host` and `port` are where it listens; `authority` is how HTTP writes them."""

    def __init__(self, parts: SplitResult) -> None:
        self.scheme = parts.scheme
        host = parts.hostname or ""
        self.host = host if host.isascii() else host.encode("idna").decode()
        self.port = parts.port or _PORTS[self.scheme]
        written = f"[{self.host}]" if ":" in self.host else self.host
        self.authority = written if self.port == _PORTS[self.scheme] else f"{written}:{self.port}"
        self._prefix = quote(parts.path.rstrip("/"), safe="/%:@!$&'()*+,;=~")

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}"

    def target(self, path: str, refs: Sequence[str], query: Query | None) -> str:
        """`refs` stand for the `{}` in the path, quoted. A whole URL must be of this server."""
        if refs:
            path = path.format(*map(_segment, refs))
        target = self._prefix + path if path.startswith("/") else self._of_this_server(path)
        if query:
            joint = "&" if "?" in target else "?"
            target = f"{target}{joint}{urlencode(query, quote_via=quote)}"
        if not _VISIBLE.fullmatch(target):
            raise ValueError(f"{target!r} is no path of a URL")
        return target

    def shown(self, target: str) -> str:
        """The whole URL, with nothing in it that looks like a secret."""
        text = self.url + _TELLING.sub(rf"\g<1>{BLOT}", target)
        return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"

    def _of_this_server(self, url: str) -> str:
        """Nobody else is sent what syncd logs in with."""
        try:
            parts = urlsplit(url)
            port = parts.port or _PORTS.get(parts.scheme)
        except ValueError:
            raise BackendError(f"{self.url} points to what is no URL") from None
        host = (parts.hostname or "").lower()
        if (parts.scheme, host, port) != (self.scheme, self.host.lower(), self.port):
            raise BackendError(f"{self.url} points to another server: {pointed(url)}")
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if not _VISIBLE.fullmatch(target):
            raise BackendError(f"{self.url} points to what is no URL")
        return target


def pointed(url: str) -> str:
    """Where a link leads, without what may be secret in it: a query often is."""
    text = url.partition("?")[0].partition("#")[0]
    scheme, slashes, rest = text.partition("://")
    host, slash, path = rest.partition("/")
    plain = f"{scheme}{slashes}{host.rpartition('@')[2]}{slash}{path}"
    visible = "".join(one if one.isprintable() else " " for one in plain)
    return visible[:_LONGEST]


def _segment(ref: str) -> str:
    if ref in {"", ".", ".."}:
        raise Rejected(f"{ref!r} cannot be part of a URL")
    return quote(ref, safe="")
