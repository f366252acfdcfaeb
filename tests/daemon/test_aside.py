"""A ledger that takes what it is sent and answers nothing: the daemon says so, and still ends."""

from threading import Event
from time import sleep

import pytest

from syncd.daemon import aside
from syncd.daemon.aside import Aside
from syncd.errors import LedgerError
from tests.daemon.inhand import wait_for
from tests.daemon.supervised import Supervised
from tests.servers.proxy import Proxy


def test_what_is_asked_is_answered_and_what_is_raised_is_raised():
    """As if it had been called."""
    asked = Aside()
    assert asked(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        asked(lambda: 1 // 0)


def test_who_never_answers_is_asked_nothing_more_until_it_does(monkeypatch):
    """No heap of threads grows behind it; one that takes for ever is told of."""
    go, asked = Event(), Aside(0.1)
    with pytest.raises(LedgerError, match="has not answered for 0 seconds"):
        asked(go.wait)
    with pytest.raises(LedgerError, match="has not answered"):
        asked(lambda: 7)
    assert not asked.hanging()
    monkeypatch.setattr(aside, "_FOR_EVER", 0.0)
    assert asked.hanging()
    go.set()
    wait_for(lambda: not asked.hanging())
    assert asked(lambda: 7) == 7


def test_a_frozen_database_server_freezes_no_daemon(place, start, postgresql):
    """The watchdog is fed, the status says what is wrong, and SIGTERM ends it."""
    proxy = Proxy(postgresql.port)
    url = postgresql.url.replace(f":{postgresql.port}/", f":{proxy.port}/")
    place.configure({"every": "1h"}, ledger={"url": url})
    environ = {"SYNCD_LEDGER__PASSWORD": postgresql.password, "WATCHDOG_USEC": "4000000"}
    daemon: Supervised = start(**environ).ready()
    daemon.wait(lambda: "2 changes applied" in daemon.status, "the first run")
    sleep(1)
    proxy.swallow()
    daemon.wait(lambda: daemon.status.startswith("the ledger"), "the trouble", 40)
    before = len(daemon.words("WATCHDOG"))
    daemon.wait(lambda: len(daemon.words("WATCHDOG")) > before, "a sign of life", 30)
    code, _ = daemon.stop()
    assert code == 0
    proxy.close()
