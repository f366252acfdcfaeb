"""New names for users and groups: UUIDs that begin with the time, so that an index is only ever
added to at its end (RFC 9562, section 5.7)."""

import secrets
import time

from syncd.core.model import Ref

_MILLISECOND = 1_000_000
_VARIANT = 0b10 << 62


def new_ref() -> Ref:
    """Later ones sort behind, as far as the clock tells them apart.

    The twelve bits after the version are the millisecond's 4096th parts (RFC 9562, section 6.2,
    method 3).
    """
    milliseconds, rest = divmod(time.time_ns(), _MILLISECOND)
    moment = f"{milliseconds:012x}"
    part = rest * 4096 // _MILLISECOND
    chance = f"{secrets.randbits(62) | _VARIANT:016x}"
    return Ref(f"{moment[:8]}-{moment[8:]}-7{part:03x}-{chance[:4]}-{chance[4:]}")
