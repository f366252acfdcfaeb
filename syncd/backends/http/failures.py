"""Says in plain words why no answer came."""

import socket
import ssl
from http.client import IncompleteRead


def why_no_connection(error: Exception) -> str:
    match error:
        case socket.gaierror():
            return "the host's name cannot be resolved"
        case ConnectionRefusedError():
            return "nobody listens there"
        case ssl.SSLCertVerificationError():
            return f"its certificate cannot be trusted: {error.verify_message or error.reason}"
        case ssl.SSLError():
            return f"TLS failed: {error.reason or error}"
        case TimeoutError():
            return f"no connection in time ({error})"
        case _:
            return f"no connection: {error}"


def why_no_answer(error: Exception) -> str:
    match error:
        case TimeoutError():
            return "no answer in time"
        case ConnectionError():
            return "the connection was cut before an answer"
        case ssl.SSLError():
            return f"TLS failed before an answer: {error.reason or error}"
        case OSError():
            return f"the connection was lost: {error}"
        case IncompleteRead():
            return "the answer was cut"
        case _:
            return f"the answer cannot be read: {str(error) or type(error).__name__}"
