"""A bundle as a file: plain members in a zip, each with its digest in the manifest.

Equal members make equal octets. The zip's comment is a digest of all before it, so that whatever
is changed afterwards shows, be it in no member.
"""

import hashlib
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Self

import msgspec
from msgspec import Struct

FORMAT = 1
MANIFEST = "manifest.json"

_DIGITS = hashlib.sha256().digest_size * 2
COMMENT = b"syncd bundle, SHA-256 of all before: "

# The first date that a zip can say (APPNOTE.TXT 4.4.6).
_SOME_DAY = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_OWNERS = 0o600 << 16


class Packed(Struct, frozen=True):
    """One member: its SHA-256, octets, and lines."""

    sha256: str
    octets: int
    lines: int


class Manifest(Struct, frozen=True, kw_only=True):
    """`made_by` is the version of syncd that decided the run, and `plan` the digest of what it set
    out to do. `replays_to` is what the members lead to: the same, unless people in them are
    pseudonymised, or another version bundled them; None where they lead to another plan under
    pseudonyms, so that there is nothing to compare. `key` tells which key they were pseudonymised
    with."""

    format: int = FORMAT
    made_by: str
    run: int
    sync: str
    plan: str
    replays_to: str | None
    key: str | None = None
    members: Mapping[str, Packed] = {}


class Packer:
    """Members one by one, then `seal`; to be left before the file is closed."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._zip = zipfile.ZipFile(file, "w")
        self.members: dict[str, Packed] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def add(self, name: str, lines: Iterable[bytes]) -> None:
        """Lines with their ends."""
        digest, octets, number = hashlib.sha256(), 0, 0
        with self._zip.open(_info(name), "w", force_zip64=True) as member:
            for line in lines:
                member.write(line)
                digest.update(line)
                octets, number = octets + len(line), number + 1
        self.members[name] = Packed(digest.hexdigest(), octets, number)

    def add_lines(self, name: str, values: Iterable[object]) -> None:
        """A value a line."""
        self.add(name, (_ENCODE(value) + b"\n" for value in values))

    def add_value(self, name: str, value: object) -> None:
        text = msgspec.json.format(_ENCODE(value), indent=1) + b"\n"
        self.add(name, text.splitlines(keepends=True))

    def seal(self, manifest: Manifest) -> str:
        """The bundle's digest."""
        self._zip.comment = COMMENT + b"0" * _DIGITS
        text = msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"
        with self._zip.open(_info(MANIFEST), "w", force_zip64=True) as member:
            member.write(text)
        self._zip.close()
        self._file.seek(0)
        digest = _digest_but_last(self._file)
        self._file.seek(-_DIGITS, 2)
        self._file.write(digest.encode())
        return digest


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _SOME_DAY)
    info.compress_type, info.create_system, info.external_attr = (
        zipfile.ZIP_DEFLATED,
        _UNIX,
        _OWNERS,
    )
    return info


def sealed(path: Path) -> str | None:
    """The digest of a bundle that is as it was made; None where anything in it was changed."""
    with path.open("rb") as file:
        digest = _digest_but_last(file)
        return digest if file.read() == digest.encode() else None


def _digest_but_last(file: IO[bytes]) -> str:
    """Of all but the digits at the end; the file then stands before these."""
    digest, size = hashlib.sha256(), file.seek(0, 2) - _DIGITS
    file.seek(0)
    left = max(size, 0)
    while left and (some := file.read(min(left, 1 << 20))):
        digest.update(some)
        left -= len(some)
    return digest.hexdigest()


_ENCODE = msgspec.json.Encoder().encode
