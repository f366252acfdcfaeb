"""HTTP for backends: a session that a backend holds, and that speaks in syncd's errors.

Public: what third parties' backends build on, as the built-in ones do.
"""

from syncd.backends.http.answer import Answer
from syncd.backends.http.dialect import Dialect, half_done
from syncd.backends.http.retry_after import retry_after
from syncd.backends.http.server import Server, ServerConfig
from syncd.backends.http.session import Session

__all__ = ["Answer", "Dialect", "Server", "ServerConfig", "Session", "half_done", "retry_after"]
