"""Which of the audits that the ledger remembers is this one.

The place of an audit is a machine's name and a directory there. A container is called otherwise
each time it starts: so the segments say the place, too, and the ledger keeps the name that the
audit began with.
"""

import socket
from pathlib import Path

import msgspec
from msgspec import Struct

from syncd.audit.segments import segments
from syncd.ledger.heads import Head
from syncd.ledger.trail import Trail


class _Opened(Struct):
    """What the first line of a segment says; older ones name the machine alone."""

    machine: str = ""
    place: str = ""


def here(directory: Path) -> str:
    """What the ledger calls an audit that begins in that directory of this machine."""
    return f"{socket.gethostname()}:{directory}"


def remembered(trail: Trail, directory: Path) -> Head | None:
    """The ledger's memory of the end of the audit in that directory. Raises `OSError`."""
    places = [here(directory)]
    for path in reversed(segments(directory)):
        if (said := _said(path, directory)) and said not in places:
            places.append(said)
    return trail.head(places, str(directory))


def _said(path: Path, directory: Path) -> str:
    with path.open("rb") as file:
        try:
            opened = _OPENED.decode(file.readline())
        except msgspec.MsgspecError:
            return ""
    return opened.place or (f"{opened.machine}:{directory}" if opened.machine else "")


_OPENED = msgspec.json.Decoder(_Opened)
