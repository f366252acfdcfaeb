"""An LDAP directory as a source of people and groups, as the plug-in that the entry point names."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from ldap3 import Connection
from pydantic import BaseModel

from syncd.paging import Before
from syncd.ports import Cursor
from syncd.sources.ldap.config import LdapConfig
from syncd.sources.ldap.connection import connect
from syncd.sources.ldap.delta import Delta, LdapChanges
from syncd.sources.ldap.delta_search import Unusable
from syncd.sources.ldap.presets import harmless_referrals, user_rules
from syncd.sources.ldap.reading import LdapReading
from syncd.sources.ldap.session import Session
from syncd.sources.ldap.syncrepl import NoLog


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

    def read(self, since: Cursor | None = None) -> LdapReading | LdapChanges:
        """Everything, or what changed `since`, where that can be told for certain.

        Raises `SourceError` where no server can be used.
        """
        return self._read(since, None)

    def read_since(self, since: Cursor, before: Before) -> LdapReading | LdapChanges:
        """As `read`; what was told `before` makes it certain, and quick, which groups changed."""
        return self._read(since, before)

    def _read(self, since: Cursor | None, before: Before | None) -> LdapReading | LdapChanges:
        now, log, why = self._clock(), True, list[str]()
        if since is not None:
            connection, notes = self._connected()
            delta = Delta(self._config, connection, self._over(connection, notes), now)
            try:
                return delta.changes(since, before)
            except Unusable as exc:
                why.append(f"everything was read, not only what changed: {exc}")
                log = not isinstance(exc, NoLog)
            finally:
                self.close()
        connection, notes = self._connected()
        delta = Delta(self._config, connection, self._over(connection, ()), now)
        cursor = delta.start(log=log)
        if delta.broken:  # what is needed may come all the same
            connection, notes = self._connected()
        self._session = self._over(connection, notes + why)
        return LdapReading(self._name, self._config, self._session, now, cursor)

    def _connected(self) -> tuple[Connection, list[str]]:
        """A new connection in place of any other, and notes on the servers before it."""
        self.close()
        connection, notes = connect(self._name, self._config, self._base)
        self._session = self._over(connection, ())
        return connection, notes

    def _over(self, connection: Connection, notes: Sequence[str]) -> Session:
        return Session(
            connection,
            self._config.reader,
            self._config.page_size,
            harmless_referrals(self._config),
            notes,
        )

    def close(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None
