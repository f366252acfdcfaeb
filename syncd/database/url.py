"""Database URLs as operators write them, and as they may be shown: without a password."""

import os
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from syncd.errors import ConfigError

POSTGRESQL = "postgresql+psycopg"
SQLITE = "sqlite"

POSTGRESQL_PORT = 5432

_DRIVERS = {
    "sqlite": SQLITE,
    "sqlite+pysqlite": SQLITE,
    "postgres": POSTGRESQL,
    "postgresql": POSTGRESQL,
    POSTGRESQL: POSTGRESQL,
}
_FORMS = "write sqlite:///FILE or postgresql://USER@HOST/DATABASE"


def database_url(text: str, password: SecretStr | None = None, base: Path = Path()) -> URL:
    """The URL, its file relative to `base`; `password` wins over one that stands in the URL."""
    url, inside = _split(text)
    if driver := _DRIVERS.get(url.drivername):
        url = url.set(drivername=driver)
    else:
        raise ConfigError(f"no database of the type {url.drivername} is supported: {_FORMS}")
    if driver == SQLITE:
        return _file(url, base)
    secret = password or inside
    return url.set(password=secret.get_secret_value()) if secret else url


def without_password(text: str) -> tuple[str, SecretStr | None]:
    """The URL's text and the password that stood in it."""
    url, inside = _split(text)
    return url.render_as_string(hide_password=False), inside


def shown(url: URL) -> str:
    """The URL for people: no password, no parameters (one of them can be `sslpassword`)."""
    if url.drivername == SQLITE:
        return url.database or "a database in memory"
    plain = URL.create("postgresql", url.username, None, url.host, url.port, url.database)
    return plain.render_as_string()


def place(url: URL) -> str:
    """Equal for URLs of one database, however they are written: links and default port resolved."""
    if (path := sqlite_file(url)) is not None:
        return os.path.realpath(path)
    port = url.port or POSTGRESQL_PORT
    plain = URL.create(url.drivername, url.username, None, url.host, port, url.database, url.query)
    return plain.render_as_string()


def sqlite_file(url: URL) -> Path | None:
    """The file of a SQLite database; None for PostgreSQL and for a database in memory."""
    if url.drivername != SQLITE or not url.database or url.database == ":memory:":
        return None
    return Path(url.database)


def _split(text: str) -> tuple[URL, SecretStr | None]:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # The text is not shown: it may hold a password.
        raise ConfigError(f"that is not a database URL: {_FORMS}") from None
    inside = url.password or url.query.get("password")
    query = url.difference_update_query(["password"]).query
    plain = URL.create(url.drivername, url.username, None, url.host, url.port, url.database, query)
    return plain, SecretStr(str(inside)) if inside else None


def _file(url: URL, base: Path) -> URL:
    if url.host:
        raise ConfigError(f"sqlite://{url.host}/… names a host: a file is written sqlite:///FILE")
    path = sqlite_file(url)
    if path is None:
        return url
    if url.database and url.database.startswith("file:"):
        raise ConfigError("a SQLite file is given by its path: sqlite:///FILE")
    return url.set(database=str(base / path.expanduser()))
