"""An LDAP directory as a source of people and groups, as the plug-in that the entry point names."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from ldap3 import Connection
from pydantic import BaseModel

from syncd.paging import Before
from syncd.ports import Cursor
from syncd.sources.ldap.config import LdapConfig
from syncd.sources.ldap.connection import connect, disconnect
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
        self.close()
        now, log = self._clock(), True
        connection, notes = connect(self._name, self._config, self._base)
        if since is not None:
            self._session = self._over(connection, notes)
            try:
                changes = Delta(self._config, connection, self._session, now).changes(since, before)
            except Unusable as exc:
                notes.append(f"everything was read, not only what changed: {exc}")
                log = not isinstance(exc, NoLog)
            else:
                self.close()
                return changes
        beginning = self._over(connection, [])
        cursor = Delta(self._config, connection, beginning, now).start(log=log)
        if beginning.lost or connection.closed:  # what is needed may come all the same
            disconnect(connection)
            connection, passed_over = connect(self._name, self._config, self._base)
            notes += [note for note in passed_over if note not in notes]
        self._session = self._over(connection, notes)
        return LdapReading(self._name, self._config, self._session, now, cursor)

    def _over(self, connection: Connection, notes: list[str]) -> Session:
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
