"""A running daemon is scraped: what it did is counted, what it knows survives it."""

import httpx
import pytest

from tests.daemon.standin import by_series
from tests.daemon.supervised import ADA, BOB
from tests.servers.ports import free_port


@pytest.fixture
def url(place):
    """Where the daemon's metrics are."""
    port = free_port()
    place.configure({"every": "1h", "at_start": False}, status={"listen": f"127.0.0.1:{port}"})
    return f"http://127.0.0.1:{port}/metrics"


def scrape(url, **headers):
    answer = httpx.get(url, headers=headers, trust_env=False)
    answer.raise_for_status()
    return by_series(answer.text)


def test_a_daemon_that_worked_is_scraped_and_one_that_was_restarted_knows_how_things_stand(
    place, start, url
):
    """Counters are the process's own; ages and counts of the last cycle are the ledger's."""
    daemon = start().ready()
    before = scrape(url)
    assert before["syncd_leader",] == before["syncd_ledger_up",] == before["syncd_able",] == 1
    assert ("syncd_sync_verified_age_seconds", "staff") not in before
    assert before["syncd_sync_interval_seconds", "staff"] == 3600

    assert place.syncd("run-now", "staff", "--wait").returncode == 0
    told = scrape(url)
    assert told["syncd_runs_total", "staff", "done"] == 1
    assert told["syncd_changes_total", "staff", "user", "create", "done"] == 2
    assert told["syncd_sync_outcome", "staff", "done"] == 1
    assert 0 <= told["syncd_sync_verified_age_seconds", "staff"] < 60
    assert told["syncd_target_call_duration_seconds_count", "store", "users.write"] >= 1
    assert told["syncd_target_call_duration_seconds_count", "store", "users.read"] >= 1
    assert told["syncd_source_entries", "staff", "people", "user"] == 2
    assert told["syncd_ledger_size_bytes",] > 10_000
    assert told["syncd_daemons",] == 1
    daemon.stop()

    start().ready()
    again = scrape(url)
    assert ("syncd_runs_total", "staff", "done") not in again
    assert 0 <= again["syncd_sync_verified_age_seconds", "staff"] < 60
    assert again["syncd_source_entries", "staff", "people", "user"] == 2


def test_metrics_name_nobody(place, start, url):
    """No login, no address, no path: whoever may count need not know whom."""
    start().ready()
    assert place.syncd("run-now", "staff", "--wait").returncode == 0

    text = httpx.get(url, trust_env=False).text

    for secret in (*ADA.values(), *BOB.values(), str(place.path), "127.0.0.1"):
        assert secret not in text.replace("syncd_able", "")
