"""Chooses by which way to find out what changed, and goes it."""

from collections.abc import Callable, Iterator
from datetime import datetime

from syncd.sources.ldap import dirsync, modified, syncrepl
from syncd.sources.ldap.config import LdapConfig
from syncd.sources.ldap.cursor import DirSync, State, Syncrepl, Usn
from syncd.sources.ldap.delta_search import Searches, Unusable
from syncd.sources.ldap.delta_touched import Attributes, Extents, Touched
from syncd.sources.ldap.presets import GroupRules, UserRules, group_rules, user_rules
from syncd.sources.ldap.server import Server
from syncd.sources.ldap.sync_controls import REQUEST

_COMPUTED = frozenset(
    {
        "memberof",
        "ismemberof",
        "msds-memberoftransitive",
        "tokengroups",
        "nsrole",
        "nsroledn",
        "hassubordinates",
        "numsubordinates",
    }
)
"""Attributes that change with other entries, without a trace on their own."""


def can_follow(config: LdapConfig) -> bool:
    """Whether all that is read of an entry changes with that entry."""
    users, groups = user_rules(config), group_rules(config)
    if config.groups is not None and users.member_of is not None:
        return False
    rules: list[UserRules | GroupRules] = [users]
    if config.groups is not None:
        rules.append(groups)
    used = {each.key for each in rules}
    filters = [each.filter for each in rules]
    for rule in users.disabled:
        used.add(rule.attribute or "")
        filters.append(rule.filter or "")
    used.update(name for each in rules for names in each.attributes.values() for name in names)
    used.update(name for each in filters for name in dirsync.names_in(each))
    return _COMPUTED.isdisjoint(map(str.lower, used))


class Ways:
    """To what a configuration asks for, over one connection, to one server."""

    def __init__(
        self,
        searches: Searches,
        config: LdapConfig,
        extents: Extents,
        server: Server,
        now: datetime,
    ) -> None:
        self._searches = searches
        self._extents = extents
        self._server = server
        self._now = now
        keys = {user_rules(config).key.lower()}
        if config.groups is not None:
            keys.add(group_rules(config).key.lower())
        self._key = keys.pop() if len(keys) == 1 else ""

    def begin(self, *, log: bool) -> State:
        """The first way that can be gone; `log` is whether the server may be asked for its log.

        Raises `Unusable` where there is none.
        """
        reasons = []
        for way in self._ways(log=log):
            try:
                return way()
            except Unusable as exc:
                reasons.append(str(exc))
        raise Unusable("; ".join(reasons))

    def touched(self, state: State, attributes: Attributes) -> Touched:
        """Raises `Unusable`."""
        searches, extents, server = self._searches, self._extents, self._server
        if isinstance(state, Syncrepl):
            return syncrepl.touched(searches, extents, state, attributes)
        if isinstance(state, DirSync):
            return dirsync.touched(searches, extents, state, server, attributes)
        if isinstance(state, Usn):
            return dirsync.touched_by_number(searches, extents, state, server, attributes)
        return modified.touched(searches, extents, state, server, attributes, self._now)

    def _ways(self, *, log: bool) -> Iterator[Callable[[], State]]:
        searches, extents, server, key = self._searches, self._extents, self._server, self._key
        if dirsync.CONTROL in server.controls and key == dirsync.KEY:
            yield lambda: dirsync.start(searches, extents, server)
        if server.usn is not None:
            yield lambda: dirsync.start_by_number(searches, extents, server)
        if log and REQUEST in server.controls and key == syncrepl.KEY:
            yield lambda: syncrepl.start(searches, extents)
        tells_gone = log and key == modified.UNIQUE_ID
        yield lambda: modified.start(searches, extents, server, self._now, tells_gone=tells_gone)
