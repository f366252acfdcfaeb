"""Those who get messages, by Apprise (the extra `notify`): mail, chat, webhooks.

The URL of a receiver is a secret, in any part of it: a password, a token in the path, a topic for
a host. It is told of by its service and its place in the settings only.
"""

import logging
import re
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Protocol
from urllib.parse import unquote

from pydantic import SecretStr

from syncd.config.running import Event
from syncd.daemon.wording import Text
from syncd.errors import ConfigError
from syncd.redact import BLOT

_KINDS = {
    Event.HELD: "warning",
    Event.CONFLICT: "warning",
    Event.WITHHELD: "warning",
    Event.FAILING: "failure",
    Event.RECOVERED: "success",
    None: "info",
}
"""Apprise's kinds of messages, which some services show as colours."""

_ASSET = {
    "app_id": "syncd",
    "app_desc": "syncd",
    "app_url": "",
    "async_mode": False,
    "allow_templates": False,
    "http_redirects": False,
    "pem_autogen": False,
    "pgp_autogen": False,
    "secure_logging": True,
    "storage_mode": "memory",
}
"""No templates in what people are called, no files, no redirects that take a secret elsewhere."""

_SCHEME = re.compile(r"([A-Za-z0-9]{1,20})://")
_PARTS = re.compile(r"[/?#&=@:;,\s]+")
_SHORTEST_PART = 3
_MOST_WORDS = 300
_NOT_THERE = "notify.to needs Apprise: pip install 'syncd[notify]'"
_DOCS = "see docs/notifications.md for examples"


class Receiver(Protocol):
    @property
    def name(self) -> str:
        """The service and its place in the settings, for people."""
        ...

    @property
    def url(self) -> SecretStr: ...

    def send(self, text: Text, event: Event | None) -> str:
        """Why it could not be sent, in words without a secret; empty where it was. Raises nothing.

        None is for a test. It may take as long as the service's time-outs, some seconds.
        """
        ...


def receivers(urls: Sequence[SecretStr]) -> list[Receiver]:
    """Raises `ConfigError` where Apprise is missing or does not understand one of them."""
    if not urls:
        return []
    apprise = _apprise()
    # Its modules warn of Python's own to come, which is for those who make it.
    with warnings.catch_warnings(), _heard():
        warnings.simplefilter("ignore")
        known = {name: value for name, value in _ASSET.items() if _is_known(apprise, name)}
        asset = apprise.AppriseAsset(**known)
        made = [apprise.Apprise.instantiate(url.get_secret_value(), asset) for url in urls]
    wrong = [
        _mistake(number, url.get_secret_value())
        for number, (url, service) in enumerate(zip(urls, made, strict=True))
        if service is None
    ]
    if wrong:
        raise ConfigError(*wrong)
    return [
        _Apprise(service, url, f"{_scheme(url)} ({number} of {len(urls)})")
        for number, (url, service) in enumerate(zip(urls, made, strict=True), 1)
    ]


def _apprise() -> Any:
    try:
        return import_module("apprise")
    except ModuleNotFoundError:
        raise ConfigError(_NOT_THERE) from None


def _is_known(apprise: Any, option: str) -> bool:
    """Later versions of Apprise have more of them."""
    return hasattr(apprise.AppriseAsset, option)


def _mistake(number: int, url: str) -> str:
    where = f"notify.to[{number}]"
    if not (found := _SCHEME.match(url)):
        return f"{where}: is no URL, which would begin like mailtos:// or json://; {_DOCS}"
    return f"{where}: Apprise does not understand this {found[1].lower()}:// URL; {_DOCS}"


def _scheme(url: SecretStr) -> str:
    found = _SCHEME.match(url.get_secret_value())
    return found[1].lower() if found else "service"


class _Apprise:
    def __init__(self, service: Any, url: SecretStr, name: str) -> None:
        self._service, self.url, self.name = service, url, name

    def send(self, text: Text, event: Event | None) -> str:
        given = {"title": text.title, "body": text.body, "notify_type": _KINDS[event]}
        with _heard() as words:
            try:
                if self._service.notify(**given, body_format="text"):
                    return ""
            except Exception as error:  # noqa: BLE001  a hundred services, each with errors of its own
                words.append(f"{type(error).__name__}: {error}")
        return self._without_secrets("; ".join(words)) or "it was not taken"

    def _without_secrets(self, words: str) -> str:
        """Apprise names hosts and quotes answers: whatever the URL has too is left out."""
        url = self.url.get_secret_value()
        parts = {part for one in (url, unquote(url)) for part in _PARTS.split(one)[1:]}
        for part in sorted({url, *parts}, key=len, reverse=True):
            if len(part) >= _SHORTEST_PART:
                words = re.sub(re.escape(part), BLOT, words, flags=re.IGNORECASE)
        return words[:_MOST_WORDS]


@contextmanager
def _heard() -> Iterator[list[str]]:
    """What Apprise says in this thread meanwhile; nobody else hears it."""
    logger, words = logging.getLogger("apprise"), list[str]()
    handler, before = _Listening(words), (logger.level, logger.propagate)
    logger.addHandler(handler)
    logger.setLevel(logging.WARNING)
    logger.propagate = False
    try:
        yield words
    finally:
        logger.removeHandler(handler)
        logger.level, logger.propagate = before


class _Listening(logging.Handler):
    def __init__(self, words: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._words, self._thread = words, threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self._words.append(record.getMessage())
