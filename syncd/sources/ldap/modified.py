"""What changed by the modify times (RFC 4512, 3.4.3) that a server writes into what it changes.

They prove what changed, and not what is gone: what was deleted shows no time. 389 Directory Server
is asked by RFC 4533 for that alone. The rest of its answers cannot be relied on: who came to lack
what the filter asks for is not in them, nor is anything where its change log does not have
`targetUniqueId`, and they end as if all that they do not mention were gone.
"""

import re
from datetime import datetime, timedelta

from syncd.core.model import Key
from syncd.sources.ldap import values
from syncd.sources.ldap.cursor import Modified
from syncd.sources.ldap.delta_search import MOST, Searches, Unusable
from syncd.sources.ldap.delta_touched import (
    BELOW,
    Attributes,
    Extents,
    Touched,
    created_after,
)
from syncd.sources.ldap.entries import RawEntry, opened
from syncd.sources.ldap.search import Query
from syncd.sources.ldap.server import Server
from syncd.sources.ldap.sync_controls import REQUEST
from syncd.sources.ldap.syncrepl import refreshed, starting_cookie

UNIQUE_ID = "nsuniqueid"
"""The only key by which 389 Directory Server says what is gone."""

_FORM = "%Y%m%d%H%M%SZ"
_CLOCKS = timedelta(hours=1)
"""By how much the server's clock may be behind this machine's."""

_OVERLAP = timedelta(minutes=5)
"""How long a change may be under way, or on its way from another server, that has its time."""

_SHOWS = ("modifyTimestamp", *BELOW)
_NOBODY = "(!(objectClass=*))"
_NUMBERED = re.compile(rb"[^#]*#.*#(\d+)", re.DOTALL)
"""389 Directory Server's cookie: its address, who asks for what, the number of the last change."""


def start(
    searches: Searches, extents: Extents, server: Server, now: datetime, *, tells_gone: bool
) -> Modified:
    """Raises `Unusable` where modify times cannot be seen.

    `tells_gone` is whether the keys are those by which 389 Directory Server says what is gone.
    """
    after = newest = (now - _CLOCKS).strftime(_FORM)
    known: dict[str, str] = {}
    for extent in extents.all:
        shown = Query(extent.base, "(modifyTimestamp>=19700101000000Z)", ["1.1"], "base")
        if not list(searches.found(shown)):
            raise Unusable(f"when {extent.base!r} was modified cannot be seen")
        for entry in _entries(searches, extent.rest(_SHOWS, _since(after))):
            known[entry.dn] = _modified(entry)
    newest = max([newest, *known.values()])
    cookies = _cookies(searches, extents, server) if tells_gone else ()
    return Modified(after, newest, known, cookies)


def touched(
    searches: Searches, extents: Extents, state: Modified, server: Server, attributes: Attributes
) -> Touched:
    """Raises `Unusable`."""
    found = Touched(state, created_after(state.newest))
    times, known, also = [state.newest], dict[str, str](), _since(state.after)
    for extent in extents.all:
        wanted = [*attributes[extent.kind], *_SHOWS]
        for entry in _entries(searches, extent.query(wanted, also)):
            times.append(_modified(entry))
            found.see(extent.kind, entry)
        for entry in _entries(searches, extent.rest([UNIQUE_ID, *_SHOWS], also)):
            known[entry.dn] = _modified(entry)
            if state.known.get(entry.dn) != known[entry.dn]:
                found.see_name(entry)
            if state.deletions:
                found.see_gone(extent.kind, values.key(UNIQUE_ID, entry))
    newest = max(*times, *known.values())
    deletions = _deleted(searches, extents, state, server, found) if state.deletions else ()
    found.state = Modified(_overlapping(state, newest), newest, known, deletions)
    return found


def unique_id(uuid: bytes) -> Key:
    """As 389 Directory Server writes `nsUniqueId`."""
    digits = uuid.hex()
    return Key("-".join(digits[at : at + 8] for at in range(0, 32, 8)))


def _cookies(searches: Searches, extents: Extents, server: Server) -> tuple[bytes, ...]:
    """For all that is asked for; none where the server is not 389 Directory Server."""
    if server.changes is None or REQUEST not in server.controls:
        return ()
    try:
        cookies = [starting_cookie(searches, Query(each.base, _NOBODY, ())) for each in extents.all]
    except Unusable:
        return ()
    return tuple(cookies) if all(map(_NUMBERED.fullmatch, cookies)) else ()


def _deleted(
    searches: Searches, extents: Extents, state: Modified, server: Server, found: Touched
) -> tuple[bytes, ...]:
    """Adds what is gone, and returns the next cookies. Raises `Unusable`."""
    cookies = []
    for extent, cookie in zip(extents.all, state.deletions, strict=True):
        number = _NUMBERED.fullmatch(cookie)
        # it answers with what is left where its log does not go back as far as the cookie
        if number is None or server.changes is None or server.changes[0] > int(number[1]) + 1:
            raise Unusable("the server's log of changes does not go back far enough")
        query = Query(extent.base, _NOBODY, ["1.1"], extent.scope)
        refresh = refreshed(searches, query, cookie)
        for uuid in refresh.gone:
            found.see_gone(extent.kind, unique_id(uuid))
        cookies.append(refresh.cookie)
    return tuple(cookies)


def _overlapping(state: Modified, newest: str) -> str:
    """From when to ask next time, by the server's clock."""
    moment = datetime.strptime(newest[:14] + "Z", _FORM) - _OVERLAP  # noqa: DTZ007 - both are UTC
    return max(state.after, moment.strftime(_FORM))


def _entries(searches: Searches, query: Query) -> list[RawEntry]:
    return [opened(octets) for octets in searches.found(query, MOST)]


def _modified(entry: RawEntry) -> str:
    return entry.attributes.get("modifytimestamp", [b""])[0].decode("ascii", "replace")


def _since(second: str) -> str:
    return f"(modifyTimestamp>={second})"
