"""Signed checkpoints: where the chain was at a time, for keeping where nobody can change it.

Signed by Ed25519 (RFC 8032) over the text of `_message`; keys are PEM (RFC 8410).
"""

import base64
import hashlib
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from syncd.errors import ConfigError

_MORE = "signed checkpoints need more: install syncd[signing]"


class Checkpoint(Struct, frozen=True):
    """`seq` and `hash` are of the last line before it, on that `machine`; `key_id` is of who
    signed."""

    seq: int
    hash: str
    at: datetime
    machine: str
    key_id: str
    signature: str = ""


class Signer:
    """Made of a private key's PEM. Raises `ConfigError` where it is none."""

    def __init__(self, pem: bytes) -> None:
        self._key = _private(pem)
        self.id = _id(self._key.public_key())

    def sign(self, seq: int, hash_: str, at: datetime, machine: str) -> Checkpoint:
        bare = Checkpoint(seq, hash_, at, machine, self.id)
        signature = self._key.sign(_message(bare))
        return replace(bare, signature=base64.b64encode(signature).decode())

    def public(self) -> "Verifier":
        return Verifier(_public_pem(self._key.public_key()))


class Verifier:
    """Made of a public key's PEM. Raises `ConfigError` where it is none."""

    def __init__(self, pem: bytes) -> None:
        self._key = _public(pem)
        self.id = _id(self._key)

    def wrong(self, one: Checkpoint) -> str:
        """Why its signature is not this key's; empty where it is."""
        if one.key_id != self.id:
            return f"is signed by the key {one.key_id}, and the key that was given is {self.id}"
        try:
            signature = base64.b64decode(one.signature, validate=True)
            self._key.verify(signature, _message(one))
        except (ValueError, _invalid()):
            return f"has a signature that is not that of the key {self.id}"
        return ""


def new_pair() -> tuple[bytes, bytes]:
    """A private key and its public one, as PEM."""
    ed25519, serialization = _library()
    private = ed25519.Ed25519PrivateKey.generate()
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return pem, _public_pem(private.public_key())


def read_checkpoints(text: str, shown: str) -> list[Checkpoint]:
    """One a line. Raises `ConfigError` with the line that is none."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                found.append(_DECODER.decode(line))
            except msgspec.MsgspecError as error:
                raise ConfigError(f"{shown}:{number}: is no checkpoint: {error}") from None
    if not found:
        raise ConfigError(f"{shown}: has no checkpoint; `syncd audit checkpoint` writes one")
    return found


def _message(one: Checkpoint) -> bytes:
    parts = one.seq, one.hash, one.at.isoformat(), one.machine, one.key_id
    return "".join(f"{part}\n" for part in ("syncd audit checkpoint 1", *parts)).encode()


def _library() -> tuple[Any, Any]:
    try:
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  of an extra
        from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415  the same
    except ModuleNotFoundError as error:
        raise ConfigError(_MORE) from error
    return ed25519, serialization


def _invalid() -> type[Exception]:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  of an extra

    return InvalidSignature


def _private(pem: bytes) -> Any:
    ed25519, serialization = _library()
    try:
        key = serialization.load_pem_private_key(pem, None)
    except (ValueError, TypeError) as error:
        raise ConfigError(
            "audit.private_key is no private key in PEM without a password"
        ) from error
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise ConfigError("audit.private_key is no Ed25519 key; `syncd audit keygen` makes one")
    return key


def _public(pem: bytes) -> Any:
    ed25519, serialization = _library()
    try:
        key = serialization.load_pem_public_key(pem)
    except ValueError as error:
        raise ConfigError("--public-key: is no public key in PEM") from error
    if not isinstance(key, ed25519.Ed25519PublicKey):
        raise ConfigError("--public-key: is no Ed25519 key; `syncd audit keygen` makes one")
    return key


def _public_pem(key: Any) -> bytes:
    _, serialization = _library()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    pem: bytes = key.public_bytes(serialization.Encoding.PEM, form)
    return pem


def _id(key: Any) -> str:
    _, serialization = _library()
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:16]


_DECODER = msgspec.json.Decoder(Checkpoint)
