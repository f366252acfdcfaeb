"""What is kept while a cycle goes on needs room on disk once it is much."""

import sqlite3

from syncd.errors import NoRoom


def check_room(error: BaseException | None) -> None:
    """Raises `NoRoom` where the error is that a temporary file cannot be written, or read again.

    Where those are: https://sqlite.org/tempfiles.html#temporary_file_storage_locations
    """
    if isinstance(error, sqlite3.Error):
        raise NoRoom(
            f"what was read cannot be kept in a temporary file ({error}): make room in"
            " $SQLITE_TMPDIR or $TMPDIR, in /var/tmp where neither is set"
        ) from error
