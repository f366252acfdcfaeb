"""Reading ends in its time, on both kinds of database, and the connection is as good as before."""

import time

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from syncd.database.limit import within
from syncd.errors import LedgerError
from syncd.ledger import Ledger, open_ledger
from tests.servers.postgres import Postgresql

ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"


def counted(ledger: Ledger) -> int:
    with ledger._database.reading() as connection:
        return connection.scalar(text("SELECT 1"))


def is_cut(ledger: Ledger, statement: str) -> bool:
    """Whether the statement ends soon, by an error of the ledger's."""
    began = time.monotonic()
    with (
        pytest.raises(LedgerError),
        within(0.3),
        ledger._database.reading() as connection,
    ):
        connection.execute(text(statement)).all()
    return time.monotonic() - began < 3


def test_a_statement_that_takes_too_long_on_sqlite_is_cut(tmp_path):
    """Afterwards the same connection has all the time again."""
    ledger = open_ledger(f"sqlite:///{tmp_path}/ledger.db", write=True)
    assert is_cut(ledger, ENDLESS)
    time.sleep(0.3)
    with ledger._database.reading() as connection:
        many = text(
            "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 200000)"
            " SELECT count(*) FROM c"
        )
        assert connection.scalar(many) == 200_000
    ledger.close()


def test_a_statement_that_takes_too_long_on_postgresql_is_cut(postgresql: Postgresql):
    """The server itself ends it; the next transaction has all the time again."""
    ledger = open_ledger(postgresql.url, SecretStr(postgresql.password), write=True)
    assert is_cut(ledger, "SELECT pg_sleep(20)")
    with ledger._database.reading() as connection:
        assert connection.scalar(text("SHOW statement_timeout")) == "0"
    assert counted(ledger) == 1
    ledger.close()
