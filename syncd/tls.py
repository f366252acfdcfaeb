"""Whom TLS trusts, and what it shows."""

import ssl
from pathlib import Path


def tls_context(
    ca_file: Path | None, certificate: tuple[Path, Path | None] | None, *, verify: bool
) -> ssl.SSLContext:
    """What to trust and what to show. Raises OSError where a file cannot be used."""
    context = ssl.create_default_context(cafile=ca_file)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if certificate is not None:
        # without this, OpenSSL asks at the terminal for the passphrase of a key that has one
        context.load_cert_chain(*certificate, password="")
    return context
