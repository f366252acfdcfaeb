"""Of several daemons with one ledger one leads; the others learn who, and take over when it ends."""

import os
import re
import signal
import socket
import time

import pytest

from syncd.errors import LedgerError
from syncd.ledger import Ledger, open_ledger
from tests.servers.proxy import Proxy
from tests.shell.test_ledger_opening import OPEN, start, wait_for

LEAD = f"""{OPEN}
leadership = ledger.leadership()
print(leadership.take(), flush=True)
sys.stdin.read()
"""
LIFE = 2.0
MYSELF = f"pid {os.getpid()} on {socket.gethostname()}"


@pytest.fixture
def opened(place):
    """Opens the ledger once more, as another daemon would."""
    ledgers: list[Ledger] = []

    def once_more(life: float = LIFE) -> Ledger:
        ledgers.append(open_ledger(*place, write=True, life=life))
        return ledgers[-1]

    yield once_more
    for ledger in ledgers:
        ledger.close()


def test_one_leads_and_the_others_are_told_who(opened):
    """Nobody waits: a try is answered at once, and the lead is free when it is given up."""
    one, two = opened().leadership(), opened().leadership()
    assert not one.holds()
    assert [one.take(), two.take(), one.take()] == [True, False, True]
    assert (one.holds(), two.holds()) == (True, False)
    assert one.holder == ""
    assert re.fullmatch(rf"{re.escape(MYSELF)} since \d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ", two.holder)
    one.give_up()
    assert [one.holds(), two.take(), one.take()] == [False, True, False]
    assert two.holder == ""
    two.give_up()
    two.give_up()


def test_the_leader_in_memory_is_one_too():
    """Tests of what stands on it see the same."""
    ledger = Ledger.in_memory()
    one, two = ledger.leadership(), ledger.leadership()
    assert [one.take(), two.take(), two.holder] == [True, False, MYSELF]
    one.give_up()
    assert [two.take(), one.holds()] == [True, False]
    ledger.close()


@pytest.mark.parametrize("sync", ["leader", "-leader", "run leader"])
def test_no_run_of_a_sync_is_in_the_leaders_way(opened, sync):
    """Whatever a sync is called, its lock is another."""
    ledger = opened()
    leadership = ledger.leadership()
    with ledger.lock(sync):
        assert leadership.take()
    with ledger.lock(sync):
        assert leadership.holds()
    leadership.give_up()


def test_a_killed_leaders_lead_is_free(opened, place):
    """Nobody has to remove anything by hand."""
    leader = start(LEAD, place)
    assert leader.stdout is not None
    assert leader.stdout.readline() == "True\n"
    leadership = opened().leadership()
    assert not leadership.take()
    assert leadership.holder.startswith(f"pid {leader.pid} on {socket.gethostname()} since ")
    leader.send_signal(signal.SIGKILL)
    leader.communicate()
    wait_for(leadership.take, "the lead")
    leadership.give_up()


def test_a_ledger_that_was_opened_for_reading_leads_nobody(opened, place):
    """To try is a bug, not something an operator can mend."""
    opened()
    reader = open_ledger(*place, write=False)
    with pytest.raises(AssertionError, match="for reading"):
        reader.leadership()
    reader.close()


def test_a_leader_that_is_cut_off_knows_before_another_leads(postgresql):
    """And does not lead again by itself when the network is back, but may take the lead anew."""
    proxy = Proxy(postgresql.port)
    url = postgresql.url.replace("@", f":{postgresql.password}@")
    near = open_ledger(url, write=True, life=LIFE)
    far = open_ledger(url.replace(f":{postgresql.port}/", f":{proxy.port}/"), write=True, life=LIFE)
    one, two = far.leadership(), near.leadership()
    assert one.take()
    proxy.swallow()
    began = time.monotonic()
    while one.holds():
        assert not two.take()
    assert time.monotonic() - began < LIFE
    wait_for(two.take, "the lead")
    with pytest.raises(LedgerError, match=r"the ledger postgresql://"):
        one.take()
    proxy.flow()
    wait_for(lambda: not one.take() and one.holder, "an answer")
    assert one.holder.startswith(MYSELF)
    two.give_up()
    assert one.take()
    one.give_up()
    far.close()
    near.close()
    proxy.close()
