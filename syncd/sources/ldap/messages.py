"""LDAP messages other than entries: how a search ends, referrals, notices (RFC 4511)."""

from collections.abc import Mapping
from typing import Any

from ldap3.core.exceptions import LDAPSessionTerminatedByServerError
from ldap3.core.results import RESULT_CODES
from msgspec import Struct

from syncd.sources.ldap.ber import (
    BOOLEAN,
    ENUMERATED,
    INTEGER,
    OCTET_STRING,
    SEQUENCE,
    Malformed,
    content,
    element,
    integer,
    pass_over,
)

DONE, REFERENCE, EXTENDED = 0x65, 0x73, 0x78
"""Tags of SearchResultDone, SearchResultReference and ExtendedResponse."""

UNSOLICITED = 0
"""The message id of what answers no request."""

PAGED_RESULTS = "1.2.840.113556.1.4.319"

_CONTROLS, _REFERRAL, _RESPONSE_NAME = 0xA0, 0xA3, 0x8A
_NOTICE_OF_DISCONNECTION = b"1.3.6.1.4.1.1466.20036"


class Disconnected(LDAPSessionTerminatedByServerError):
    """The server said that it closes the connection; `result` says why."""

    def __init__(self, result: Mapping[str, Any]) -> None:
        super().__init__("notice of disconnection")
        self.result = result


class Message(Struct, frozen=True):
    """One message: its operation's tag, that whole element, and the controls' values by OID."""

    id: int
    tag: int
    operation: bytes
    controls: Mapping[str, bytes]


def message(octets: bytes, at: int, stop: int) -> Message:
    """The message whose content begins and ends there. Raises `Malformed`."""
    start, end = content(octets, at, stop, INTEGER)
    tag, _, operation_end = element(octets, end, stop)
    controls: dict[str, bytes] = {}
    last = operation_end
    if last < stop and octets[last] == _CONTROLS:
        first, last = content(octets, operation_end, stop, _CONTROLS)
        controls = _controls(octets, first, last)
    pass_over(octets, last, stop)
    return Message(integer(octets[start:end]), tag, octets[end:operation_end], controls)


def result_of(operation: bytes, tag: int = DONE) -> dict[str, Any]:
    """An LDAPResult (RFC 4511, 4.1.9), by ldap3's names. Raises `Malformed`."""
    at, stop = content(operation, 0, len(operation), tag)
    start, end = content(operation, at, stop, ENUMERATED)
    matched, matched_end = content(operation, end, stop, OCTET_STRING)
    words, words_end = content(operation, matched_end, stop, OCTET_STRING)
    code = integer(operation[start:end])
    referrals, last = list[str](), words_end
    if last < stop and operation[last] == _REFERRAL:
        first, last = content(operation, words_end, stop, _REFERRAL)
        referrals = urls(operation, first, last)
    pass_over(operation, last, stop)
    return {
        "result": code,
        "description": RESULT_CODES.get(code, "unknown"),
        "dn": operation[matched:matched_end].decode(),
        "message": operation[words:words_end].decode("utf-8", "replace"),
        "referrals": referrals,
    }


def references_of(operation: bytes) -> list[str]:
    """The URLs of a SearchResultReference (RFC 4511, 4.5.3). Raises ValueError."""
    return urls(operation, *content(operation, 0, len(operation), REFERENCE))


def urls(octets: bytes, at: int, stop: int) -> list[str]:
    found = []
    while at < stop:
        start, at = content(octets, at, stop, OCTET_STRING)
        found.append(octets[start:at].decode())
    return found


def cookie_of(value: bytes) -> bytes:
    """That of a paged results control (RFC 2696). Raises `Malformed`."""
    at, stop = content(value, 0, len(value), SEQUENCE)
    _, end = content(value, at, stop, INTEGER)
    start, last = content(value, end, stop, OCTET_STRING)
    pass_over(value, last, stop)
    if stop != len(value):
        raise Malformed("a paged results control with something behind it")
    return value[start:last]


def heed(notification: Message) -> None:
    """Raises `Disconnected` for a notice of that (RFC 4511, 4.4.1); others have no meaning here.

    Raises `Malformed` where it is no notification at all.
    """
    octets = notification.operation
    result = result_of(octets, EXTENDED)
    at, stop = content(octets, 0, len(octets), EXTENDED)
    while at < stop:
        tag, start, at = element(octets, at, stop)
        if tag == _RESPONSE_NAME and octets[start:at] == _NOTICE_OF_DISCONNECTION:
            raise Disconnected(result)


def _controls(octets: bytes, at: int, stop: int) -> dict[str, bytes]:
    """Controls (RFC 4511, 4.1.11), their values by their OIDs."""
    found: dict[str, bytes] = {}
    while at < stop:
        start, end = content(octets, at, stop, SEQUENCE)
        name, name_end = content(octets, start, end, OCTET_STRING)
        value = last = name_end
        if last < end and octets[last] == BOOLEAN:  # criticality: of no meaning in answers
            _, last = content(octets, last, end, BOOLEAN)
            value = last
        if last < end and octets[last] == OCTET_STRING:
            value, last = content(octets, last, end, OCTET_STRING)
        pass_over(octets, last, end)
        found[octets[name:name_end].decode()] = octets[value:last]
        at = end
    return found
