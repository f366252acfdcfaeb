"""Read a bundle, when nothing in it was changed."""

import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import msgspec

from syncd.errors import ConfigError
from syncd.evidence.packing import FORMAT, MANIFEST, Manifest, Packed, sealed

_LONGEST_MANIFEST = 1 << 22
"""Octets. What syncd makes has some thousands; a bomb has as many as fit into a memory."""
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)
"""What `zipfile` raises for a member that cannot be read; the last for one that claims to be
encrypted."""


class Bundle:
    """An open one; every member is as its manifest says."""

    def __init__(self, path: Path) -> None:
        """Raises `ConfigError`, which names each member that was changed."""
        self._path = path
        try:
            self.digest = sealed(path)
            self._zip = zipfile.ZipFile(path)
        except OSError as error:
            raise ConfigError(f"{path} cannot be read: {error.strerror or error}") from None
        except (zipfile.BadZipFile, ValueError) as error:
            raise ConfigError(f"{path} is no bundle, or is not whole: {error}") from None
        try:
            self.manifest = self._checked()
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def lines(self, name: str) -> Iterator[bytes]:
        """With their ends; none where there is no such member."""
        if name in self.manifest.members:
            with self._zip.open(name) as member:
                yield from member

    def value(self, name: str) -> Any:
        return msgspec.json.decode(b"".join(self.lines(name)))

    def _checked(self) -> Manifest:
        manifest = self._manifest()
        wrong = [name for name, one in manifest.members.items() if not self._is(name, one)]
        wrong += sorted(set(self._zip.namelist()) - {*manifest.members, MANIFEST})
        if wrong:
            raise ConfigError(f"{self._path} was changed after it was made: {', '.join(wrong)}")
        if self.digest is None:
            raise ConfigError(
                f"{self._path} was changed after it was made: {MANIFEST}, or what holds the "
                "members together"
            )
        return manifest

    def _manifest(self) -> Manifest:
        try:
            with self._zip.open(MANIFEST) as member:
                text = member.read(_LONGEST_MANIFEST + 1)
            if len(text) > _LONGEST_MANIFEST:
                raise ConfigError(f"{self._path}: {MANIFEST} is longer than any that syncd makes")
            version = msgspec.json.decode(text, type=_Version).format
        except (KeyError, msgspec.MsgspecError, *_DAMAGED):
            raise ConfigError(f"{self._path} is no bundle, or its {MANIFEST} was changed") from None
        if version != FORMAT:
            raise ConfigError(
                f"{self._path} has format {version}, and this syncd reads format {FORMAT}"
            )
        try:
            return msgspec.json.decode(text, type=Manifest)
        except msgspec.MsgspecError as error:
            raise ConfigError(f"{self._path}: {MANIFEST} was changed: {error}") from None

    def _is(self, name: str, expected: Packed) -> bool:
        digest, octets = hashlib.sha256(), 0
        try:
            with self._zip.open(name) as member:
                while octets <= expected.octets and (some := member.read(1 << 20)):
                    digest.update(some)
                    octets += len(some)
        except (KeyError, *_DAMAGED):
            return False
        return (digest.hexdigest(), octets) == (expected.sha256, expected.octets)


class _Version(msgspec.Struct):
    format: int
