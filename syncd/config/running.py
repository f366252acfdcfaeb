"""The configuration of the daemon: when syncs run, and how one sees and hears of them."""

import ipaddress
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, PositiveInt, SecretStr, field_validator, model_validator

from syncd.config.cron import weekdays_by_name
from syncd.config.shape import Duration, Strict, Texts

UNIX = "unix:"
"""What an address begins with that is a socket in the file system."""


class BackOffSettings(Strict):
    """How long a sync waits after a failure: twice as long each time."""

    first: Duration = timedelta(minutes=1)
    most: Duration = timedelta(hours=1)

    @model_validator(mode="after")
    def _grows(self) -> Self:
        if not timedelta() < self.first <= self.most:
            raise ValueError("first should be more than nothing, and no longer than most")
        return self


class ScheduleSettings(Strict):
    """When the daemon runs a sync."""

    every: Duration | None = None
    """From one start to the next; 15m where there is no cron either."""
    cron: str | None = None
    """Five fields: minute, hour, day of month, month, day of week."""
    time_zone: str = "UTC"
    """Of the cron expression, such as Europe/Berlin."""
    jitter: Duration = timedelta()
    """Up to this much later, at random, so that not all run at once."""
    at_start: bool = True
    """Run when the daemon starts, too."""
    time_limit: Duration = timedelta(hours=2)
    """A run that takes longer finishes the change in hand and leaves the rest to the next."""
    back_off: BackOffSettings = BackOffSettings()

    @field_validator("every", "time_limit")
    @classmethod
    def _some(cls, value: timedelta | None) -> timedelta | None:
        if value is not None and value <= timedelta():
            raise ValueError("should be more than nothing")
        return value

    @field_validator("cron")
    @classmethod
    def _understood(cls, value: str | None) -> str | None:
        if value is not None:
            weekdays_by_name(value)
        return value

    @field_validator("time_zone")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("is no time zone of this system; say one as Europe/Berlin") from None
        return value

    @model_validator(mode="after")
    def _one(self) -> Self:
        if self.every is not None and self.cron is not None:
            raise ValueError("every and cron contradict each other: say one of them")
        return self


class WhenLocked(StrEnum):
    """What a daemon does whose ledger another daemon has in hand."""

    WAIT = "wait"
    EXIT = "exit"


class DaemonSettings(Strict):
    """`syncd run`, the service."""

    parallel: PositiveInt = 2
    """Syncs that run side by side."""
    when_locked: WhenLocked = WhenLocked.WAIT
    """wait: take over when the daemon that leads has ended; exit: say who it is, and end."""


class StatusSettings(Strict):
    """The status page, its API and the metrics."""

    listen: str | None = "127.0.0.1:8425"
    """HOST:PORT, unix:/PATH, or null for none."""
    token: SecretStr | None = None
    """Who shows it is told names of people. Needed where `listen` is not this machine only."""
    actions: bool = False
    """Whether syncs can be run and plans approved by the API."""
    action_token: SecretStr | None = None
    """Who shows it may act."""
    hosts: Texts = ()
    """Names under which browsers reach it, besides localhost and the address itself."""

    @field_validator("listen")
    @classmethod
    def _an_address(cls, value: str | None) -> str | None:
        if value is not None:
            place(value)
        return value

    @field_validator("token", "action_token")
    @classmethod
    def _long(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < _SHORTEST_TOKEN:
            raise ValueError(f"should have {_SHORTEST_TOKEN} letters or more: openssl rand -hex 24")
        return value

    @model_validator(mode="after")
    def _guarded(self) -> Self:
        if self.listen is not None and self.token is None and not is_private(self.listen):
            raise ValueError(
                "listen is open to other machines, so there must be a token; or say"
                " listen: 127.0.0.1:PORT, or unix:/PATH"
            )
        if self.actions and self.action_token is None:
            raise ValueError("actions need an action_token of their own")
        if self.actions and self.action_token == self.token:
            raise ValueError("the action_token should be another one than the token")
        return self


_SHORTEST_TOKEN = 16


def place(listen: str) -> tuple[str, int] | str:
    """Host and port, or the socket's path. Raises `ValueError`."""
    if listen.startswith(UNIX):
        path = listen.removeprefix(UNIX)
        if not path.startswith("/"):
            raise ValueError("should be unix:/PATH, with an absolute path")
        return path
    host, colon, port = listen.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > _PORTS:
        raise ValueError("should be HOST:PORT or unix:/PATH, such as 127.0.0.1:8425")
    return host.removeprefix("[").removesuffix("]"), int(port)


_PORTS = 65535


def is_private(listen: str) -> bool:
    """Whether only this machine reaches it."""
    where = place(listen)
    if isinstance(where, str):
        return True
    if where[0] == "localhost":
        return True
    try:
        return ipaddress.ip_address(where[0]).is_loopback
    except ValueError:
        return False


class Event(StrEnum):
    """What one may want to be told."""

    HELD = "held"
    CONFLICT = "conflict"
    WITHHELD = "withheld"
    FAILING = "failing"
    RECOVERED = "recovered"


class People(StrEnum):
    """How much of a person a message may have."""

    NOTHING = "nothing"
    LOGINS = "logins"


class NotifySettings(Strict):
    """Messages to people, by Apprise (the extra `notify`): mail, chat, webhooks."""

    to: tuple[SecretStr, ...] = ()
    """Apprise URLs; they are secrets."""
    events: tuple[Event, ...] = tuple(Event)
    after_failures: PositiveInt = 3
    """So many failures in a row before a message says so; so many whole readings in a row end one
    about withheld removals."""
    people: People = People.NOTHING
    """What a message may tell of the people it is about."""
    link: str | None = None
    """Where the status page is for who reads the message."""

    @model_validator(mode="before")
    @classmethod
    def _several(cls, given: Any) -> Any:
        """One text may hold several URLs, for a credential is one: a URL a line."""
        if isinstance(given, Mapping) and isinstance(given.get("to"), str):
            return {**given, "to": given["to"].split()}
        return given


class LogFormat(StrEnum):
    AUTO = "auto"
    CONSOLE = "console"
    JSON = "json"


class LogLevel(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogSettings(Strict):
    """What the daemon writes to standard error."""

    format: LogFormat = LogFormat.AUTO
    """auto: lines for people."""
    level: LogLevel = LogLevel.INFO
    hide: Annotated[Texts, Field(validate_default=True)] = ()
    """Fields whose values stand in no line, as globs, such as phone or attributes.*."""
