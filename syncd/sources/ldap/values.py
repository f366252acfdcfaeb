"""Turns an entry's octets into text: keys in their canonical form, attributes by our names."""

from collections.abc import Callable, Sequence
from uuid import UUID

from syncd.core.dn import normal_dn
from syncd.core.model import Key, RawValue
from syncd.sources.ldap.presets import Attributes
from syncd.sources.ldap.search import RawEntry


def _guid(octets: bytes) -> str:
    """[MS-DTYP] 2.3.4.2: the first three parts of a GUID are little-endian."""
    return str(UUID(bytes_le=octets))


def _sid(octets: bytes) -> str:
    """[MS-DTYP] 2.4.2.2: S-revision-authority-subauthority-..."""
    count = octets[1]
    if len(octets) != 8 + 4 * count:
        raise ValueError(f"a security identifier of {len(octets)} octets")
    parts = (int.from_bytes(octets[at : at + 4], "little") for at in range(8, len(octets), 4))
    return "-".join(map(str, ("S", octets[0], int.from_bytes(octets[2:8], "big"), *parts)))


def _uuid(octets: bytes) -> str:
    return str(UUID(octets.decode("ascii")))


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
        return normal_dn(dn)
    except ValueError:
        return dn


def key(attribute: str, entry: RawEntry) -> Key | None:
    """The entry's immutable key, where it has exactly one that can be read."""
    values = entry.attributes.get(attribute.lower(), [])
    try:
        return Key(text(attribute, values[0])) if len(values) == 1 and values[0] else None
    except (ValueError, LookupError):
        return None


def attributes(
    rules: Attributes, entry: RawEntry, unreadable: Callable[[str], None]
) -> dict[str, RawValue]:
    """Our names and their values; `unreadable` is told of what is no text."""
    found: dict[str, RawValue] = {}
    for name, sources in rules.items():
        for source in sources:
            texts = _texts(source, entry, unreadable)
            if name == "admin":  # RFC 4517, 3.3.3, writes TRUE and FALSE
                texts = [each.lower() for each in texts]
            if texts:
                found[name] = texts[0] if len(texts) == 1 else tuple(sorted(texts))
                break
    return found


def _texts(source: str, entry: RawEntry, unreadable: Callable[[str], None]) -> Sequence[str]:
    texts = []
    for octets in entry.attributes.get(source.lower(), ()):
        try:
            texts.append(text(source, octets))
        except (ValueError, LookupError):
            unreadable(f"{source} of {entry.dn!r}")
    return [each for each in texts if each]
