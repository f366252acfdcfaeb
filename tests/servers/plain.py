"""Plain calls to a server, by the standard library: what tests of the test servers speak with."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode, urlsplit


@dataclass(frozen=True)
class Got:
    """`body` is decoded JSON, or text where it is none; `headers` are by their names in small letters.

    Several with one name are lines of one.
    """

    status: int
    body: object
    headers: Mapping[str, str]

    @property
    def told(self) -> tuple[int, object]:
        return self.status, self.body


class Caller:
    """Keeps one connection, and sends `headers` with every call."""

    def __init__(self, url: str, **headers: str) -> None:
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def __call__(
        self, method: str, path: str, body: object = None, kind: str | None = None, **query: object
    ) -> Got:
        """`body` is sent as JSON; a text or octets as they are; a dict as a form where `kind` is one."""
        target = f"{path}?{urlencode(query)}" if query else path
        octets = _octets(body, kind)
        headers = dict(self.headers)
        if octets is not None and kind != "":
            headers["Content-Type"] = kind or "application/json"
        self._connection.request(method, target, octets, headers)
        response = self._connection.getresponse()
        came = response.read()
        told: dict[str, str] = {}
        for name, value in response.getheaders():
            told[name.lower()] = f"{told[name.lower()]}\n{value}" if name.lower() in told else value
        try:
            return Got(response.status, json.loads(came) if came else None, told)
        except ValueError:
            return Got(response.status, came.decode(), told)


def _octets(body: object, kind: str | None) -> bytes | None:
    if body is None or isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode()
    if kind == "application/x-www-form-urlencoded":
        return urlencode(body).encode()
    return json.dumps(body).encode()
