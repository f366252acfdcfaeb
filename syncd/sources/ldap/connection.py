"""Opens a connection to the first directory server that answers, encrypted and logged in."""

import contextlib
import socket
from pathlib import Path
from typing import Any

from ldap3 import ANONYMOUS, EXTERNAL, NONE, SASL, SIMPLE, Connection, Server

from syncd.errors import SourceError
from syncd.sources.ldap import failures
from syncd.sources.ldap.config import LdapConfig
from syncd.sources.ldap.server_config import BindConfig, ServerConfig
from syncd.sources.ldap.tls import CheckedTls
from syncd.tls import tls_context


class Unreachable(Exception):
    """One server cannot be used, another one may; the message says why."""


class Refused(Exception):
    """A login was refused, or is not to be had: to try it elsewhere would only lock the account."""


def connect(name: str, config: LdapConfig, base: Path) -> tuple[Connection, list[str]]:
    """A connection to the first server that can be used, and a note on each before it.

    Raises `SourceError` with each server's own reason where none lets us in.
    """
    reasons: list[str] = []
    for server in config.servers:
        try:
            connection = _open(server, config, base)
        except (Unreachable, Refused) as exc:
            reasons.append(f"{server.url}: {exc}")
            if isinstance(exc, Refused):
                break
        else:
            return connection, [f"{reason}; using {server.url} instead" for reason in reasons]
    raise SourceError(*(f"source {name}: {reason}" for reason in reasons))


def disconnect(connection: Connection) -> None:
    """Ends it, as well as it can be ended."""
    with contextlib.suppress(*failures.WIRE_ERRORS):
        connection.unbind()
    if connection.socket is not None:  # ldap3 forgets it where the connection never came to be
        connection.socket.close()


def _open(server: ServerConfig, config: LdapConfig, base: Path) -> Connection:
    """Tries each address of the host. Raises `Unreachable` or `Refused`."""
    tls, credentials = _tls(server, config, base), _credentials(config.bind, base)
    reasons: list[str] = []
    for address in _addresses(server):
        connection = Connection(
            _ldap3_server(address, server, config.connect_timeout, tls),
            auto_referrals=False,
            auto_range=False,
            check_names=False,
            return_empty_attributes=False,
            receive_timeout=config.read_timeout,
            **credentials,
        )
        try:
            _log_in(connection, server)
        except failures.WIRE_ERRORS as exc:
            disconnect(connection)
            reasons.append(_reason(exc, tls, server, config))
        else:
            return _accepted(connection, config.bind)
    raise Unreachable("; ".join(dict.fromkeys(reasons)))


def _log_in(connection: Connection, server: ServerConfig) -> None:
    """Raises one of `WIRE_ERRORS`; a refused login is in the connection's result."""
    try:
        connection.open(read_server_info=False)
        if server.start_tls:
            connection.start_tls(read_server_info=False)
        connection.bind(read_server_info=False)
    finally:
        connection.password = None  # ldap3's repr would show it


def _accepted(connection: Connection, bind: BindConfig) -> Connection:
    """The connection, if the login was accepted. Raises `Unreachable` or `Refused`."""
    result = connection.result
    if result["result"] == failures.SUCCESS:
        return connection
    disconnect(connection)
    reason = f"login as {bind.dn or bind.method} refused: {failures.of_result(result)}"
    raise (Unreachable if result["result"] in failures.PASSING else Refused)(reason)


def _reason(
    exc: BaseException, tls: CheckedTls | None, server: ServerConfig, config: LdapConfig
) -> str:
    if tls is None or tls.failure is None:
        patience = (
            f"connect_timeout {config.connect_timeout} s, read_timeout {config.read_timeout} s"
        )
        return failures.of_connect(exc, patience)
    trusted = server.ca_file or config.ca_file or "the system's certificate authorities"
    return failures.of_handshake(tls.failure, _certified_name(server), str(trusted))


def _addresses(server: ServerConfig) -> list[str]:
    """The host's addresses, in the system's order. Raises `Unreachable`."""
    if server.parts.scheme == "ldapi":
        return [server.url]
    host = server.parts.hostname or ""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as exc:
        raise Unreachable(f"the host name {host!r} is unknown ({exc.strerror})") from None
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


def _ldap3_server(
    address: str, server: ServerConfig, timeout: int, tls: CheckedTls | None
) -> Server:
    """ldap3 is given an address: of several it would leave the sockets of failed attempts open."""
    if server.parts.scheme == "ldapi":
        return Server(address, get_info=NONE, connect_timeout=timeout)
    secure = server.parts.scheme == "ldaps"
    port = server.parts.port or (636 if secure else 389)
    return Server(
        address, port=port, use_ssl=secure, get_info=NONE, connect_timeout=timeout, tls=tls
    )


def _tls(server: ServerConfig, config: LdapConfig, base: Path) -> CheckedTls | None:
    if not server.encrypted:
        return None
    ca_file, bind = server.ca_file or config.ca_file, config.bind
    certificate = None
    if bind.certificate_file is not None:
        certificate = (base / bind.certificate_file, bind.key_file and base / bind.key_file)
    try:
        context = tls_context(ca_file and base / ca_file, certificate, verify=server.verify)
    except OSError as exc:
        files = [str(path) for path in (ca_file, bind.certificate_file, bind.key_file) if path]
        raise Unreachable(f"{' or '.join(files)} cannot be used for TLS: {exc}") from None
    return CheckedTls(context, _certified_name(server))


def _certified_name(server: ServerConfig) -> str:
    return server.server_name or server.parts.hostname or ""


def _credentials(bind: BindConfig, base: Path) -> dict[str, Any]:
    if bind.method == "anonymous":
        return {"authentication": ANONYMOUS}
    if bind.method == "external":
        return {"authentication": SASL, "sasl_mechanism": EXTERNAL, "sasl_credentials": ""}
    return {"authentication": SIMPLE, "user": bind.dn, "password": _password(bind, base)}


def _password(bind: BindConfig, base: Path) -> str:
    if bind.password_file is None:
        return bind.password.get_secret_value() if bind.password is not None else ""
    try:
        password = (base / bind.password_file).read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8"
        raise Refused(f"password_file {bind.password_file} cannot be read: {reason}") from None
    if not password:  # RFC 4513, 5.1.2: a server may take that for an anonymous login
        raise Refused(f"password_file {bind.password_file} is empty")
    return password
