"""One line of the audit: what it says, the hash of the line before it, and its own."""

import hashlib
from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec import Struct

FIRST = "0" * 64
"""In place of the hash of the line before the first one."""

_MARK = b',"hash":"'
_HASH = 64
_END = len(_MARK) + _HASH + len(b'"}')


class Line(Struct, frozen=True):
    """What is read back of a line.

    `prev` is the hash of the line before it. `entry` is the number of the ledger's event that it
    tells, `item` of which line of the journal, or mark. `ledger`, `told` and `told_item` say up to
    where of which ledger all was told before this line, for those that a file begins with.
    """

    seq: int
    at: datetime
    event: str
    prev: str
    hash: str
    entry: int | None = None
    line: int | None = None
    mark: int | None = None
    ledger: str | None = None
    told: int | None = None
    told_item: int = 0
    closes: bool = False


class NoLine(ValueError):
    """Octets that are no line of an audit; `str` of this says why."""


def encode(seq: int, at: datetime, event: str, facts: bytes, prev: str) -> tuple[bytes, str]:
    """The line with its end, and its hash: the SHA-256 of all octets before `,"hash":`. `facts` are
    members of a JSON object, at least one."""
    body = b'{"seq":%d,"at":%b,"event":%b,%b,"prev":"%b"' % (
        seq,
        _ENCODE(at),
        _ENCODE(event),
        facts,
        prev.encode(),
    )
    hash_ = hashlib.sha256(body).hexdigest()
    return b'%b%b%b"}\n' % (body, _MARK, hash_.encode()), hash_


def members(facts: Mapping[str, object]) -> bytes:
    """Of a JSON object, without its braces. Facts that are None are left out."""
    return _ENCODE({name: fact for name, fact in facts.items() if fact is not None})[1:-1]


def decode(octets: bytes) -> Line:
    """Of one line without its end. Raises `NoLine` where it is not as it was written."""
    body, mark = octets[:-_END], octets[-_END : -_END + len(_MARK)]
    if mark != _MARK:
        raise NoLine("is no line of an audit: it does not end with its hash")
    computed = hashlib.sha256(body).hexdigest()
    said = octets[-_END + len(_MARK) : -2].decode(errors="replace")
    if said != computed or octets[-2:] != b'"}':
        raise NoLine(f"was changed: its hash should be {computed}, and it says {said}")
    try:
        return _DECODER.decode(octets)
    except msgspec.MsgspecError as error:
        raise NoLine(f"is no line of an audit: {error}") from None


_ENCODE = msgspec.json.Encoder().encode
_DECODER = msgspec.json.Decoder(Line)
