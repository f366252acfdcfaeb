"""The last line of defence for secrets: what is known to be one is blotted out of every error.

Secrets are `SecretStr` and appear in no message to begin with. This is for what nobody thought of:
a library that quotes its arguments, a traceback.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

from pydantic import BaseModel, SecretBytes, SecretStr

BLOT = "***"

_SHORTEST = 4
"""Shorter ones would blot out half of every message."""

_TELLING = r"[\w-]*(?:passw|passphrase|secret|token|credential|api_?key|private_?key)[\w-]*"
_SECRET_NAME = re.compile(rf"(?i){_TELLING}")
_IN_URL = re.compile(r"://[^/?#@:\s]*:([^/?#@\s]+)@|[?&]password=([^&\s\"']+)")
_IN_FILE = re.compile(rf"(?i)({_TELLING})[\"']?\s*:[ \t]*(\"[^\"]*\"|'[^']*'|[^\n]+)")
_BARE_ENDS = re.compile(r"\s#|[,}\]]")
_WORDS = {"null", "true", "false"}


class Redactor:
    """Called from many threads while another one teaches it: what it knows is replaced whole."""

    def __init__(self) -> None:
        self._known: tuple[str, ...] = ()

    def learn(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets for form in _forms(secret) if len(form) >= _SHORTEST}
        self._keep({*self._known, *forms})

    def forget(self, secrets: Iterable[str]) -> None:
        self._keep({*self._known}.difference(*map(_forms, secrets)))

    def __call__(self, text: str) -> str:
        for secret in self._known:
            text = text.replace(secret, BLOT)
        return text

    def _keep(self, known: set[str]) -> None:
        self._known = tuple(sorted(known, key=len, reverse=True))


def secrets_of(value: object) -> Iterator[str]:
    """All that a model keeps as a secret, at any depth."""
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, SecretBytes):
        yield value.get_secret_value().decode(errors="replace")
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            inner = getattr(value, name)
            yield from _in_file(name, inner) if isinstance(inner, Path) else secrets_of(inner)
    elif isinstance(value, Mapping | list | tuple | set | frozenset):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from secrets_of(inner)


def suspects(environ: Mapping[str, str], config: Path | None) -> Iterator[str]:
    """What looks like a secret, for as long as there are no checked settings to tell."""
    for name, value in environ.items():
        if name.upper().startswith("SYNCD_"):
            yield from _suspect(name, value)
    if directory := environ.get("CREDENTIALS_DIRECTORY"):
        yield from (_text(path).strip() for path in _files(Path(directory)))
    text = _text(config) if config else ""
    yield from _in_urls(text)
    for name, value in _IN_FILE.findall(text):
        yield from _suspect(name, value.strip())


def _suspect(name: str, value: str) -> Iterator[str]:
    yield from _in_urls(value)
    if _SECRET_NAME.fullmatch(name) and not name.lower().endswith("_file"):
        # A bare word may end before the line does, or hold what usually ends it.
        ends = {value, value.strip("\"'"), _BARE_ENDS.split(value)[0].strip()}
        yield from ends - _WORDS


def _in_urls(text: str) -> Iterator[str]:
    for groups in _IN_URL.findall(text):
        yield from groups


def _in_file(name: str, path: Path) -> Iterator[str]:
    """What a setting such as `password_file` names."""
    if _SECRET_NAME.fullmatch(name):
        yield _text(path).strip()


def _forms(secret: str) -> set[str]:
    """As it is, and as URLs, JSON and `repr` write it."""
    bare = json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]
    return {secret, quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1], *bare}


def _files(directory: Path) -> list[Path]:
    return [path for path in directory.iterdir() if path.is_file()] if directory.is_dir() else []


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
