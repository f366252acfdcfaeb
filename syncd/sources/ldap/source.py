"""An LDAP directory as a source of people and groups, as the plug-in that the entry point names."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel

from syncd.ports import Cursor
from syncd.sources.ldap.config import LdapConfig
from syncd.sources.ldap.connection import connect
from syncd.sources.ldap.presets import harmless_referrals, user_rules
from syncd.sources.ldap.reading import LdapReading
from syncd.sources.ldap.session import Session


def _utc_now() -> datetime:
    return datetime.now(UTC)


class LdapSource:
    """Each reading connects to the first server that answers, and ends the reading before it."""

    Config: ClassVar[type[BaseModel]] = LdapConfig

    def __init__(
        self,
        name: str,
        config: LdapConfig,
        base: Path,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._name = name
        self._config = config
        self._base = base
        self._clock = clock
        self._session: Session | None = None
        self.supplies = frozenset(user_rules(config).attributes)

    def read(self, since: Cursor | None = None) -> LdapReading:  # noqa: ARG002 - the port's; always everything
        """Everything, whatever `since` says. Raises `SourceError` where no server can be used."""
        self.close()
        connection, passed_over = connect(self._name, self._config, self._base)
        self._session = Session(
            connection,
            self._config.reader,
            self._config.page_size,
            harmless_referrals(self._config),
            passed_over,
        )
        return LdapReading(self._name, self._config, self._session, self._clock())

    def close(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None
