"""Alembic, run from inside: one database's scripts on a connection that is open already."""

from pathlib import Path

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection


def upgrade(connection: Connection, scripts: Path, version_table: str) -> None:
    """Brings the tables to the newest revision, within the connection's transaction."""
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.attributes.update(connection=connection, version_table=version_table)
    command.upgrade(config, "head")


def run() -> None:
    """What each `env.py` does."""
    attributes = context.config.attributes
    context.configure(
        connection=attributes["connection"], version_table=attributes["version_table"]
    )
    with context.begin_transaction():
        context.run_migrations()
