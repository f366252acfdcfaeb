"""Turns an entry's octets into text: keys in their canonical form, attributes by our names."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from uuid import UUID

from syncd.core.dn import normal_dn
from syncd.core.model import Key, RawValue
from syncd.sources.ldap.entries import RawEntry
from syncd.sources.ldap.presets import Attributes


def _guid(octets: bytes) -> str:
    """[MS-DTYP] 2.3.4.2: the first three parts of a GUID are little-endian."""
    if len(octets) != _GUID_SIZE:
        raise ValueError(f"a GUID of {len(octets)} octets")
    parts = (octets[3::-1], octets[5:3:-1], octets[7:5:-1], octets[8:10], octets[10:])
    return "-".join(part.hex() for part in parts)


def _sid(octets: bytes) -> str:
    """[MS-DTYP] 2.4.2.2: S-revision-authority-subauthority-..."""
    count = octets[1]
    if len(octets) != 8 + 4 * count:
        raise ValueError(f"a security identifier of {len(octets)} octets")
    parts = (int.from_bytes(octets[at : at + 4], "little") for at in range(8, len(octets), 4))
    return "-".join(map(str, ("S", octets[0], int.from_bytes(octets[2:8], "big"), *parts)))


def _uuid(octets: bytes) -> str:
    text = octets.decode("ascii")
    return text if _CANONICAL.fullmatch(text) else str(UUID(text))


_GUID_SIZE = 16
_CANONICAL = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)

_FORMS: dict[str, Callable[[bytes], str]] = {
    "objectguid": _guid,
    "objectsid": _sid,
    "entryuuid": _uuid,
}


def text(attribute: str, octets: bytes) -> str:
    """The value as text. Raises ValueError or LookupError where it is none."""
    return _FORMS.get(attribute.lower(), bytes.decode)(octets)


def comparable(dn: str) -> str:
    """The normal form, or the text itself where a server's name is no name by RFC 4514."""
    try:
        if dn.isascii() and "\\" not in dn:
            return normal_dn(dn)
        if (named := _FIRST.match(dn)) is None:
            return normal_dn(dn)
        return f"{normal_dn(named[1])},{_parent(dn[named.end() :])}"
    except ValueError:
        return dn


@lru_cache(maxsize=1024)
def _parent(dn: str) -> str:
    """Few entries have children, and most have the same parents."""
    return normal_dn(dn)


_FIRST = re.compile(r"(?=[^,]*\w)((?:[^\\,]|\\.)++),(?=.*\w)", re.DOTALL)
"""The first relative name of a DN, and the comma that ends it, where there is more."""


def key(attribute: str, entry: RawEntry) -> Key | None:
    """The entry's immutable key, where it has exactly one that can be read."""
    name = attribute.lower()
    values = entry.attributes.get(name, ())
    if len(values) != 1 or not values[0]:
        return None
    try:
        return Key(_FORMS.get(name, bytes.decode)(values[0]))
    except (ValueError, LookupError):
        return None


Plan = Sequence[tuple[str, Sequence[tuple[str, str, Callable[[bytes], str]]]]]
"""Our name -> LDAP attributes: as asked for, in lower case, and how a value becomes text."""


def plan(rules: Attributes) -> Plan:
    """The rules, prepared once for many entries."""
    return [
        (name, [(source, source.lower(), _form(name, source.lower())) for source in sources])
        for name, sources in rules.items()
    ]


def _form(name: str, source: str) -> Callable[[bytes], str]:
    form = _FORMS.get(source, bytes.decode)
    if name == "admin":  # RFC 4517, 3.3.3, writes TRUE and FALSE
        return lambda octets: form(octets).lower()
    return form


def attributes(
    planned: Plan, entry: RawEntry, unreadable: Callable[[str], None]
) -> dict[str, RawValue]:
    """Our names and their values; `unreadable` is told of what is no text."""
    found: dict[str, RawValue] = {}
    values = entry.attributes
    for name, sources in planned:
        for source, lower, form in sources:
            if lower not in values:
                continue
            texts = []
            for octets in values[lower]:
                try:
                    if value := form(octets):
                        texts.append(value)
                except (ValueError, LookupError):
                    unreadable(f"{source} of {entry.dn!r}")
            if texts:
                found[name] = texts[0] if len(texts) == 1 else tuple(sorted(texts))
                break
    return found
