"""HTTP's own log-in by name and password."""

import base64


def basic(user: str, password: str) -> str:
    """The value of an Authorization header (RFC 7617, section 2); `user` holds no colon."""
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"
