"""Where a reading ended, as octets that the engine keeps: opaque there, and checked here.

A server may take a damaged cookie for none, or for another one, and answer with success; so the
octets carry a digest of themselves, and any other octets are no cursor.
"""

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any

import msgspec
from msgspec import Struct

from syncd.ports import Cursor
from syncd.sources.ldap.config import LdapConfig
from syncd.sources.ldap.presets import group_rules, user_rules

_FORM = 1
"""Raised when what is told of an entry changes its meaning: then all must be told anew."""

_DIGEST = 16


class Syncrepl(Struct, frozen=True, tag=True):
    """RFC 4533: of each search a cookie for what it finds and one for all else under its base."""

    cookies: tuple[tuple[bytes, bytes], ...]


class DirSync(Struct, frozen=True, tag=True):
    """[MS-ADTS] 3.1.1.3.4.1.3: a cookie for each naming context, and the server's newest USN."""

    cookies: Mapping[str, bytes]
    usn: int


class Usn(Struct, frozen=True, tag=True):
    """The newest update sequence number that the domain controller had given out."""

    usn: int


class Modified(Struct, frozen=True, tag=True):
    """Modify times (RFC 4512, 3.4), by the server's clock, as it writes them.

    `newest` is the last that was seen, and `seen` when, by our own clock. `known` are the entries
    with about that time that are neither people nor groups, by DN. `deletions` are cookies of a
    server whose RFC 4533 can be relied on for what was deleted, and for no more than that.
    """

    newest: str
    seen: datetime
    known: dict[str, str] = {}
    deletions: tuple[bytes, ...] = ()


State = Syncrepl | DirSync | Usn | Modified


class Due(Struct, frozen=True, array_like=True):
    """An account that will have expired at that moment."""

    at: datetime
    dn: str


class Expiries(Struct, frozen=True):
    """Who expires by `until`, which changes no entry; those up to `past` were told."""

    past: datetime
    until: datetime
    due: tuple[Due, ...] = ()


class Position(Struct, frozen=True, kw_only=True):
    """`server` and `search` are digests of whom was asked, and for what."""

    server: str
    search: str
    state: State
    expiries: Expiries | None = None
    form: int = _FORM


def encoded(position: Position) -> Cursor:
    octets = msgspec.json.encode(position)
    return Cursor(blake2b(octets, digest_size=_DIGEST).hexdigest().encode() + octets)


def decoded(cursor: Cursor) -> Position | None:
    """None where these are not the octets that `encoded` made, of this form."""
    digest, octets = cursor[: 2 * _DIGEST], cursor[2 * _DIGEST :]
    if blake2b(octets, digest_size=_DIGEST).hexdigest().encode() != digest:
        return None
    try:
        position = _POSITION.decode(octets)
    except (msgspec.DecodeError, ValueError):
        return None
    return position if position.form == _FORM else None


def digest_of(*things: Any) -> str:
    """Stands for these: equal things, equal digests."""
    return blake2b(_ENCODER.encode(things), digest_size=_DIGEST).hexdigest()


def search_digest(config: LdapConfig) -> str:
    """Stands for all that decides which entries are read, and what is read in them."""
    rules = (user_rules(config), group_rules(config))
    given = config.model_dump(mode="json", include={"users", "groups", "bind"})
    return digest_of(_plain(rules), given)


def _plain(thing: Any) -> Any:
    return msgspec.to_builtins(thing, enc_hook=lambda model: model.model_dump(mode="json"))


_POSITION = msgspec.json.Decoder(Position)
_ENCODER: Any = msgspec.json.Encoder(order="deterministic")
