"""Other names for people, by a key: the same one for the same name, and nobody's without the key.

Two names that are one to a target that compares without case get pseudonyms that are so too.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Sequence
from pathlib import Path

from syncd.core.mapping import matches
from syncd.core.normal import normal
from syncd.core.policy import Protect
from syncd.errors import ConfigError

_LETTERS = 20
"""More than 90 bits: no two people of any directory meet by chance."""

_ALPHABET = "abcdefghijklmnopqrstuvwxyz"

_USER, _GROUP = "protected-", "-protected"
"""Before what a pattern of protected users fits, and after what one of groups does."""

_HELD = "held{}-"
"""Before what the pattern of a legal hold fits, by its number."""

KEY_OCTETS = 32


def new_key(path: Path) -> bytes:
    """Of random octets, in a new file for its owner only. Raises `ConfigError`."""
    key = secrets.token_bytes(KEY_OCTETS)
    try:
        path.touch(mode=0o600, exist_ok=False)
        path.write_bytes(key)
    except FileExistsError:
        raise ConfigError(f"{path} is there already: say --key-file to use it") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None
    return key


def read_key(path: Path) -> bytes:
    """Raises `ConfigError`."""
    try:
        key = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    if len(key) < KEY_OCTETS:
        raise ConfigError(
            f"{path} has {len(key)} octets, and a key needs {KEY_OCTETS}: "
            "`syncd bundle --new-key FILE` makes one"
        )
    return key


def name_of_key(key: bytes) -> str:
    """By which bundles of the same key are known."""
    return hmac.digest(key, b"which key", "sha256").hex()[:16]


class Pseudonyms:
    """`sources` are not hidden in full keys. What `protect` fits is marked, and its `patterns` fit
    just those marks; so is what each of the `holds` fits, which are patterns too."""

    def __init__(
        self, key: bytes, sources: Collection[str], protect: Protect, holds: Sequence[str] = ()
    ) -> None:
        self._key, self._sources, self._protect = key, frozenset(sources), protect
        self._holds = tuple(dict.fromkeys(holds))
        self._known: dict[str, str] = {"": ""}

    @property
    def patterns(self) -> Protect:
        users, groups = self._protect.users, self._protect.groups
        return Protect((f"{_USER}*",) if users else (), (f"*{_GROUP}",) if groups else ())

    def hold(self, pattern: str) -> str:
        """What fits the marks of one of the `holds`."""
        return f"*{_HELD.format(self._holds.index(pattern))}*"

    def learn(self, name: str, pseudonym: str) -> None:
        """Of a name that is made of another one."""
        self._known[name] = pseudonym

    def __call__(self, name: str) -> str:
        if (known := self._known.get(name)) is None:
            source, colon, own = name.partition(":")
            if colon and source in self._sources:
                known = f"{source}:{self._held(name)}{self._letters(own)}"
            else:
                known = self._marked(name)
            self._known[name] = known
        return known

    def _marked(self, name: str) -> str:
        before = _USER if matches(name, self._protect.users) else ""
        after = _GROUP if matches(name, self._protect.groups) else ""
        return f"{before}{self._held(name)}{self._letters(name)}{after}"

    def _held(self, name: str) -> str:
        fitting = (at for at, one in enumerate(self._holds) if matches(name, (one,)))
        return "".join(map(_HELD.format, fitting))

    def _letters(self, name: str) -> str:
        """Small ones, unless case is all that tells it from its own normal form."""
        caseless, exact = normal(name, caseless=True), normal(name, caseless=False)
        number = int.from_bytes(self._digest(b"name", caseless))
        letters = ""
        for _ in range(_LETTERS):
            number, rest = divmod(number, len(_ALPHABET))
            letters += _ALPHABET[rest]
        if exact == caseless:
            return letters
        bits = int.from_bytes(self._digest(b"case", exact)) | 1
        return "".join(
            letter.upper() if bits >> place & 1 else letter for place, letter in enumerate(letters)
        )

    def _digest(self, use: bytes, name: str) -> bytes:
        return hmac.digest(
            self._key, use + b"\0" + name.encode(errors="surrogatepass"), hashlib.sha256
        )
