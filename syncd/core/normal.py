"""Normal forms: when two values that look different are the same value."""

import unicodedata

from syncd.core.model import Value


def normal(value: str, *, caseless: bool) -> str:
    """NFC, and without case where `caseless` (canonical caseless matching, Unicode 3.13)."""
    if value.isascii():
        return value.lower() if caseless else value
    if caseless:
        value = unicodedata.normalize("NFD", value).casefold()
    return unicodedata.normalize("NFC", value)


def same(one: Value, other: Value, *, caseless: bool) -> bool:
    """Whether a target that holds `one` need not be told `other`. "" is None, as in SCIM."""
    if isinstance(one, str) and isinstance(other, str):
        return one == other or normal(one, caseless=caseless) == normal(other, caseless=caseless)
    return (one if one != "" else None) == (other if other != "" else None)
