"""The ends of a daemon: hung, stopped in the middle of its work, rebooted."""

from collections import Counter

import pytest

from tests.servers.slapd import STAFF, Slapd
from tests.systemd.service import DAEMON, STATE, Service, eventually

pytestmark = [pytest.mark.root, pytest.mark.xdist_group("machine")]
MANY = 300


def test_a_process_that_hangs_is_replaced(service: Service, staffed: Slapd):
    """Without a sign of life systemd ends it with SIGABRT, and another goes on."""
    service.configure(staffed)
    service.drop_in(DAEMON, "WatchdogSec=2s", "RestartSec=100ms")
    service.start()
    service.status("wiki: 41 changes applied")
    hung = service.machine.properties(DAEMON, "MainPID")["MainPID"]

    service.machine.run("systemctl", "kill", "--signal=STOP", "--kill-whom=main", DAEMON)

    service.machine.wait(DAEMON, ActiveState="active", NRestarts="1")
    assert service.machine.properties(DAEMON, "MainPID")["MainPID"] != hung
    assert any("Watchdog timeout" in line["MESSAGE"] for line in service.lines())
    service.status("wiki: ")
    assert service.users() == dict.fromkeys(STAFF, True)
    service.machine.wait(DAEMON, ActiveState="active", NRestarts="1")


def test_told_to_stop_it_finishes_the_change_in_hand_and_the_next_start_does_the_rest(
    service: Service, slapd: Slapd
):
    """In the middle of an apply: nothing is in doubt, nothing lost and nothing done twice."""
    people(slapd)
    store = {"type": "sql", "url": "sqlite:////var/lib/syncd/store.db", "batch_size": 1}
    service.configure(slapd, targets={"store": store})
    service.start()
    eventually(lambda: count(service) > 20)

    service.machine.run("systemctl", "stop", DAEMON)

    done = count(service)
    assert 20 < done < MANY
    told = service.machine.properties(DAEMON, "ActiveState", "Result")
    assert told == {"ActiveState": "inactive", "Result": "success"}
    service.start()
    eventually(lambda: count(service) == MANY, limit=120)
    service.status(f"wiki: {MANY - done:,} changes applied", limit=60)
    keys = service.ask("SELECT external_id FROM users")
    assert len({key for (key,) in keys}) == MANY
    lines = Counter(
        outcome for (outcome,) in service.ask("SELECT outcome FROM ledger_batches", "ledger.db")
    )
    assert lines == {"done": MANY}


def test_what_it_knows_outlives_a_reboot(service: Service, staffed: Slapd):
    """An enabled daemon is there again after a boot, knows its accounts, and goes on."""
    service.configure(staffed)
    service.start()
    service.status("wiki: 41 changes applied")
    made = service.ask("SELECT id FROM users ORDER BY id")
    service.machine.run("systemctl", "enable", DAEMON)

    service.machine.reboot()

    service.machine.wait(DAEMON, ActiveState="active")
    service.status("wiki: ")
    assert service.ask("SELECT id FROM users ORDER BY id") == made
    staffed.add_user("newcomer")
    service.run_now()
    eventually(lambda: set(service.users()) == {*STAFF, "newcomer"})


def people(slapd: Slapd) -> None:
    entries = (
        f"dn: uid=p{n},{slapd.people}\nobjectClass: inetOrgPerson\nuid: p{n}\ncn: p{n}\nsn: p{n}\n"
        f"mail: p{n}@example.test\n"
        for n in range(MANY)
    )
    slapd.load("\n".join(entries))


def count(service: Service) -> int:
    if not service.machine.file(f"{STATE}/store.db").exists():
        return 0
    # The file is there a moment before its tables.
    made = "SELECT count(*) FROM sqlite_master WHERE name = 'users'"
    if service.ask(made)[0][0] == 0:
        return 0
    return int(service.ask("SELECT count(*) FROM users")[0][0])
