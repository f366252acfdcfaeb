"""HTTP for backends: a session that a backend holds, and that speaks in syncd's errors.

Public: what third parties' backends build on, as the built-in ones do.
"""

from syncd.backends.http.answer import Answer
from syncd.backends.http.basic import basic
from syncd.backends.http.credentials import Credentials
from syncd.backends.http.dialect import Dialect, half_done
from syncd.backends.http.oauth2 import ClientCredentials, client_credentials
from syncd.backends.http.retry_after import retry_after
from syncd.backends.http.server import Server, ServerConfig
from syncd.backends.http.session import Session
from syncd.backends.http.tokens import Token, Tokens
from syncd.backends.http.whole import ListPage, whole

__all__ = [
    "Answer",
    "ClientCredentials",
    "Credentials",
    "Dialect",
    "ListPage",
    "Server",
    "ServerConfig",
    "Session",
    "Token",
    "Tokens",
    "basic",
    "client_credentials",
    "half_done",
    "retry_after",
    "whole",
]
