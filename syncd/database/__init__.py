"""One way to open a SQL database, bring its tables up to date and say what went wrong.

The ledger and the SQL target both stand on it; they may share one PostgreSQL database.
"""

from syncd.database.driver import driver
from syncd.database.engine import myself
from syncd.database.faults import Complaint, Trouble, complaints
from syncd.database.opening import Database, Schema, Standing
from syncd.database.session import Session
from syncd.database.time import UtcTime
from syncd.database.url import POSTGRESQL_PORT, database_url, place, shown, without_password

__all__ = [
    "POSTGRESQL_PORT",
    "Complaint",
    "Database",
    "Schema",
    "Session",
    "Standing",
    "Trouble",
    "UtcTime",
    "complaints",
    "database_url",
    "driver",
    "myself",
    "place",
    "shown",
    "without_password",
]
