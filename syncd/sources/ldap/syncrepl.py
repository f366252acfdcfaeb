"""What changed by the content synchronization operation of RFC 4533, polled (refreshOnly).

What an answer proves is in its phases. Of what a delete phase does not mention nothing has changed;
of what a present phase does not mention nothing is there any more, and that cannot be told without
knowing all that was there.
"""

import re
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from syncd.core.model import Key
from syncd.sources.ldap import failures
from syncd.sources.ldap.ber import Malformed
from syncd.sources.ldap.cursor import Syncrepl
from syncd.sources.ldap.delta_search import MOST, Answer, Control, Searches, Unusable
from syncd.sources.ldap.delta_touched import BELOW, Attributes, Extents, Touched, created_after
from syncd.sources.ldap.entries import RawEntry
from syncd.sources.ldap.search import Query
from syncd.sources.ldap.sync_controls import (
    DELETE,
    DONE,
    INFO,
    PRESENT,
    REQUEST,
    STATE,
    Ending,
    Presence,
    done_of,
    gone_by,
    request_value,
    state_of,
)

KEY = "entryuuid"
"""The only key by which OpenLDAP says what is gone."""

_REFRESH_REQUIRED = 4096
_NO_LOG = "the server does not know any more what was deleted since"
_CSN = re.compile(r"(\d{14}\.\d{6}Z#[0-9a-f]{6})#([0-9a-f]{3})#[0-9a-f]{6}")
"""OpenLDAP's change sequence number: when, in which order then, by which server, what of it."""

_COOKIE = re.compile(rf"(?:rid=\d+,)?(?:sid=[0-9a-f]+,)?csn=({_CSN.pattern}(?:;{_CSN.pattern})*)")
"""OpenLDAP's cookie. One that is written otherwise it passes over without a word."""

_SHOWS = ["entryUUID", "entryCSN", *BELOW]


class NoLog(Unusable):
    """The server does not know any more what was deleted since."""


class Refresh(Struct):
    """What changed: entries told whole, and the entryUUIDs of what the search does not find.

    `deletes` is whether the protocol proves that nothing else changed. `cookie` is for next time.
    """

    told: list[RawEntry]
    gone: set[bytes]
    cookie: bytes
    deletes: bool


def start(searches: Searches, extents: Extents) -> Syncrepl:
    """Raises `Unusable` where the server has no log, or is not OpenLDAP."""
    for extent in extents.all:
        searches.refuse_hidden(extent.query([]), "entryCSN")
    found = (starting_cookie(searches, extent.query([])) for extent in extents.all)
    return Syncrepl(tuple((cookie, cookie) for cookie in map(_checked, found)))


def touched(
    searches: Searches, extents: Extents, state: Syncrepl, attributes: Attributes
) -> Touched:
    """Raises `Unusable`, or `NoLog`."""
    since = min(newest_second(one) for one, _ in state.cookies)
    found = Touched(state, created_after(since), lookup="entryUUID")
    cookies = []
    for extent, (matching, rest) in zip(extents.all, state.cookies, strict=True):
        query = extent.query([*attributes[extent.kind], *_SHOWS])
        changed = _proven(searches, query, matching)
        others = _proven(searches, extent.rest(_SHOWS), rest)
        for entry in changed.told:
            found.see(extent.kind, entry)
        for uuid in changed.gone:
            found.see_gone(extent.kind, entry_uuid(uuid))
        for entry in others.told:
            found.see_name(entry)
        cookies.append((changed.cookie, others.cookie))
    found.state = Syncrepl(tuple(cookies))
    return found


def starting_cookie(searches: Searches, query: Query) -> bytes:
    """A cookie as of now: of the same search, but for the base's own entry only.

    A cookie says when it was given, and 389 Directory Server's whom it was given to for which base
    and filter; neither is bound to the scope. Raises `Unusable`.
    """
    only_base = Query(query.base, query.filter, ["1.1"], "base")
    answer = searches.ask(only_base, [_request(b"")])
    if answer.code != failures.SUCCESS:
        raise Unusable(failures.of_result(answer.result))
    if not (cookie := _ending(answer).cookie):
        raise Unusable("the server gave no cookie")
    return cookie


def refreshed(searches: Searches, query: Query, cookie: bytes) -> Refresh:
    """Asks what changed since the cookie. Raises `Unusable`, or `NoLog`."""
    answer = searches.ask(query, [_request(cookie)], MOST)
    if answer.code == _REFRESH_REQUIRED:
        raise NoLog("the server wants everything to be read (e-syncRefreshRequired)")
    if answer.code != failures.SUCCESS:
        raise Unusable(failures.of_result(answer.result))
    if answer.referrals:
        raise Unusable(f"a referral came: {answer.referrals[0]}")
    try:
        return refresh_of(answer, cookie)
    except Presence:
        raise NoLog(_NO_LOG) from None
    except ValueError as exc:
        raise Unusable(f"an answer to a request for changes is none: {exc}") from None


def refresh_of(answer: Answer, cookie: bytes) -> Refresh:
    """What an answer to that cookie says. Raises `Presence`, and ValueError where it is none."""
    ending = _ending(answer)
    refresh = Refresh([], set(), ending.cookie or cookie, ending.deletes)
    for name, value in answer.messages:
        if name == INFO:
            refresh.gone |= gone_by(value)
    for entry, controls in answer.entries:
        state = state_of(controls.get(STATE) or b"")
        if state.state == PRESENT:
            raise Presence
        if state.state == DELETE:
            refresh.gone.add(state.uuid)
        else:
            refresh.told.append(entry)
    if refresh.told and not ending.cookie:
        raise Malformed("changes came without a cookie")
    return refresh


def newest_second(cookie: bytes) -> str:
    """In OpenLDAP's cookie, as a GeneralizedTime; empty where it is none."""
    found = _csns(cookie)
    return max(found.values())[:14] + "Z" if found else ""


def is_news(entry: RawEntry, cookie: bytes) -> bool:
    """Whether OpenLDAP's entry was written after the cookie was given, as far as it shows.

    A server that did not understand the cookie answers with everything, and success.
    """
    seen = _csns(cookie)
    for octets in entry.attributes.get("entrycsn", ()):
        if (written := _CSN.fullmatch(octets.decode("ascii", "replace"))) is not None:
            return written[1] > seen.get(written[2], "")
    return True


def entry_uuid(uuid: bytes) -> Key:
    """As `entryUUID` is read."""
    return Key(str(UUID(bytes=uuid)))


def _proven(searches: Searches, query: Query, cookie: bytes) -> Refresh:
    """Raises `Unusable` where the answer does not prove what is the same."""
    refresh = refreshed(searches, query, _checked(cookie))
    if not refresh.deletes:
        raise NoLog(_NO_LOG)
    if not all(is_news(entry, cookie) for entry in refresh.told):
        raise Unusable("the server told what did not change: it did not understand the cookie")
    return replace(refresh, cookie=_checked(refresh.cookie))


def _checked(cookie: bytes) -> bytes:
    """Raises `Unusable` where it is not OpenLDAP's."""
    if not newest_second(cookie):
        raise Unusable(f"{cookie!r} is no cookie of OpenLDAP's")
    return cookie


def _csns(cookie: bytes) -> dict[str, str]:
    """By server, the newest change that the cookie covers; none where it is not OpenLDAP's."""
    match = _COOKIE.fullmatch(cookie.decode("ascii", "replace"))
    return {found[2]: found[1] for found in _CSN.finditer(match[1])} if match else {}


def _request(cookie: bytes) -> Control:
    return (REQUEST, True, request_value(cookie))


def _ending(answer: Answer) -> Ending:
    """Raises `Unusable`, and `Malformed`."""
    value = answer.control(DONE)
    if value is None:
        raise Unusable("the server ignores the request for what changed")
    return done_of(value)
