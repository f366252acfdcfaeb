"""Whether the journal reads what is written: then a line begins with its priority, sd-daemon(3)."""

from collections.abc import Mapping
from os import fstat
from typing import TextIO

ERROR = "<3>"
"""What a line of an error begins with."""


def journal_reads(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether the stream is the journal's, and not what somebody has put in its place.

    `$JOURNAL_STREAM` is `DEVICE:INODE` of what the service was started with (systemd.exec(5)).
    """
    try:
        found = fstat(stream.fileno())
    except (OSError, ValueError, AttributeError):
        return False
    return environ.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"
