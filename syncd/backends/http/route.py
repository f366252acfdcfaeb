"""The way to the server: directly or by a proxy, with TLS where the URL says so."""

import ssl
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from msgspec import Struct

from syncd.backends.http.basic import basic
from syncd.backends.http.origin import Origin
from syncd.backends.http.server import DIRECT, ServerConfig
from syncd.errors import ConfigError
from syncd.tls import tls_context


class Proxy(Struct, frozen=True):
    """`headers` are what it wants to know of who asks."""

    host: str
    port: int
    headers: Mapping[str, str] = {}


class Route:
    """What is configured and what the environment says is looked at once, here."""

    def __init__(self, name: str, server: ServerConfig, base: Path) -> None:
        """Raises `ConfigError` where a file cannot be used, or a proxy."""
        self.origin = Origin(server.parts)
        self._timeouts = server.connect_timeout, server.read_timeout
        self._tls = None
        if self.origin.scheme == "https":
            self._tls = _tls_context(name, server, base)
        self.proxy = _proxy(name, server, self.origin)

    @property
    def forwarded(self) -> Proxy | None:
        """The proxy that reads the requests; through others goes a tunnel that it cannot read."""
        return None if self._tls else self.proxy

    def open(self) -> HTTPConnection:
        """A connection on which nothing was asked yet. Raises OSError or HTTPException."""
        connection = self._connection()
        try:
            connection.connect()
            connection.sock.settimeout(self._timeouts[1])
        except BaseException:
            connection.close()
            raise
        return connection

    def _connection(self) -> HTTPConnection:
        at, seconds = self.proxy or self.origin, self._timeouts[0]
        if self._tls is None:
            return HTTPConnection(at.host, at.port, timeout=seconds)
        connection = HTTPSConnection(at.host, at.port, timeout=seconds, context=self._tls)
        if self.proxy:
            # A copy: http.client puts its own header into what it is given.
            connection.set_tunnel(self.origin.host, self.origin.port, dict(self.proxy.headers))
        return connection


def _tls_context(name: str, server: ServerConfig, base: Path) -> ssl.SSLContext:
    ca_file, own, key = server.ca_file, server.certificate_file, server.key_file
    certificate = None if own is None else (base / own, key and base / key)
    try:
        return tls_context(ca_file and base / ca_file, certificate, verify=server.verify)
    except OSError as error:
        problem = "ca_file, certificate_file or key_file cannot be used"
        raise ConfigError(f"{name}: {problem}: {error}") from error


def _proxy(name: str, server: ServerConfig, origin: Origin) -> Proxy | None:
    if server.proxy == DIRECT:
        return None
    url = server.proxy or _of_environment(origin)
    if not url:
        return None
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme != "http" or not parts.hostname:
        whose = "proxy" if server.proxy else "the environment's proxy"
        raise ConfigError(f"{name}: {whose} must be http://HOST:PORT")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if server.proxy_user is not None and server.proxy_password is not None:
        user, password = server.proxy_user, server.proxy_password.get_secret_value()
    return Proxy(parts.hostname, parts.port or 80, _basic(user, password))


def _of_environment(origin: Origin) -> str | None:
    if proxy_bypass(f"{origin.host}:{origin.port}"):
        return None
    proxies = getproxies()
    return proxies.get(origin.scheme) or proxies.get("all")


def _basic(user: str, password: str) -> dict[str, str]:
    if not user and not password:
        return {}
    return {"Proxy-Authorization": basic(user, password)}
