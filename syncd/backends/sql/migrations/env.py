"""Where Alembic enters; it runs this file and imports nothing of it."""

from syncd.database.migration import run

run()
