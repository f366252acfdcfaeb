"""A lock on PostgreSQL ends with its holder's silence, and its holder is the first to know."""

import signal
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncd.core.plan import Plan
from syncd.errors import LedgerError
from syncd.ledger import Ledger, open_ledger
from syncd.ledger.lease import _now, _settings
from syncd.ledger.locks import still
from tests.faults.test_server_stops import Server
from tests.servers import postgres
from tests.servers.postgres import Postgresql
from tests.servers.proxy import Proxy

LIFE = 2.0
LATE = 1.0
"""Seconds more than promised that a busy machine may take."""
LOST = "the lock of staff was lost"


@pytest.fixture
def proxy(postgresql: Postgresql):
    proxy = Proxy(postgresql.port)
    yield proxy
    proxy.close()


@contextmanager
def opened(database: Postgresql, port: int | None = None, life: float = LIFE):
    """A ledger of a daemon that reaches the server by this port."""
    there = database._replace(port=port or database.port)
    url = there.url.replace("@", f":{there.password}@")
    ledger = open_ledger(url, write=True, life=life)
    try:
        yield ledger
    finally:
        ledger.close()


@pytest.fixture
def far(postgresql: Postgresql, proxy: Proxy):
    """The ledger of a daemon on whose network something can happen."""
    with opened(postgresql, proxy.port) as ledger:
        yield ledger


@pytest.fixture
def near(postgresql: Postgresql):
    with opened(postgresql) as ledger:
        yield ledger


def asked(ledger: Ledger, sync: str = "staff") -> bool:
    with suppress(LedgerError):
        ledger._held[sync]()
        return True
    return False


def seconds_until(law, most: float) -> float:
    """How long it took to become true."""
    began = time.monotonic()
    while not law():
        assert time.monotonic() - began < most, f"not within {most} seconds"
        time.sleep(0.01)
    return time.monotonic() - began


def is_free(ledger: Ledger, sync: str = "staff") -> bool:
    try:
        with ledger.lock(sync):
            return True
    except LedgerError:
        return False


def terminate(database: Postgresql, which: str = "true") -> None:
    with database.connect() as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory'"
            f" AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND {which}"
        )


def test_a_holder_who_has_nothing_to_say_keeps_its_lock(far, near):
    """It beats by itself, however long its calls take."""
    with far.lock("staff"):
        time.sleep(2.5 * LIFE)
        assert asked(far)
        assert not is_free(near)
    assert is_free(near)


def test_who_is_cut_off_stops_before_anybody_else_can_begin(far, near, proxy):
    """What is swallowed has no end that TCP could tell; both sides come to it by their clocks."""
    with far.lock("staff"):
        proxy.swallow()
        began = time.monotonic()
        lost = threading.Event()
        watch = threading.Thread(
            target=lambda: (seconds_until(lambda: not asked(far), 3 * LIFE), lost.set())
        )
        watch.start()
        seconds_until(lambda: is_free(near), LIFE + LATE)
        assert lost.is_set()
        assert time.monotonic() - began > LIFE / 2
        watch.join()


def test_who_was_cut_off_is_no_holder_when_the_network_is_back(far, proxy):
    """Once lost a lock stays lost, and its run says so at its next write."""
    with far.lock("staff"):
        proxy.swallow()
        seconds_until(lambda: not asked(far), LIFE + LATE)
        proxy.flow()
        for _ in range(3):
            with pytest.raises(LedgerError, match=LOST):
                far.settle("staff", 1, None)
            time.sleep(0.1)
    with far.lock("staff"):
        assert asked(far)


def test_a_short_silence_of_the_network_loses_nothing(far, near, proxy):
    """The beat's answer comes late, and counts from when it was asked for."""
    with far.lock("staff"):
        for _ in range(3):
            proxy.swallow()
            time.sleep(LIFE / 5)
            proxy.flow()
            time.sleep(LIFE / 5)
        assert asked(far)
        assert not is_free(near)


def test_a_line_that_is_cut_loses_the_lock_at_once(far, near, proxy):
    """The holder is not told otherwise by what it knew a moment ago."""
    with far.lock("staff"):
        assert asked(far)
        proxy.cut()
        seconds_until(lambda: not asked(far), LATE)
        seconds_until(lambda: is_free(near), LATE)


def test_a_session_that_an_administrator_ended_holds_nothing(near, postgresql):
    """The very next question is answered so, though the last answer was good and is young."""
    with near.lock("staff"):
        assert asked(near)
        terminate(postgresql)
        assert not asked(near)


def test_two_syncs_do_not_disturb_each_other(near, postgresql):
    """One's lock is lost, the other's is not."""
    with near.lock("staff"):
        with near.lock("other"):
            lowest = "pid = (SELECT min(pid) FROM pg_locks WHERE locktype = 'advisory')"
            terminate(postgresql, lowest)
            assert sorted([asked(near), asked(near, "other")]) == [False, True]
        assert "other" not in near._held


def test_several_threads_may_ask_at_once(far, proxy):
    """All are told the same, and none waits longer than a life."""
    said: list[bool] = []

    def ask() -> None:
        said.extend(asked(far) for _ in range(300))

    with far.lock("staff"):
        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert said == [True] * 2400
        said.clear()
        proxy.swallow()
        time.sleep(LIFE / 2)
        began = time.monotonic()
        threads = [threading.Thread(target=lambda: said.append(asked(far))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert said == [False] * 8
        assert time.monotonic() - began < LIFE


def test_a_lease_leaves_neither_thread_nor_session_behind(near, postgresql):
    """However it ended, and whoever was refused."""
    threads = threading.active_count()
    for _ in range(3):
        with near.lock("staff"):
            assert not is_free(near)
    with near.lock("staff"):
        terminate(postgresql)
    near.close()
    assert threading.active_count() == threads
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with postgresql.connect() as connection:
        seconds_until(lambda: connection.execute(others).fetchall() == [(0,)], LATE)


def test_nobody_waits_for_ever_for_a_lock(far, proxy):
    """A server that says nothing is an error, with its name."""
    proxy.swallow()
    began = time.monotonic()
    with pytest.raises(LedgerError, match=f"the ledger postgresql://.*:{proxy.port}/"):
        far._locks.run("staff")
    assert time.monotonic() - began < 2 + LATE


def test_the_holder_is_named_by_its_process_and_host_whatever_the_url_calls_it(postgresql):
    """A pid alone names no machine, and an application's name neither."""
    named = postgresql._replace(database=f"{postgresql.database}?application_name=mine")
    told = pytest.raises(LedgerError, match=r"\(pid \d+ on \S+ since \d{4}-.*Z\)")
    with opened(named) as ledger, ledger.lock("staff"), told:
        ledger._locks.run("staff")


def test_a_lock_of_another_database_is_nobodys_here(near, postgresql):
    """Two ledgers on one server know nothing of each other."""
    with opened(postgresql._replace(database="postgres")) as other, other.lock("staff"):
        assert is_free(near)


def test_another_users_lock_is_told_of_too(near, postgresql):
    """PostgreSQL shows to others what a session is called, and not since when."""
    with postgresql.connect() as connection:
        connection.execute("DROP ROLE IF EXISTS guest")
        connection.execute("CREATE ROLE guest LOGIN PASSWORD 'guest'")
        connection.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO guest")
        url = postgresql.url.replace(f"{postgres.USER}@", "guest:guest@")
        guest = open_ledger(url, write=True, life=LIFE)
        with near.lock("staff"), pytest.raises(LedgerError, match=r"\(pid \d+ on \S+\)"):
            guest._locks.run("staff")
        guest.close()
        connection.execute("DROP OWNED BY guest")
        connection.execute("DROP ROLE guest")


def test_who_stops_in_the_middle_of_writing_keeps_nobody_waiting(near, postgresql):
    """Its transaction is undone within half a life, before its lock is lost."""
    with postgresql.connect() as connection:
        connection.execute("CREATE TABLE things (id int)")
    told = pytest.raises(LedgerError, match="idle-in-transaction")
    with told, near._database.writing() as connection:
        connection.exec_driver_sql("INSERT INTO things VALUES (1)")
        time.sleep(LIFE / 2 + LATE / 2)
        connection.exec_driver_sql("INSERT INTO things VALUES (2)")
    with postgresql.connect() as connection:
        assert connection.execute("SELECT count(*) FROM things").fetchall() == [(0,)]


def test_a_lock_that_is_lost_while_something_is_written_undoes_it(near):
    """What is stored counts as written under the lock, from its first word to its last."""

    class Lost:
        asked = 0

        def held(self):
            self.asked += 1
            return self.asked == 1

        def release(self):
            pass

    near._held["staff"] = still(Lost(), "staff")
    now = datetime.now(UTC)
    with pytest.raises(LedgerError, match=LOST):
        near.begin_run("staff", Plan(sync="staff", target="t", created=now, config=""), now)
    assert near.runs() == []


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGKILL])
def test_no_lock_survives_its_server(signum):
    """The holder knows before the server is back, and then whoever is first has it."""
    programs = postgres.server_programs()
    if programs is None:
        postgres._absent("no PostgreSQL server is installed")
    with tempfile.TemporaryDirectory(prefix="syncd-lease-") as place:
        server = Server(programs, Path(place))
        database = Postgresql(server.port, "postgres")
        with opened(database) as one, opened(database) as two:
            with one.lock("staff"):
                assert not is_free(two)
                server.stop(signum)
                seconds_until(lambda: not asked(one), LATE)
                server.start()
                # What the pool has of before is found out by its next use.
                with two.lock("staff"):
                    assert (asked(one), asked(two)) == (False, True)
            assert is_free(one)
        server.stop(signal.SIGINT)


def test_an_answer_counts_from_when_it_was_asked_for(near, monkeypatch):
    """The server counts from when it heard the question, which may have been long before."""
    grip = near._locks.run("staff")
    ask = grip._session.ask

    def slow(*given):
        answer = ask(*given)
        time.sleep(LIFE / 3)
        return answer

    monkeypatch.setattr(grip._session, "ask", slow)
    grip._beat()
    assert _now() - grip._confirmed >= LIFE / 3
    monkeypatch.undo()
    assert grip.held()
    grip.release()


def test_a_holder_behind_whom_the_server_process_changes_holds_nothing(near, monkeypatch):
    """Something pools the connections by transaction, and the lock stayed with another of them."""
    grip = near._locks.run("staff")
    monkeypatch.setattr(grip._session, "ask", lambda *_: [("1",)])
    grip._beat()
    monkeypatch.undo()
    assert not grip.held()
    grip.release()


def test_a_server_before_14_is_asked_for_what_it_knows():
    """It has no `idle_session_timeout`, and would refuse the setting."""
    newer, older = _settings(140000, 10.0), _settings(130022, 10.0)
    assert newer == {**older, "idle_session_timeout": "10000"}
    assert older["tcp_user_timeout"] == "10000"
