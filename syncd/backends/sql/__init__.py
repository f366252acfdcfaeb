"""The SQL store as a target."""

from syncd.backends.sql.backend import SqlBackend, SqlConfig

__all__ = ["SqlBackend", "SqlConfig"]
