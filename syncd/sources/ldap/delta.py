"""Only what changed since the last reading, where the server can prove it; else nothing at all.

How that is found out depends on what the server offers, and a cursor says by which way it goes on.
All of it is read before any of it is told, so that whatever shows that the changes cannot be relied
on still leads to a reading of everything.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from ldap3 import Connection
from msgspec import Struct
from msgspec.structs import replace

from syncd.core.model import GroupRecord, Key, Kind, UserRecord
from syncd.paging import Before
from syncd.ports import Cursor
from syncd.sources.ldap.config import LdapConfig
from syncd.sources.ldap.cursor import Position, decoded, encoded, search_digest
from syncd.sources.ldap.delta_expiry import Expiry
from syncd.sources.ldap.delta_search import Interrupted, Searches, Unusable
from syncd.sources.ldap.delta_telling import Telling
from syncd.sources.ldap.delta_touched import extents
from syncd.sources.ldap.delta_ways import Ways, can_follow
from syncd.sources.ldap.presets import user_rules
from syncd.sources.ldap.server import Server, look_at
from syncd.sources.ldap.session import Session


class LdapChanges(Struct):
    """`Changes`, found out before they are told. With a gap, the cursor is as it was."""

    users: Sequence[UserRecord]
    groups: Sequence[GroupRecord]
    gaps: Sequence[str]
    notes: Sequence[str]
    cursor: Cursor | None
    gone: Mapping[Kind, frozenset[Key]]


class Delta:
    """Over a connection that nothing else is read from meanwhile."""

    def __init__(
        self, config: LdapConfig, connection: Connection, session: Session, now: datetime
    ) -> None:
        self._config = config
        self._now = now
        self._extents = extents(config)
        self._searches = Searches(connection, session)
        self.broken = False
        """Whether the connection is of no more use."""
        disabled = user_rules(config).disabled
        self._expiry = Expiry(self._searches, self._extents, disabled, now)

    def start(self, *, log: bool = True) -> Cursor | None:
        """Where a reading of everything that begins now will have ended; None where unsupported.

        Without `log`, the server is not asked for its log: it was found to have none.
        """
        if not can_follow(self._config):
            return None
        try:
            server = self._server()
            state = self._ways(server).begin(log=log)
        except Unusable:
            return None
        except Interrupted:
            self.broken = True
            return None
        search, expiries = search_digest(self._config), self._expiry.begin()
        return encoded(
            Position(server=server.identity, search=search, state=state, expiries=expiries)
        )

    def changes(self, since: Cursor, before: Before | None) -> LdapChanges:
        """What changed since then. Raises `Unusable`.

        `before` has what was told until then; without it, groups may be told too late that name
        somebody by what is not their name any more.
        """
        try:
            return self._changes(since, before)
        except Interrupted as exc:
            gap = f"what changed could not be read: {exc}"
            nothing: Mapping[Kind, frozenset[Key]] = {}
            return LdapChanges((), (), (gap,), self._searches.notes, since, nothing)

    def _changes(self, since: Cursor, before: Before | None) -> LdapChanges:
        position = decoded(since)
        if position is None:
            raise Unusable("the cursor is damaged")
        if position.search != search_digest(self._config):
            raise Unusable("the configuration asks for something else now")
        server = self._server()
        if position.server != server.identity:
            raise Unusable("another server answers, or one that was set up anew")
        telling = Telling(self._config, self._searches, self._extents, before, self._now)
        touched = self._ways(server).touched(position.state, telling.attributes)
        due, expiries = self._expiry.due(position.expiries)
        contexts = {server.context_of(extent.base) for extent in self._extents.all}
        users, groups, gone = telling.told(touched, due, contexts)
        expiries = self._expiry.with_told(expiries, telling.untils)
        after = replace(position, state=touched.state, expiries=expiries)
        notes = [*self._searches.notes, *telling.notes]
        return LdapChanges(users, groups, (), notes, encoded(after), gone)

    def _server(self) -> Server:
        return look_at(self._searches, [extent.base for extent in self._extents.all])

    def _ways(self, server: Server) -> Ways:
        return Ways(self._searches, self._config, self._extents, server, self._now)
