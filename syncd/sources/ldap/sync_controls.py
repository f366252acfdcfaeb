"""Controls and messages of RFC 4533 (content synchronization): octets, and what they say."""

from typing import NamedTuple

from syncd.sources.ldap.ber import (
    BOOLEAN,
    ENUMERATED,
    OCTET_STRING,
    SEQUENCE,
    SET,
    Malformed,
    content,
    element,
    integer,
)

REQUEST = "1.3.6.1.4.1.4203.1.9.1.1"
STATE = "1.3.6.1.4.1.4203.1.9.1.2"
DONE = "1.3.6.1.4.1.4203.1.9.1.3"
INFO = "1.3.6.1.4.1.4203.1.9.1.4"

PRESENT, ADD, MODIFY, DELETE = range(4)
"""What the state of an entry may be (RFC 4533, 2.3)."""

_REFRESH_ONLY = b"\x0a\x01\x01"
_NEW_COOKIE, _REFRESH_DELETE, _REFRESH_PRESENT, _ID_SET = 0x80, 0xA1, 0xA2, 0xA3
_UUID_SIZE = 16


class Presence(Exception):
    """The server tells who is present: who is not mentioned any more is gone."""


class State(NamedTuple):
    """syncStateValue (RFC 4533, 2.3), without the cookie."""

    state: int
    uuid: bytes


class Ending(NamedTuple):
    """syncDoneValue (RFC 4533, 2.4)."""

    cookie: bytes
    deletes: bool


def request_value(cookie: bytes) -> bytes:
    """syncRequestValue (RFC 4533, 2.2) of a poll; without a cookie it asks for everything."""
    return tlv(SEQUENCE, _REFRESH_ONLY + (tlv(OCTET_STRING, cookie) if cookie else b""))


def state_of(value: bytes) -> State:
    """That of a sync state control. Raises `Malformed`."""
    at, stop = content(value, 0, len(value), SEQUENCE)
    start, end = content(value, at, stop, ENUMERATED)
    first, last = content(value, end, stop, OCTET_STRING)
    state, uuid = integer(value[start:end]), value[first:last]
    if stop != len(value) or state not in range(DELETE + 1) or len(uuid) != _UUID_SIZE:
        raise Malformed("a sync state control that is none")
    return State(state, uuid)


def done_of(value: bytes) -> Ending:
    """That of a sync done control. Raises `Malformed`."""
    at, stop = content(value, 0, len(value), SEQUENCE)
    cookie, at = _cookie(value, at, stop)
    deletes, at = _flag(value, at, stop, default=False)
    if at != len(value):
        raise Malformed("a sync done control with something behind it")
    return Ending(cookie, deletes)


def gone_by(value: bytes) -> set[bytes]:
    """The entryUUIDs that a sync info message (RFC 4533, 2.5) says the search does not find.

    Raises `Presence` where it belongs to a present phase, and `Malformed`.
    """
    choice, at, stop = element(value, 0, len(value))
    if stop != len(value):
        raise Malformed("a sync info message with something behind it")
    if choice in {_NEW_COOKIE, _REFRESH_DELETE}:
        return set()
    if choice == _REFRESH_PRESENT:
        raise Presence
    if choice != _ID_SET:
        raise Malformed(f"a sync info message with tag {choice:#04x}")
    _, at = _cookie(value, at, stop)
    deletes, at = _flag(value, at, stop, default=False)
    if not deletes:
        raise Presence
    start, end = content(value, at, stop, SET)
    if end != stop:
        raise Malformed("a sync info message with something behind its set")
    return _uuids(value, start, end)


def _cookie(value: bytes, at: int, stop: int) -> tuple[bytes, int]:
    if at < stop and value[at] == OCTET_STRING:
        start, end = content(value, at, stop, OCTET_STRING)
        return value[start:end], end
    return b"", at


def _flag(value: bytes, at: int, stop: int, *, default: bool) -> tuple[bool, int]:
    if at < stop and value[at] == BOOLEAN:
        start, end = content(value, at, stop, BOOLEAN)
        return value[start:end] != b"\0", end
    return default, at


def _uuids(value: bytes, at: int, stop: int) -> set[bytes]:
    found = set()
    while at < stop:
        start, at = content(value, at, stop, OCTET_STRING)
        if at - start != _UUID_SIZE:
            raise Malformed(f"an entryUUID of {at - start} octets")
        found.add(value[start:at])
    return found


def tlv(tag: int, value: bytes) -> bytes:
    """An element with its length in the long form, so that any length fits."""
    return bytes([tag, 0x84]) + len(value).to_bytes(4, "big") + value
