"""The daemon under a real systemd: what it says of itself, and what becomes of a reload."""

import json
import re
import urllib.request

import pytest

from tests.servers.slapd import STAFF, Slapd
from tests.systemd.service import DAEMON, Service, eventually

pytestmark = [pytest.mark.root, pytest.mark.xdist_group("machine")]


def test_the_daemon_is_ready_when_it_has_started_and_tells_how_its_syncs_are(
    service: Service, staffed: Slapd
):
    """`systemctl start` waits for it; the status has words for each sync; a signal runs them now."""
    service.configure(staffed)

    service.start()

    told = service.machine.properties(DAEMON, "ActiveState", "SubState", "Type", "NRestarts")
    assert told == {
        "ActiveState": "active",
        "SubState": "running",
        "Type": "notify",
        "NRestarts": "0",
    }
    service.status(r"wiki: 41 changes applied")
    assert service.users() == dict.fromkeys(STAFF, True)
    with urllib.request.urlopen(f"http://{service.listen}/readyz", timeout=5) as answer:
        assert answer.status == 200

    staffed.add_user("newcomer")
    service.run_now()

    service.status(r"wiki: 1 change applied")
    assert service.users() == dict.fromkeys((*STAFF, "newcomer"), True)


def test_a_wrong_configuration_at_the_start_ends_it_for_good(service: Service, staffed: Slapd):
    """It is not started again and again, and the journal says what is wrong, and where."""
    service.configure(staffed, syncs={"wiki": {"sources": ["corp"], "target": "stroe"}})

    service.machine.run("systemctl", "start", DAEMON, check=False)

    told = service.machine.properties(DAEMON, "ActiveState", "ExecMainStatus", "NRestarts")
    assert told == {"ActiveState": "failed", "ExecMainStatus": "2", "NRestarts": "0"}
    errors = [line["MESSAGE"] for line in service.lines() if line["PRIORITY"] <= "3"]
    assert any("config.yaml" in each and "stroe" in each for each in errors), errors


def test_a_reload_takes_the_new_configuration_in_the_same_process(service: Service, staffed: Slapd):
    """A sync that is new runs, and one that is gone is in the status no more."""
    service.configure(staffed)
    service.start()
    service.status("wiki: ")
    before = service.machine.properties(DAEMON, "MainPID", "InvocationID")
    corp = {"sources": ["corp"], "target": "store"}
    other = {"type": "sql", "url": "sqlite:////var/lib/syncd/other.db"}
    service.configure(staffed, targets={"store": other}, syncs={"mail": corp})

    service.machine.run("systemctl", "reload", DAEMON)

    assert "wiki" not in service.status(r"mail: 41 changes applied")
    assert service.users("other.db") == dict.fromkeys(STAFF, True)
    after = service.machine.properties(DAEMON, "MainPID", "InvocationID", "ActiveState")
    assert after == before | {"ActiveState": "active"}


def test_a_bad_configuration_is_refused_with_its_errors_and_the_old_one_stays(
    service: Service, staffed: Slapd
):
    """The journal and the status say what is wrong; syncs go on; a good one makes it good."""
    service.configure(staffed)
    service.start()
    service.status("wiki: ")
    mark = service.machine.cursor()
    good = service.machine.file("/etc/syncd/config.yaml").read_text()
    service.write_config(json.dumps(json.loads(good) | {"shedule": {}, "status": {"listen": "x"}}))

    service.machine.run("systemctl", "reload", DAEMON)

    service.status("a reload was refused: ")
    service.machine.wait(DAEMON, ActiveState="active", SubState="running")
    errors = [line["MESSAGE"] for line in service.lines(mark) if line["PRIORITY"] == "3"]
    assert any(re.search(r"config\.yaml:1:\d+: shedule: is not known here", e) for e in errors)
    assert any("status.listen" in each for each in errors)
    staffed.add_user("newcomer")
    service.run_now()
    eventually(lambda: "newcomer" in service.users())

    service.write_config(good)
    service.machine.run("systemctl", "reload", DAEMON)
    service.status("^wiki: ")


def test_daemon_and_timer_stop_each_other(service: Service, staffed: Slapd):
    """Nobody has both."""
    service.configure(staffed)
    service.start()

    service.machine.run("systemctl", "start", "syncd-once.timer")
    service.machine.wait(DAEMON, ActiveState="inactive", Result="success")
    service.start()
    service.machine.wait("syncd-once.timer", ActiveState="inactive")


CONNECT = """
import socket
client = socket.socket(socket.AF_UNIX)
client.connect("/run/syncd/status.sock")
client.sendall(b"GET /healthz HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n")
print(client.makefile("rb").readline().decode())
"""


def test_the_page_on_a_unix_socket_is_for_the_unit_s_group(service: Service, staffed: Slapd):
    """A web server is let in by a drop-in, as docs/operating.md says, and nobody else is."""
    service.machine.run("groupadd", "--force", "www-data")
    service.drop_in(DAEMON, "Group=www-data")
    service.configure(staffed, status={"listen": "unix:/run/syncd/status.sock"})
    service.start()

    def answer(group: str) -> str:
        who = ["setpriv", "--reuid=nobody", f"--regid={group}", "--clear-groups"]
        return service.machine.run(*who, "python3", "-c", CONNECT, check=False)

    assert answer("www-data").startswith("HTTP/1.1 200")
    assert not answer("nogroup")
