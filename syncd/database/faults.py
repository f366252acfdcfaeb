"""What a database's errors mean: to try again, to stop, or that one change will not work."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum, auto

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError


class Trouble(Enum):
    UNAVAILABLE = auto()  # worth trying again
    DENIED = auto()  # credentials or rights
    REJECTED = auto()  # this one statement will not work
    BROKEN = auto()  # neither: damaged, or not what it should be


Complaint = Callable[[Trouble, str], Exception]
"""Makes the error that is raised, of the kind that the database's user speaks."""

# https://sqlite.org/rescode.html
_SQLITE = {
    "SQLITE_BUSY": (Trouble.UNAVAILABLE, "is locked by another program; try again"),
    "SQLITE_LOCKED": (Trouble.UNAVAILABLE, "is locked by another program; try again"),
    "SQLITE_FULL": (Trouble.UNAVAILABLE, "cannot grow: the disk is full; make room"),
    "SQLITE_IOERR": (Trouble.UNAVAILABLE, "cannot be read or written; look at the disk"),
    "SQLITE_READONLY": (Trouble.DENIED, "is read-only for this user; give write access"),
    "SQLITE_PERM": (Trouble.DENIED, "is closed to this user; give access"),
    "SQLITE_CANTOPEN": (
        Trouble.DENIED,
        "cannot be opened; this user needs the file and write access to its directory",
    ),
    "SQLITE_NOTADB": (Trouble.BROKEN, "is not a SQLite database; look at the path"),
    "SQLITE_CORRUPT": (Trouble.BROKEN, "is damaged; restore it from a backup"),
}

# https://www.postgresql.org/docs/current/errcodes-appendix.html; the longest prefix counts.
_POSTGRESQL = {
    "08": Trouble.UNAVAILABLE,  # connection
    "22": Trouble.REJECTED,  # data
    "23": Trouble.REJECTED,  # constraint
    "25006": Trouble.DENIED,  # read-only transaction
    "25P03": Trouble.UNAVAILABLE,  # silent for too long in a transaction that writes
    "28": Trouble.DENIED,  # authentication
    "40": Trouble.UNAVAILABLE,  # serialization, deadlock
    "42501": Trouble.DENIED,  # privilege
    "53": Trouble.UNAVAILABLE,  # disk full, too many connections
    "55": Trouble.UNAVAILABLE,  # lock not available
    "57": Trouble.UNAVAILABLE,  # shutting down, cancelled
    "58": Trouble.UNAVAILABLE,  # I/O
}

# A connection that fails before it stands has no SQLSTATE in libpq, only the server's words:
# https://www.postgresql.org/docs/current/libpq-status.html#LIBPQ-PQERRORMESSAGE
_REFUSED_LOGIN = (
    "authentication failed",
    "no password supplied",
    "no pg_hba.conf entry",
    "is not permitted to log in",
    "permission denied for database",
)
_WRONG_NAME = ("does not exist",)


@contextmanager
def complaints(where: str, complaint: Complaint) -> Iterator[None]:
    """Turns the database's errors into the caller's, with `where` it happened."""
    try:
        yield
    except DBAPIError as error:
        raise complaint(*diagnose(error, where)) from error
    except UnicodeEncodeError as error:
        text = f"{where}: a value holds a character that no database can store ({error.reason})"
        raise complaint(Trouble.REJECTED, text) from error


def diagnose(error: DBAPIError, where: str) -> tuple[Trouble, str]:
    origin = error.orig
    if isinstance(origin, sqlite3.Error):
        return _of_sqlite(error, where)
    # The detail below the first line can hold a whole row.
    said = " ".join(str(_primary(origin) or origin).split())
    state = getattr(origin, "sqlstate", None)
    if state:
        return _of_sqlstate(state), f"{where}: {said}"
    if any(words in said for words in _REFUSED_LOGIN):
        return Trouble.DENIED, f"{where}: {said}; look at the user name and the password"
    if any(words in said for words in _WRONG_NAME):
        return Trouble.BROKEN, f"{where}: {said}; look at the URL"
    if isinstance(error, DataError):
        return Trouble.REJECTED, f"{where}: {said}"
    return Trouble.UNAVAILABLE, f"{where}: {said}"


def _primary(origin: object) -> str | None:
    return getattr(getattr(origin, "diag", None), "message_primary", None)


def _of_sqlite(error: DBAPIError, where: str) -> tuple[Trouble, str]:
    name = getattr(error.orig, "sqlite_errorname", "")
    for code, (trouble, words) in _SQLITE.items():
        if name.startswith(code):
            return trouble, f"{where} {words} ({error.orig})"
    if isinstance(error, IntegrityError | DataError):
        return Trouble.REJECTED, f"{where}: {error.orig}"
    return Trouble.BROKEN, f"{where}: {error.orig}"


def _of_sqlstate(state: str) -> Trouble:
    for length in (5, 2):
        if trouble := _POSTGRESQL.get(state[:length]):
            return trouble
    return Trouble.BROKEN
