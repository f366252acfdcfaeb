"""Which store a target is, by whatever name the settings call it, and without any secret.

A file, or a server that only this machine reaches, is another one on another machine.
"""

import hmac
import socket
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel
from sqlalchemy.engine import URL

from syncd.database import POSTGRESQL_PORT, database_url, place, shown
from syncd.errors import ConfigError

_USUAL = ("url", "server")
"""The settings that tell stores apart, where a backend's `Config` does not name them itself
(`identified_by`)."""

_PORTS = {"http": 80, "https": 443}

MACHINE_ID = Path("/etc/machine-id")
"""machine-id(5): a secret, of which only a keyed digest may be told, of a key for each use."""


def identity(name: str, type_: str, config: BaseModel, base: Path) -> str:
    """The type and the address; of what has neither URL nor server, the name."""
    addresses = [*_addresses(config, base)]
    return " ".join([type_, *(addresses or [name])])


def _addresses(config: BaseModel, base: Path) -> Iterator[str]:
    for one in getattr(type(config), "identified_by", _USUAL):
        value: Any = getattr(config, one, None)
        value = getattr(value, "url", value)
        if value is not None:
            yield _address(str(value), base)


def _address(text: str, base: Path) -> str:
    """A file by its whole path, for configurations in two directories may name it alike."""
    try:
        url = database_url(text, None, base)
    except ConfigError:
        return _web(text)
    if url.drivername == "sqlite":
        return f"sqlite:///{place(url)} {_here()}"
    return _server(url)


def _server(url: URL) -> str:
    """Whoever logs in there, and however the usual port is said."""
    host = (url.host or ",".join(url.normalized_query.get("host", ()))).lower()
    port = None if url.port == POSTGRESQL_PORT else url.port
    bare = URL.create(url.drivername, None, None, host or None, port, url.database)
    return _reached(shown(bare), host or "localhost")


def _web(text: str) -> str:
    """Neither who logs in nor what is asked for: either may hold a secret."""
    parts = urlsplit(text)
    if not parts.scheme or not parts.hostname:
        return text
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = f":{parts.port}" if parts.port not in {None, _PORTS.get(parts.scheme)} else ""
    return _reached(f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}", parts.hostname)


def _reached(address: str, host: str) -> str:
    return f"{address} {_here()}" if _is_loopback(host) else address


def _is_loopback(host: str) -> bool:
    """RFC 6761, section 6.3, for names; a database without a host is asked by its socket."""
    name = host.rstrip(".").lower()
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost") or name.startswith("/")


def _here() -> str:
    """Which machine this is; by its name, where it has no identity."""
    try:
        machine = MACHINE_ID.read_text().strip()
    except (OSError, ValueError):
        machine = ""
    known = machine or socket.gethostname()
    return f"on machine {hmac.digest(known.encode(), b'syncd: whose store', 'sha256').hex()[:12]}"
