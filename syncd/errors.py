"""What can go wrong, each with the exit code of the command that met it.

    SyncdError
    ├── ConfigError          the configuration is wrong; nothing was read      exit 2
    ├── SourceError          a source could not be read                        exit 3
    ├── LedgerError          syncd's own memory cannot be used                 exit 4
    │   ├── Busy             another run of the sync is under way
    │   └── AuditError       the audit must be written, and cannot be
    ├── NoRoom               what a run keeps meanwhile finds no room          exit 4
    ├── Stopped              asked to stop, before anything was written        exit 0
    ├── TookTooLong          its time limit passed before anything was written exit 4
    └── BackendError         the target                                        exit 4
        ├── Incomplete       could not be read to its end
        ├── Unavailable      time-out, 5xx, connection lost: worth trying again
        ├── Denied           credentials or rights: stops the run
        └── Rejected         this one change will not work; the run goes on
            ├── NotFound     no such ref
            └── Conflict     something else has that login, name or key

Every message names the thing, what was seen, and what to do. The backend
classifies; the executor decides, once.
"""

from typing import ClassVar


class SyncdError(Exception):
    """A failure that is the world's and not a bug: shown without a traceback."""

    exit_code: ClassVar[int] = 1


class ConfigError(SyncdError):
    """The configuration is wrong. `problems` are all of them, each with its place."""

    exit_code = 2

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class SourceError(SyncdError):
    """A source could not be read. `problems` are all that were found, each with its place."""

    exit_code = 3

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class LedgerError(SyncdError):
    """The ledger cannot be used: locked by another run, damaged, or from a newer syncd."""

    exit_code = 4


class Busy(LedgerError):
    """Another run of the sync is under way: nothing is wrong, and it is worth trying again."""


class AuditError(LedgerError):
    """What was done cannot be told to the audit. The ledger has it."""


class NoRoom(SyncdError):
    """What a run reads and finds out is kept in temporary files, and those cannot be written."""

    exit_code = 4


class Stopped(SyncdError):
    """Somebody asked to stop while a run was still reading."""

    exit_code = 0


class TookTooLong(SyncdError):
    """A run's time limit passed while it was still reading."""

    exit_code = 4


class BackendError(SyncdError):
    """The target did not do what was asked."""

    exit_code = 4


class Incomplete(BackendError):
    """The target could not be read to its end; what was read proves no absence."""


class Unavailable(BackendError):
    """The target did not answer, or not now: worth trying again, except for a creation.

    `refused` is whether it surely did nothing of what it was asked, so that even a creation may be
    asked for again; `retry_after` is for how many seconds it asks to be left alone.
    """

    def __init__(
        self, message: str = "", *, refused: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.refused = refused
        self.retry_after = retry_after


class Denied(BackendError):
    """The target refused the account that syncd logs in with."""


class Rejected(BackendError):
    """The target will not make this one change."""


class NotFound(Rejected):
    """The target has nothing under that ref."""


class Conflict(Rejected):
    """Something else in the target has that login, e-mail or name."""
