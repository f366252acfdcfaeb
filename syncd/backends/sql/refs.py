"""New names for users and groups: UUIDs that begin with the time, so that an index is only ever
added to at its end (RFC 9562, section 5.7)."""

import secrets
import time

from syncd.core.model import Ref

_VERSION, _VARIANT = 7 << 76, 2 << 62
_MILLISECOND = 1_000_000


def new_ref() -> Ref:
    """Later ones sort behind, as far as the clock tells them apart.

    The twelve bits after the milliseconds are their 4096th parts (RFC 9562, section 6.2, method 3).
    """
    milliseconds, rest = divmod(time.time_ns(), _MILLISECOND)
    parts = rest * 4096 // _MILLISECOND
    number = milliseconds << 80 | _VERSION | parts << 64 | _VARIANT | secrets.randbits(62)
    text = f"{number:032x}"
    return Ref(f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}")
