"""The session: calls to one HTTP server, and what became of them in syncd's errors."""

import base64
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from threading import Event, Lock
from typing import Unpack

from syncd import __version__
from syncd.backends.http.answer import Answer
from syncd.backends.http.body import TooLarge
from syncd.backends.http.dialect import Dialect
from syncd.backends.http.exchange import Got, exchange
from syncd.backends.http.failures import why_no_answer, why_no_connection
from syncd.backends.http.origin import pointed
from syncd.backends.http.pool import Pool
from syncd.backends.http.rate import Rate
from syncd.backends.http.request import Asked, Rest, lines, nothing_else, octets
from syncd.backends.http.retry_after import retry_after
from syncd.backends.http.route import Route
from syncd.backends.http.said import said, short
from syncd.backends.http.server import ServerConfig
from syncd.backends.http.tokens import Header, Tokens
from syncd.backends.http.verdict import POINTING, is_good, phrase, verdict
from syncd.errors import BackendError, Unavailable
from syncd.redact import Redactor

_BRIEF = 1000
"""Secrets of single calls that are known at once: many more than there are calls under way."""


class Session:
    """What a backend holds to speak HTTP; for any number of threads.

    Every call returns a good `Answer` or raises a `BackendError`:

    - `Unavailable(refused=True)` where the server surely did nothing: no connection (refused, not
      resolved, TLS failed), 425, 429, 503 with Retry-After;
    - `Unavailable` where it may have: no answer, 408, any other 5xx but 501;
    - `Denied` for 401, 403, 407; `NotFound` for 404, 410; `Conflict` for 409;
      `Rejected` for any other 4xx and for 501;
    - `BackendError` for what no status makes good: a redirect, which is never followed; an
      answer that is too large; and, from `Answer.json`, what is not the JSON that was promised.

    A GET that ends in `Unavailable` is repeated with growing pauses, and not before the time that
    Retry-After names; other methods only with `again=True`. What is repeated beyond that is the
    executor's affair. `calls` counts what was sent.
    """

    def __init__(
        self, name: str, server: ServerConfig, dialect: Dialect, base: Path = Path()
    ) -> None:
        """`name` begins every message. Files in `server` are relative to `base`.

        Connects to nobody. Raises `ConfigError` where a file, a proxy or a header cannot be used.
        """
        self.name = name
        self.calls = 0
        self._dialect = dialect
        self._route = Route(name, server, base)
        self._redact = Redactor()
        self._rate = Rate(server.calls_per_second)
        seconds = server.connect_timeout + server.read_timeout
        self._pool = Pool(self._route, dialect.width, seconds)
        self._count, self._closed = Lock(), Event()
        self._brief: deque[str] = deque()
        self._tokens: Tokens | None = None
        self._shown: Header | None = None
        if self._route.proxy:
            self._learn_header(self._route.proxy.headers.get("Proxy-Authorization", ""))
        self._learn_header(dialect.headers.get("Authorization", ""))
        self._head = self._plain = self._usual_head()

    def authorize(self, value: str) -> None:
        """All calls from now on have this Authorization header, `Bearer …` or `Basic …`."""
        self._learn_header(value)
        self._head = self._plain + lines(self.name, {"Authorization": value})

    def authorize_by(self, tokens: Tokens) -> None:
        """All calls from now on show the current token; one that is answered 401 is made once more
        with a new one, for nothing was done of it (RFC 9110, section 15.5.2)."""
        self._tokens = tokens
        self._head = self._plain

    def learn(self, *secrets: str) -> None:
        """These appear in no message, whatever the server quotes."""
        self._redact.learn(secrets)

    def learn_briefly(self, secret: str) -> None:
        """For one that is known for one call only, as a new password is: a million of them need not
        be remembered. It is, until so many more have come that the call is surely over."""
        with self._count:
            self._brief.append(secret)
            self._redact.learn([secret])
            if len(self._brief) > _BRIEF:
                self._redact.forget([self._brief.popleft()])

    def get(self, path: str, *refs: str, **rest: Unpack[Rest]) -> Answer:
        return self.call("GET", path, *refs, **rest)

    def post(self, path: str, *refs: str, **rest: Unpack[Rest]) -> Answer:
        return self.call("POST", path, *refs, **rest)

    def put(self, path: str, *refs: str, **rest: Unpack[Rest]) -> Answer:
        return self.call("PUT", path, *refs, **rest)

    def patch(self, path: str, *refs: str, **rest: Unpack[Rest]) -> Answer:
        return self.call("PATCH", path, *refs, **rest)

    def delete(self, path: str, *refs: str, **rest: Unpack[Rest]) -> Answer:
        return self.call("DELETE", path, *refs, **rest)

    def call(self, method: str, path: str, *refs: str, **rest: Unpack[Rest]) -> Answer:
        """`path` follows on the server's URL; each `{}` in it is the next of `refs`, quoted.

        A whole URL is good too, such as the next page's, if it is of the same server.
        """
        asked = self._asked(method, path, refs, rest)
        if rest.get("again", method == "GET"):
            return self._persistently(asked)
        return self._once(asked)

    def close(self) -> None:
        """Ends pauses at once; calls that are under way end as they do."""
        self._closed.set()
        self._pool.close()
        if self._tokens:
            self._tokens.close()

    def _asked(self, method: str, path: str, refs: tuple[str, ...], rest: Rest) -> Asked:
        origin, dialect = self._route.origin, self._dialect
        target = origin.target(path, refs, rest.get("query"))
        head = self._head
        if own := rest.get("headers"):
            head += lines(self.name, own)
        wanted = origin.url + target if self._route.forwarded else target
        means = dialect.means
        if other := rest.get("means"):
            means = {**means, **other}

        def asked(told: str, otherwise: Callable[[], Asked | None] = nothing_else) -> Asked:
            media_type = rest.get("media_type", dialect.media_type)
            sent = octets(method, wanted, head + told, rest.get("body"), media_type)
            good = rest.get("good", ())
            return Asked(method, sent, means, lambda: self._named(method, target), good, otherwise)

        return self._with_token(asked, self._tokens) if self._tokens else asked("")

    def _with_token(self, asked: Callable[..., Asked], tokens: Tokens) -> Asked:
        shown = tokens.current()

        def otherwise() -> Asked | None:
            other = tokens.instead_of(shown)
            return None if other is None else asked(self._line(other))

        return asked(self._line(shown), otherwise)

    def _line(self, shown: Header) -> str:
        if shown is not self._shown:
            self._learn_header(shown.value)
            self._shown = shown
        return lines(self.name, {shown.name: shown.value})

    def _named(self, method: str, target: str) -> str:
        return f"{self.name}: {method} {self._redact(self._route.origin.shown(target))}"

    def _persistently(self, asked: Asked) -> Answer:
        for pause in self._dialect.pauses:
            try:
                return self._once(asked)
            except Unavailable as error:
                wait = max(pause, error.retry_after or 0.0)
                if wait > self._dialect.patience or self._closed.wait(wait):
                    raise
        return self._once(asked)

    def _once(self, asked: Asked) -> Answer:
        self._rate.wait()
        got = self._exchanged(asked)
        if got.status == HTTPStatus.UNAUTHORIZED and (other := asked.otherwise()) is not None:
            self._rate.wait()
            asked, got = other, self._exchanged(other)
        if not is_good(got.status) and got.status not in asked.good:
            raise self._refusal(asked, got)
        return Answer(asked, got.status, got.headers, got.body)

    def _exchanged(self, asked: Asked) -> Got:
        try:
            line = self._pool.take()
        except (OSError, HTTPException) as error:
            why = short(why_no_connection(error), self._redact)
            raise Unavailable(f"{asked.name}: {why}", refused=True) from error
        with self._count:
            self.calls += 1
        usable = False
        try:
            got = exchange(line, asked.octets, self._dialect.largest)
            usable = got.left
        except (OSError, HTTPException) as error:
            why = short(why_no_answer(error), self._redact)
            # Not from it: it may quote what the server quoted of the request.
            raise Unavailable(f"{asked.name}: {why}") from None
        except TooLarge:
            size = self._dialect.largest
            raise BackendError(f"{asked.name}: answered more than {size:,} octets") from None
        finally:
            self._pool.give_back(line, usable=usable)
        return got

    def _refusal(self, asked: Asked, got: Got) -> BackendError:
        headers = got.headers
        why = f"{asked.name}: answered {phrase(got.status)}"
        if got.status in POINTING and (link := headers.get("location")):
            where = short(pointed(link), self._redact)
            why += f" and points to {where}; that is not followed: is the url right?"
        elif words := self._words(got):
            why += f": {words}"
        wait = retry_after(headers.get("retry-after"), headers.get("date"))
        read = self._dialect.reads(got.status, got.body)
        return verdict(got.status, asked.means, why, wait, read)

    def _words(self, got: Got) -> str:
        kind = got.headers.get("content-type") or ""
        return said(got.body, kind, self._redact, self._dialect.words)

    def _usual_head(self) -> str:
        usual = {
            "Host": self._route.origin.authority,
            "User-Agent": f"syncd/{__version__}",
            "Accept": self._dialect.media_type,
            "Accept-Encoding": "gzip",
            **self._dialect.headers,
        }
        if self._route.forwarded:
            usual |= self._route.forwarded.headers
        return lines(self.name, usual)

    def _learn_header(self, value: str) -> None:
        self._redact.learn(_secrets_in(value))


def _secrets_in(header: str) -> Iterator[str]:
    """What stands after the scheme, and the password in it (RFC 7617, section 2)."""
    credentials = header.partition(" ")[2].strip() or header
    yield credentials
    with suppress(ValueError):
        if header.lower().startswith("basic "):
            yield base64.b64decode(credentials, validate=True).decode().partition(":")[2]
