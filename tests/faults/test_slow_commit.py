"""A commit that outlives the process that asked for it (a busy disk, a standby that lags)."""

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.faults.installation import Installation
from tests.faults.stores import POSTGRESQL, SQLITE
from tests.servers.postgres import Postgresql

GATE = 4711
SLOW = f"""
CREATE FUNCTION wait_at_the_gate() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_advisory_xact_lock_shared({GATE}); RETURN NULL; END';
CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON users DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.user_name = 'd0-30') EXECUTE FUNCTION wait_at_the_gate();
SELECT pg_advisory_lock({GATE});
"""
WAITING = """
SELECT pid FROM pg_stat_activity
WHERE application_name LIKE 'syncd%' AND datname = current_database() AND wait_event_type = 'Lock'
"""


@pytest.fixture
def gate(one: Installation) -> Iterator[psycopg.Connection]:
    """The commit that makes d0-30 waits as long as this connection stands."""
    place = urlsplit(one.databases["store"])
    with Postgresql(int(place.port or 0), place.path[1:]).connect() as connection:
        connection.execute(SLOW)
        yield connection


def waiting(gate: psycopg.Connection, others: set[int]) -> set[int]:
    """Server processes of syncd's that wait for a lock, once there is one beside the others."""
    for _ in range(1000):
        found = {pid for (pid,) in gate.execute(WAITING)}
        if found - others:
            return found
        time.sleep(0.02)
    raise AssertionError("nobody waits")


@pytest.mark.parametrize(("store", "ledger"), [(POSTGRESQL, SQLITE), (POSTGRESQL, POSTGRESQL)])
def test_a_run_sees_what_the_commit_of_a_killed_one_leads_to(
    one: Installation, gate: psycopg.Connection, small_end: dict[str, Any]
):
    """It reads the store only when nothing of the killed one is under way any more."""
    killed = one.start()
    first = waiting(gate, set())
    killed.kill()
    killed.communicate()
    assert one.open_lines() > 0
    process = one.start()
    assert waiting(gate, first) > first
    gate.execute(f"SELECT pg_advisory_unlock({GATE})")
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert one.state() == small_end
    assert one.open_lines() == 0
