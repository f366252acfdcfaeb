"""Gives distinguished names one normal form, so that equal names are equal strings.

RFC 4514 says how a name is written, RFC 4518 how its values are prepared for comparison: spaces
that mean nothing go, case is folded, compatible characters become one (NFKC). Every
attribute is compared without case, as all naming attributes in use are. Code points that RFC 4518
prohibits are kept: a server that names an entry with one means that entry.
"""

import re
import unicodedata
from itertools import chain

_PLAIN_TYPE = "(?:cn|ou|dc|uid|o|c|l|st)"
_PLAIN_VALUE = r"[a-z0-9._@'()/:!*&-]+(?: [a-z0-9._@'()/:!*&-]+)*"
_PLAIN = re.compile(
    rf"{_PLAIN_TYPE}={_PLAIN_VALUE}(?:,{_PLAIN_TYPE}={_PLAIN_VALUE})*", re.IGNORECASE | re.ASCII
)
_TYPE = re.compile(r"\s*([A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)*)\s*=\s*")
_HEXADECIMAL = re.compile(r"#((?:[0-9A-Fa-f]{2})+)\s*")
_ESCAPE = re.compile(rb"\\([0-9A-Fa-f]{2})|\\([ \"#+,;<=>\\])|([^\\\"+,;<>\0])", re.DOTALL)
_SPECIAL = re.compile(r'(^#|[\\"+,;<=>])')

_SHORT = {
    **dict.fromkeys(("commonname", "2.5.4.3"), "cn"),
    **dict.fromkeys(("surname", "2.5.4.4"), "sn"),
    **dict.fromkeys(("countryname", "2.5.4.6"), "c"),
    **dict.fromkeys(("localityname", "2.5.4.7"), "l"),
    **dict.fromkeys(("stateorprovincename", "2.5.4.8"), "st"),
    **dict.fromkeys(("streetaddress", "2.5.4.9"), "street"),
    **dict.fromkeys(("organizationname", "2.5.4.10"), "o"),
    **dict.fromkeys(("organizationalunitname", "2.5.4.11"), "ou"),
    **dict.fromkeys(("domaincomponent", "0.9.2342.19200300.100.1.25"), "dc"),
    **dict.fromkeys(("userid", "0.9.2342.19200300.100.1.1"), "uid"),
}
"""RFC 4514, section 3, and `sn`: names and object identifiers of one attribute type."""

_STRINGS = {0x0C: "utf-8", 0x13: "ascii", 0x16: "ascii"}
"""BER tags of UTF8String, PrintableString and IA5String."""

_SHORT_FORM = 0x7F
"""The longest length that BER writes in one octet; names are shorter than that."""

_TO_SPACE = dict.fromkeys((*range(0x09, 0x0E), 0x85), " ")
_TO_NOTHING: dict[int, None] = dict.fromkeys(
    chain(
        (0x00AD, 0x034F, 0x06DD, 0x070F, 0x180E, 0x1806, 0x200B, 0xFEFF, 0xFFFC, 0xE0001),
        (*range(0x09), *range(0x0E, 0x20), *range(0x7F, 0x85), *range(0x86, 0xA0)),
        (*range(0x180B, 0x180E), *range(0x200C, 0x2010), *range(0x202A, 0x202F)),
        (*range(0x2060, 0x2064), *range(0x206A, 0x2070), *range(0xFE00, 0xFE10)),
        (*range(0xFFF9, 0xFFFC), *range(0x1D173, 0x1D17B), *range(0xE0020, 0xE0080)),
    )
)
_MAPPED = str.maketrans({**_TO_SPACE, **_TO_NOTHING})
"""RFC 4518, section 2.2."""


def normal_dn(text: str) -> str:
    """The one normal form of a name. Raises ValueError where it is no name."""
    if _PLAIN.fullmatch(text):
        return text.lower()
    if not text.strip():
        return ""
    names, at = [], 0
    while True:
        name, at = _relative_name(text, at)
        names.append(name)
        if at == len(text):
            return ",".join(names)
        at += 1


def _relative_name(text: str, at: int) -> tuple[str, int]:
    """The normal form of `type=value+type=value` from `at`, and where the comma or the end is."""
    parts = []
    while True:
        part, at = _assertion(text, at)
        parts.append(part)
        if at == len(text) or text[at] != "+":
            return "+".join(sorted(parts)), at
        at += 1


def _assertion(text: str, at: int) -> tuple[str, int]:
    if (named := _TYPE.match(text, at)) is None:
        raise ValueError(f"{text!r} is no distinguished name: no attribute at position {at + 1}")
    attribute = named[1].lower()
    attribute = _SHORT.get(attribute, attribute)
    if (encoded := _HEXADECIMAL.match(text, named.end())) is not None:
        value, at = _decoded(bytes.fromhex(encoded[1])), encoded.end()
    else:
        raw, at = _string(text, named.end())
        value = _SPECIAL.sub(r"\\\1", prepared(raw))
    if at < len(text) and text[at] not in ",+":
        raise ValueError(f"{text!r} is no distinguished name: {text[at]!r} at position {at + 1}")
    return f"{attribute}={value}", at


def _string(text: str, at: int) -> tuple[str, int]:
    """The value from `at` with its escapes undone, and where it ends."""
    octets = text[at:].encode("utf-8", "surrogatepass")
    value = bytearray()
    end = 0
    while (piece := _ESCAPE.match(octets, end)) is not None:
        value += bytes.fromhex(piece[1].decode()) if piece[1] else piece[2] or piece[3]
        end = piece.end()
    try:
        read = len(octets[:end].decode("utf-8", "surrogatepass"))
        return value.decode("utf-8", "surrogatepass"), at + read
    except UnicodeDecodeError:
        raise ValueError(f"{text!r} is no distinguished name: not UTF-8") from None


def _decoded(ber: bytes) -> str:
    """The normal form of a value written as `#` and its BER encoding: as text where it is text."""
    if len(ber) > 1 and ber[0] in _STRINGS and ber[1] == len(ber) - 2 <= _SHORT_FORM:
        try:
            return _SPECIAL.sub(r"\\\1", prepared(ber[2:].decode(_STRINGS[ber[0]])))
        except UnicodeDecodeError:
            pass
    return "#" + ber.hex()


def prepared(value: str) -> str:
    """The value as RFC 4518 prepares it for caseIgnoreMatch; nothing but spaces is as empty."""
    mapped = value.translate(_MAPPED)
    for _ in range(2):  # folding may leave what NFKC changes, and the other way round
        mapped = unicodedata.normalize("NFKC", mapped.casefold())
    return " ".join(mapped.split())
