"""Open the ledger where it is."""

from contextlib import ExitStack, suppress
from pathlib import Path

from pydantic import SecretStr

from syncd.database import Database, Standing, database_url
from syncd.errors import LedgerError
from syncd.ledger.lease import LIFE
from syncd.ledger.locks import were_taken
from syncd.ledger.schema import SCHEMA
from syncd.ledger.store import Ledger, complaint


def open_ledger(
    url: str, password: SecretStr | None = None, *, write: bool, life: float = LIFE
) -> "Ledger":
    """For writing, creates or upgrades it; for reading, changes nothing: absent is empty.

    `life` is for how many seconds PostgreSQL keeps the lock of a holder who is silent.
    """
    # Half of it, so that who is silent in the middle of writing has lost that before the lock.
    database = Database(
        database_url(url, password), SCHEMA, "the ledger", complaint, silence=life / 2
    )
    with ExitStack() as undo:
        undo.callback(database.close)
        if database.file is not None:
            _check_not_emptied(database.where, database.file)
        if write:
            database.migrate()
        elif not _readable(database):
            return Ledger.in_memory(write=False)
        undo.pop_all()
        return Ledger(database, write=write, life=life)


def _check_not_emptied(where: str, file: Path) -> None:
    """Raises `LedgerError` where there is nothing left of a ledger that was used. A file of no
    octets is not enough of a sign: so SQLite begins one."""
    with suppress(OSError):  # whoever opens it says more
        if file.stat().st_size == 0 and were_taken(file):
            raise LedgerError(
                f"{where} is empty, and was used before: a lock of its runs is beside it. Restore "
                "it from a backup; or remove the empty file, to begin anew without anything that "
                "syncd knew"
            )


def _readable(database: Database) -> bool:
    match database.standing():
        case Standing.OLDER:
            raise database.older()
        case Standing.NEWER:
            raise database.newer()
        case standing:
            return standing is Standing.CURRENT
