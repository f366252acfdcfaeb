"""Says in plain words what went wrong with a directory server, and what to do about it."""

import re
import ssl
from collections.abc import Mapping
from typing import Any

from ldap3.core.exceptions import (
    LDAPException,
    LDAPSessionTerminatedByServerError,
    LDAPStartTLSError,
)

from syncd.sources.ldap.messages import Disconnected

SUCCESS = 0
INVALID_CREDENTIALS = 49
PASSING = frozenset({51, 52})
"""busy and unavailable: another server may not be."""

WIRE_ERRORS = (LDAPException, OSError, ValueError, LookupError, TypeError, RecursionError)
"""What ldap3 raises when the connection fails, or when what comes is no LDAP message."""

_MEANINGS = {
    1: "the server failed inside (operationsError)",
    2: "the server took the request for malformed (protocolError)",
    3: "the server's time limit was exceeded: ask for a higher one for syncd's account",
    4: "the server's size limit was exceeded: ask for a higher one for syncd's account",
    7: "the server does not know this way to log in (authMethodNotSupported)",
    8: "the server wants an encrypted connection (strongerAuthRequired): "
    "use ldaps:// or start_tls: true",
    10: "the server refers to another one, which is not followed: name that one under servers",
    11: "the server's administrative limit was exceeded: use a smaller page_size, "
    "or ask for a higher limit for syncd's account",
    12: "the server refuses to answer in pages (unavailableCriticalExtension): "
    "page_size: 0 asks for all at once",
    13: "the server wants an encrypted connection (confidentialityRequired): "
    "use ldaps:// or start_tls: true",
    32: "there is no such entry",
    34: "the server takes the name for no DN (invalidDNSyntax)",
    48: "the server does not let this account log in so (inappropriateAuthentication)",
    49: "the name or the password is wrong (invalidCredentials)",
    50: "the account that syncd logs in with may not read there (insufficientAccessRights)",
    51: "the server is busy",
    52: "the server is unavailable",
    53: "the server is unwilling to do it (unwillingToPerform)",
    80: "the server failed inside (other)",
}

_AD_LOGIN = re.compile(r"\bdata ([0-9a-f]+)", re.IGNORECASE)
_AD_REASONS = {
    "525": "there is no such account",
    "52e": "the password is wrong, or there is no such account",
    "530": "the account may not log in at this time",
    "531": "the account may not log in from this machine",
    "532": "the account's password has expired",
    "533": "the account is disabled",
    "701": "the account has expired",
    "773": "the account must change its password first",
    "775": "the account is locked",
}
"""Windows' logon failures, as Active Directory's diagnostic message gives them in hexadecimal."""


def of_result(result: Mapping[str, Any]) -> str:
    """The meaning of a result code, and what the server added to it."""
    code, words = result["result"], str(result.get("message") or "").strip("\0 \n")
    meaning = _MEANINGS.get(code, f"the server answers {result.get('description')} ({code})")
    if code == INVALID_CREDENTIALS and (login := _AD_LOGIN.search(words)):
        meaning = _AD_REASONS.get(login[1].lower(), meaning)
    if result.get("dn"):
        meaning += f"; the nearest entry that exists is {result['dn']!r}"
    if result.get("referrals"):
        meaning += f" ({', '.join(result['referrals'])})"
    return f"{meaning}; it says {words!r}" if words else meaning


def of_wire(error: BaseException, timeout: int) -> str:
    """Why a connection that was open can no longer be used."""
    if isinstance(error, TimeoutError | BlockingIOError):
        return f"no sign of life from the server for {timeout} s"
    if isinstance(error, Disconnected):
        return f"the server closed the connection: {of_result(error.result)}"
    if isinstance(error, LDAPSessionTerminatedByServerError):
        return "the server closed the connection"
    if isinstance(error, LDAPException | OSError):
        return f"the connection broke ({error})"
    return of_entry(error)


def of_entry(error: BaseException) -> str:
    """Why what came cannot be read."""
    return f"what the server sent is no LDAP message ({type(error).__name__}: {error})"


def of_connect(error: BaseException, patience: str) -> str:
    """Why there is no connection to be had. `patience` says how long an answer was waited for."""
    if isinstance(error, LDAPStartTLSError):
        return f"the server refuses StartTLS ({error})"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused: nothing listens there"
    if isinstance(error, FileNotFoundError):
        return "there is no such socket"
    if isinstance(error, TimeoutError | BlockingIOError):
        return f"no answer in time ({patience})"
    if isinstance(error, LDAPSessionTerminatedByServerError | ConnectionResetError):
        return "the server closed the connection: does this port want TLS?"
    return str(error)


def of_handshake(error: OSError, host: str, trusted: str) -> str:
    """Why TLS could not be agreed on. `trusted` says whose certificates are trusted."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"its certificate is not good for {host!r}: {error.verify_message} (trusted: {trusted})"
        )
    if isinstance(error, TimeoutError | BlockingIOError):
        return "no answer to the TLS handshake: is this a TLS port?"
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError | ConnectionResetError):
        return "the server closed the connection in the TLS handshake: is this a TLS port?"
    if isinstance(error, ssl.SSLError) and error.reason == "WRONG_VERSION_NUMBER":
        return "what answers does not speak TLS: is this a TLS port?"
    return f"the TLS handshake failed: {error}"
