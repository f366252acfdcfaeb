"""What changed by the modify times (RFC 4512, 3.4.3) that a server writes into what it changes.

They prove what changed, and not what is gone: what was deleted shows no time. 389 Directory Server
is asked by RFC 4533 for that alone. The rest of its answers cannot be relied on: who came to lack
what the filter asks for is not in them, nor is anything where its change log does not have
`targetUniqueId`, and they end as if all that they do not mention were gone.
"""

import re
from datetime import datetime, timedelta

from msgspec.structs import replace

from syncd.core.model import Key
from syncd.sources.ldap import failures, values
from syncd.sources.ldap.cursor import Modified
from syncd.sources.ldap.delta_search import MOST, Searches, Unusable
from syncd.sources.ldap.delta_touched import (
    BELOW,
    Attributes,
    Extent,
    Extents,
    Touched,
    created_after,
)
from syncd.sources.ldap.entries import RawEntry
from syncd.sources.ldap.search import Query
from syncd.sources.ldap.server import Server
from syncd.sources.ldap.sync_controls import REQUEST
from syncd.sources.ldap.syncrepl import refreshed, starting_cookie

UNIQUE_ID = "nsuniqueid"
"""The only key by which 389 Directory Server says what is gone."""

_FORM = "%Y%m%d%H%M%SZ"
_OVERLAP = timedelta(minutes=5)
"""How long a change may be under way, or on its way from another server, that has its time."""

_AGO = (timedelta(minutes=5), timedelta(hours=1), timedelta(days=1), timedelta(days=30))
_EVER = "19700101000000Z"
_SOME = 500
_SIZE_LIMIT_EXCEEDED = 4

_MOMENT = re.compile(r"\d{14}(?:\.\d+)?Z", re.ASCII)
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
    for extent in extents.all:
        searches.refuse_hidden(extent.query([]), "modifyTimestamp")
    newest = max(_newest(searches, extent, now) for extent in extents.all)
    state = Modified(newest, now)
    for extent in extents.all:
        for entry in _entries(searches, extent.rest(_SHOWS, _since(state, now))):
            state.known[entry.dn] = _modified(entry)
    cookies = _cookies(searches, extents, server) if tells_gone else ()
    return replace(state, deletions=cookies)


def touched(
    searches: Searches,
    extents: Extents,
    state: Modified,
    server: Server,
    attributes: Attributes,
    now: datetime,
) -> Touched:
    """Raises `Unusable`."""
    lookup = "nsUniqueId" if state.deletions else ""
    found = Touched(state, created_after(state.newest), lookup=lookup)
    times, known, also = [state.newest], dict[str, str](), _since(state, now)
    for extent in extents.all:
        wanted = [*attributes[extent.kind], *_SHOWS]
        for entry in _entries(searches, extent.query(wanted, also)):
            times.append(_modified(entry))
            found.see(extent.kind, entry)
        for entry in _entries(searches, extent.rest([UNIQUE_ID, *_SHOWS], also)):
            known[entry.dn] = _modified(entry)
            if state.known.get(entry.dn) == known[entry.dn]:
                continue
            found.see_name(entry)
            if state.deletions:
                found.see_gone(extent.kind, values.key(UNIQUE_ID, entry))
    newest = max([*times, *known.values()])
    deletions = _deleted(searches, extents, state, server, found) if state.deletions else ()
    seen = state.seen if newest == state.newest else now
    found.state = Modified(newest, seen, known, deletions)
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


def _newest(searches: Searches, extent: Extent, now: datetime) -> str:
    """About the newest time that anything there shows, by the server's own clock, or before it.

    Raises `Unusable` where none is shown.
    """
    for since in (*((now - ago).strftime(_FORM) for ago in _AGO), _EVER):
        condition = f"(modifyTimestamp>={since})"
        query = Query(extent.base, condition, ["modifyTimestamp"], "subtree")
        answer = searches.ask(query, most=_SOME)
        if answer.code not in {failures.SUCCESS, _SIZE_LIMIT_EXCEEDED}:
            raise Unusable(failures.of_result(answer.result))
        if shown := max((_modified(entry) for entry, _ in answer.entries), default=""):
            return shown
    raise Unusable(f"when anything under {extent.base!r} was modified cannot be seen")


def _entries(searches: Searches, query: Query) -> list[RawEntry]:
    return [entry for _, entry in searches.found(query, MOST)]


def _modified(entry: RawEntry) -> str:
    """Empty where it does not show a moment."""
    written = entry.attributes.get("modifytimestamp", [b""])[0].decode("ascii", "replace")
    return written if _MOMENT.fullmatch(written) else ""


def _since(state: Modified, now: datetime) -> str:
    """A filter for what may have changed: from the newest that was seen, if not from before it."""
    overlap = max(timedelta(), _OVERLAP - (now - state.seen))
    newest = datetime.strptime(state.newest[:14] + "Z", _FORM)  # noqa: DTZ007 - the server's own
    return f"(modifyTimestamp>={(newest - overlap).strftime(_FORM)})"
