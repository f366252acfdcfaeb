"""What the ledger and the SQL store share: URLs, migrations, revisions."""

import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from msgspec.structs import replace
from pydantic import SecretStr

from syncd.backends.sql.schema import SCHEMA as STORE
from syncd.database import Standing, database_url, shown
from syncd.database.engine import open_engine
from syncd.errors import ConfigError
from syncd.ledger.schema import SCHEMA as LEDGER

SCHEMAS = pytest.mark.parametrize("schema", [LEDGER, STORE], ids=["ledger", "store"])


@SCHEMAS
def test_the_migrations_lead_to_the_declared_tables(place, schema):
    """Neither can be changed without the other."""
    database = place.database(schema)
    database.migrate()
    with database.reading() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"compare_server_default": True, "version_table": schema.version_table},
        )
        assert compare_metadata(context, schema.metadata) == []
    database.close()


@SCHEMAS
def test_the_declared_revisions_are_the_scripts(schema):
    """The list is what is read without loading Alembic."""
    scripts = ScriptDirectory(str(schema.migrations))
    found = [script.revision for script in scripts.walk_revisions()]
    assert tuple(reversed(found)) == schema.revisions


def test_ledger_and_store_may_share_a_database(place):
    """Each has its own tables and its own revision."""
    for schema in (LEDGER, STORE):
        database = place.database(schema)
        assert database.standing() is Standing.ABSENT
        database.migrate()
        assert database.standing() is Standing.CURRENT
        database.close()


def test_a_database_that_is_older_asks_to_be_upgraded(place):
    """It is told apart from one that is newer, and from none."""
    database = place.database(LEDGER)
    database.migrate()
    database.close()
    later = place.database(replace(LEDGER, revisions=(*LEDGER.revisions, "9999")))
    assert later.standing() is Standing.OLDER
    told = f"is at revision {LEDGER.revisions[-1]}, and this syncd needs 9999: run `syncd apply`"
    assert told in str(later.older())
    later.close()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_way_to_write_postgresql_is_understood(scheme):
    """The password may stand in the URL, in its query, or apart; apart wins."""
    for written in ("u:url@h/d", "u@h/d?password=url"):
        url = database_url(f"{scheme}://{written}")
        assert (url.drivername, url.password, dict(url.query)) == ("postgresql+psycopg", "url", {})
        assert shown(url) == "postgresql://u@h/d"
        assert database_url(f"{scheme}://{written}", SecretStr("apart")).password == "apart"


def test_a_file_is_relative_to_where_it_is_named():
    """Not to where the command was started."""
    base = Path("/etc/syncd")
    assert database_url("sqlite:///store.db", None, base).database == "/etc/syncd/store.db"
    assert database_url("sqlite:////var/lib/s.db", None, base).database == "/var/lib/s.db"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("mysql://u:S3cret@h/d", "no database of the type mysql is supported"),
        ("postgresql://u:S3cret@h:port/d", "that is not a database URL"),
        ("S3cret", "that is not a database URL"),
        ("sqlite://store.db", "a file is written sqlite:///FILE"),
        ("sqlite:///file:store.db?uri=true", "is given by its path"),
    ],
)
def test_what_is_no_usable_url_is_told_with_the_right_form(text, words):
    """And without the text, which may hold a password."""
    with pytest.raises(ConfigError, match=words) as caught:
        database_url(text)
    assert "S3cret" not in str(caught.value)


def test_without_its_driver_postgresql_names_the_extra(monkeypatch):
    """The message is the command to run."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigError, match=r"install syncd\[postgresql\]"):
        open_engine(database_url("postgresql://u@h/d"))
