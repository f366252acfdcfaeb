"""What every verb begins with: the checked settings, and a screen that knows their secrets."""

import gc
import os
import pwd
import socket
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

from syncd.cli.failures import by_signal, guarded, worst
from syncd.cli.screen import Screen
from syncd.cli.words import Reading
from syncd.config import load_settings
from syncd.config.assemble import ledger
from syncd.config.settings import Settings
from syncd.cycle.mode import Mode
from syncd.errors import ConfigError
from syncd.ledger import Ledger
from syncd.redact import Redactor, secrets_of, suspects

_NO_CONFIG = "which configuration? Say `syncd --config FILE VERB`, or set SYNCD_CONFIG"


class Opened(NamedTuple):
    settings: Settings
    screen: Screen


def run(config: Path | None, body: Callable[[Opened], int]) -> int:
    """The body's exit code, or that of the configuration's mistakes."""
    screen = Screen(Redactor())

    def opened() -> int:
        return body(Opened(_settings(config, screen), screen))

    return guarded(opened, screen)


def without_settings(body: Callable[[Screen], int]) -> int:
    """The body's exit code; for verbs that need no configuration."""
    screen = Screen(Redactor())
    return guarded(partial(body, screen), screen)


def each_sync(opened: Opened, names: Sequence[str], body: Callable[[str], int]) -> int:
    """The worst exit code; one sync that fails does not keep the others waiting."""
    several = len(names) > 1
    codes: list[int] = []
    for name in names:
        codes.append(guarded(partial(body, name), opened.screen, name if several else ""))
        if by_signal(codes[-1]):
            break
    return worst(codes)


def mode(how: Reading) -> Mode:
    """Raises `ConfigError` where both are asked for."""
    if how.full and how.quick:
        raise ConfigError("--full and --quick contradict each other: say one of them")
    return Mode.FULL if how.full else Mode.QUICK if how.quick else Mode.DUE


def writable(opened: Opened) -> Ledger:
    """The ledger, to be written to; what is wrong with the audit is said on the screen."""

    def alarm(trouble: str) -> None:
        if trouble:
            opened.screen.say_error(trouble, "yellow")

    return ledger(opened.settings, write=True, redact=opened.screen.redact, alarm=alarm)


def who() -> str:
    """Whoever gave the command, and where."""
    return f"{login()} on {socket.gethostname()}"


def login() -> str:
    """Of whoever gave the command, also by way of sudo. No other variable is believed: anybody may
    set them, and approve as two people."""
    number = os.getuid()
    if number == 0 and (called := os.environ.get("SUDO_USER")):
        return called
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:  # nobody gave it a name
        return f"user {number}"


def now() -> datetime:
    return datetime.now(UTC)


def _settings(config: Path | None, screen: Screen) -> Settings:
    screen.redact.learn(suspects(os.environ, config))
    if config is None:
        raise ConfigError(_NO_CONFIG)
    settings = load_settings(config, os.environ)
    screen.redact.learn(secrets_of(settings))
    _collect_garbage_from_now_on()
    return settings


def load_too(opened: Opened, config: Path) -> Settings:
    """Of another configuration, whose secrets are blotted out as well."""
    opened.screen.redact.learn(suspects(os.environ, config))
    settings = load_settings(config, os.environ)
    opened.screen.redact.learn(secrets_of(settings))
    return settings


def _collect_garbage_from_now_on() -> None:
    """Among what comes: what is loaded by now stays, and need not be looked through again."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
