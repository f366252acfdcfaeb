"""TLS as ldap3 asks for it, with the checks left to OpenSSL.

ldap3's own `Tls` checks nothing unless told to, and compares host names by a copy of a
function that Python removed in 3.12, which cannot match an address. OpenSSL compares both.
"""

import ssl
from typing import Any

from ldap3 import Tls


class CheckedTls(Tls):
    """ldap3's settings object, of which only the wrapping of the socket is used.

    `failure` is the error of the last handshake: ldap3 passes on its words only.
    """

    def __init__(self, context: ssl.SSLContext, server_name: str) -> None:
        super().__init__(validate=context.verify_mode)
        self._context = context
        self._server_name = server_name
        self.failure: OSError | None = None

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
        try:
            connection.socket = self._context.wrap_socket(
                connection.socket,
                do_handshake_on_connect=do_handshake,
                server_hostname=self._server_name,
            )
        except OSError as exc:
            self.failure = exc
            raise
