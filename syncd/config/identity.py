"""Which store a target is, by whatever name the settings call it, and without any secret."""

from collections.abc import Iterator
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
    return f"sqlite:///{place(url)}" if url.drivername == "sqlite" else _server(url)


def _server(url: URL) -> str:
    """Whoever logs in there, and however the usual port is said."""
    host = url.host or ",".join(url.normalized_query.get("host", ()))
    port = None if url.port == POSTGRESQL_PORT else url.port
    return shown(URL.create(url.drivername, None, None, host.lower() or None, port, url.database))


def _web(text: str) -> str:
    """Neither who logs in nor what is asked for: either may hold a secret."""
    parts = urlsplit(text)
    if not parts.scheme or not parts.hostname:
        return text
    port = f":{parts.port}" if parts.port not in {None, _PORTS.get(parts.scheme)} else ""
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path.rstrip('/')}"
