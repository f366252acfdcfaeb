"""What changed on Active Directory: by the DirSync control, or else by update sequence numbers.

DirSync ([MS-ADTS] 3.1.1.3.4.1.3) tells of every object of a naming context that was touched, and of
those that were deleted. Of what changed it tells a part only, so these objects are then asked
for as a full reading would: what is not found so, and is still there, is no part of the source.
Without the right to it, numbers tell what changed, and not what was deleted.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from syncd.core.model import Key, Kind
from syncd.sources.ldap import failures, values
from syncd.sources.ldap.ber import INTEGER, OCTET_STRING, SEQUENCE
from syncd.sources.ldap.cursor import DirSync, Usn
from syncd.sources.ldap.delta_search import (
    MOST,
    Control,
    Searches,
    Unusable,
    any_of,
    batches,
)
from syncd.sources.ldap.delta_touched import Attributes, Extents, Touched
from syncd.sources.ldap.entries import RawEntry
from syncd.sources.ldap.search import Query
from syncd.sources.ldap.server import Server
from syncd.sources.ldap.sync_controls import tlv

CONTROL = "1.2.840.113556.1.4.841"
KEY = "objectguid"
"""The only key by which DirSync says what is gone."""

_SHOW_DELETED: Control = ("1.2.840.113556.1.4.417", True, None)
_INCREMENTAL_VALUES = -0x80000000
_MOST_OCTETS = 0x7FFFFFFF
_ALL = "(objectClass=*)"
_NOBODY = "(!(objectClass=*))"
_FILTERED = re.compile(r"\(([A-Za-z][A-Za-z0-9;.-]*)[^()=<>~]*[~<>]?=")
"""The name of an attribute in a filter (RFC 4515)."""


def start(searches: Searches, extents: Extents, server: Server) -> DirSync:
    """Raises `Unusable` where the account may not, or the server cannot."""
    contexts = {server.context_of(extent.base) for extent in extents.all}
    cookies: dict[str, bytes] = {}
    for context in sorted(contexts):
        for _, cookie in _rounds(searches, Query(context, _NOBODY, ["1.1"]), b""):
            cookies[context] = cookie
    return DirSync(cookies, _newest(server))


def touched(
    searches: Searches, extents: Extents, state: DirSync, server: Server, attributes: Attributes
) -> Touched:
    """Raises `Unusable`."""
    found = Touched(state, _created_after(state.usn), follows=True)
    shows = {"objectGUID", "name", "isDeleted"}.union(*attributes.values())
    shows = shows.union(*(names_in(extent.filter) for extent in extents.all))
    cookies: dict[str, bytes] = {}
    objects: dict[bytes, RawEntry] = {}
    for context, since in state.cookies.items():
        query = Query(context, _ALL, sorted(shows))
        for entries, cookie in _rounds(searches, query, since):
            cookies[context] = cookie
            _merge(objects, entries)
    found.state = DirSync(cookies, _newest(server))
    left = {guid for guid, entry in objects.items() if not _is_deleted(entry)}
    _are_gone(found, objects.keys() - left)
    seen = _see_found(searches, extents, left, found, attributes)
    for context in state.cookies:
        _see_names(searches, context, {guid: objects[guid] for guid in left}, found, seen)
    return found


def start_by_number(searches: Searches, extents: Extents, server: Server) -> Usn:
    """Raises `Unusable` where the server has no such numbers, or does not show them."""
    for extent in extents.all:
        searches.refuse_hidden(extent.query([]), "uSNChanged")
    return Usn(_newest(server))


def touched_by_number(
    searches: Searches, extents: Extents, state: Usn, server: Server, attributes: Attributes
) -> Touched:
    """Raises `Unusable`."""
    found = Touched(Usn(_newest(server)), _created_after(state.usn), follows=True)
    also = f"(uSNChanged>={state.usn + 1})"
    for extent in extents.all:
        wanted = [*attributes[extent.kind], "uSNCreated"]
        for _, entry in searches.found(extent.query(wanted, also), MOST):
            found.see(extent.kind, entry)
        for _, entry in searches.found(extent.rest(["uSNCreated"], also), MOST):
            found.see_name(entry)
    return found


def names_in(condition: str) -> set[str]:
    """The attributes that a filter asks for."""
    return set(_FILTERED.findall(condition))


def request(cookie: bytes) -> Control:
    """The control, critical; without a cookie for everything."""
    value = b"".join(
        tlv(INTEGER, number.to_bytes(4, "big", signed=True))
        for number in (_INCREMENTAL_VALUES, _MOST_OCTETS)
    )
    return (CONTROL, True, tlv(SEQUENCE, value + tlv(OCTET_STRING, cookie)))


def _rounds(
    searches: Searches, query: Query, cookie: bytes
) -> Iterator[tuple[list[RawEntry], bytes]]:
    """What came in each round, and the cookie after it. Raises `Unusable`."""
    more = True
    while more:
        answer = searches.ask(query, [request(cookie), _SHOW_DELETED])
        control: Mapping[str, Any] | None = answer.control(CONTROL)
        if answer.code != failures.SUCCESS or not control:
            raise Unusable(f"DirSync: {failures.of_result(answer.result)}")
        before, cookie, more = cookie, bytes(control["cookie"]), bool(control["more_results"])
        if more and cookie == before:
            raise Unusable("DirSync: the server promises more and does not go on")
        yield [entry for entry, _ in answer.entries if KEY in entry.attributes], cookie


def _merge(objects: dict[bytes, RawEntry], entries: Iterable[RawEntry]) -> None:
    """An object may come in parts. Raises `Unusable` where there are too many."""
    for entry in entries:
        objects.setdefault(_guid(entry), entry).attributes.update(entry.attributes)
    if len(objects) > MOST:
        raise Unusable(f"there are more than {MOST} changes")


def _see_found(
    searches: Searches,
    extents: Extents,
    guids: Iterable[bytes],
    found: Touched,
    attributes: Attributes,
) -> set[bytes]:
    """Asks for these objects as a full reading does, and returns those that it would find."""
    seen: set[bytes] = set()
    for extent in extents.all:
        wanted = [*attributes[extent.kind], "objectGUID"]
        for some in batches(guids):
            for octets, entry in searches.found(extent.query(wanted, any_of("objectGUID", some))):
                found.entries[extent.kind].append(octets)
                seen.add(_guid(entry))
    return seen


def _see_names(
    searches: Searches,
    context: str,
    objects: Mapping[bytes, RawEntry],
    found: Touched,
    seen: set[bytes],
) -> None:
    """Asks for these objects wherever they are: those that were not seen are no part of it."""
    for some in batches(objects):
        query = Query(context, any_of("objectGUID", some), ["objectGUID", "uSNCreated"])
        for _, entry in searches.found(query):
            if _guid(entry) not in seen:
                _are_gone(found, [_guid(entry)])
            if "name" in objects[_guid(entry)].attributes:
                found.see_name(entry)


def _are_gone(found: Touched, guids: Iterable[bytes]) -> None:
    for guid in guids:
        for kind in (Kind.USER, Kind.GROUP):
            found.see_gone(kind, Key(values.text(KEY, guid)))


def _is_deleted(entry: RawEntry) -> bool:
    return b"TRUE" in entry.attributes.get("isdeleted", ())


def _guid(entry: RawEntry) -> bytes:
    return entry.attributes[KEY][0]


def _newest(server: Server) -> int:
    if server.usn is None:
        raise Unusable("the server does not say what its newest update sequence number is")
    return server.usn


def _created_after(usn: int) -> Callable[[RawEntry], bool]:
    """Whether an object is from after that number; False where unknown."""
    return lambda entry: int(entry.attributes.get("usncreated", [b"0"])[0]) > usn
