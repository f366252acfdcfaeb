"""The sockets that the status endpoint listens at."""

import errno
import os
import socket
import stat
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from syncd.config.running import place
from syncd.errors import ConfigError

_BACKLOG = 128
_MODE = 0o660
_LONGEST = 107
"""Octets of a socket's path on Linux (unix(7))."""


class Listening:
    """Open sockets. `close` removes what was made in the file system."""

    def __init__(self, listen: str) -> None:
        """Raises `ConfigError` where that address cannot be had."""
        where = place(listen)
        self._path: Path | None = None
        if isinstance(where, str):
            self._path = Path(where)
            self.sockets = [_unix(self._path)]
            self._made = _identity(self._path)
        else:
            self.sockets = _tcp(*where)

    @property
    def places(self) -> list[str]:
        """As in `status.listen`, with the port that was given."""
        if self._path is not None:
            return [f"unix:{self._path}"]
        return [_shown(*one.getsockname()[:2]) for one in self.sockets]

    def close(self) -> None:
        for one in self.sockets:
            one.close()
        path, self._path = self._path, None  # another's, made later, may have the same number
        if path is not None and _identity(path) == self._made:
            path.unlink(missing_ok=True)


def _tcp(host: str, port: int) -> list[socket.socket]:
    """One for each address that the host has."""
    shown = _shown(host, port)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise ConfigError(f"status.listen {shown}: {host} is no address: {error}") from error
    opened, trouble = [], OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
    with ExitStack() as undo:
        for family, _, _, _, address in dict.fromkeys(found):
            try:
                opened.append(undo.enter_context(_bound(family, address)))
            except OSError as error:
                trouble = error
                if error.errno != errno.EADDRNOTAVAIL:
                    break
        if not opened or trouble.errno != errno.EADDRNOTAVAIL:
            raise ConfigError(f"status.listen {shown}: {_why(trouble)}") from trouble
        undo.pop_all()
    return opened


def _bound(family: int, address: tuple[Any, ...]) -> socket.socket:
    one = socket.socket(family, socket.SOCK_STREAM)
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.bind(address)
        one.listen(_BACKLOG)
    except OSError:
        one.close()
        raise
    return one


def _why(error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return "something else listens there already; stop that, or choose another port"
        case errno.EACCES:
            return "this user may not listen there; choose a port from 1024 on"
        case errno.EADDRNOTAVAIL:
            return "this machine has no such address"
        case _:
            return f"cannot be listened at: {error.strerror}"


def _unix(path: Path) -> socket.socket:
    shown = f"status.listen unix:{path}"
    if len(os.fsencode(path)) > _LONGEST:
        raise ConfigError(f"{shown}: a socket's path has at most {_LONGEST} letters")
    _remove_stale(path, shown)
    one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        one.bind(str(path))
        path.chmod(_MODE)
        one.listen(_BACKLOG)  # until now nobody could connect, whatever the umask
    except OSError as error:
        one.close()
        raise ConfigError(f"{shown}: cannot be made: {error.strerror}") from error
    return one


def _remove_stale(path: Path, shown: str) -> None:
    """One that nobody listens at any more: its daemon was killed."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise ConfigError(f"{shown}: there is something that is no socket; remove it")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
            asking.settimeout(1.0)
            asking.connect(str(path))
    except FileNotFoundError:
        return
    except ConnectionRefusedError:
        path.unlink(missing_ok=True)
        return
    except OSError as error:
        raise ConfigError(f"{shown}: cannot be made: {error.strerror or error}") from error
    raise ConfigError(f"{shown}: another process listens there; stop it, or choose another path")


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _shown(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
