"""What stands in the journal: everything once, with its priority, and no secret."""

import json
import re
import urllib.request
from collections import Counter
from pathlib import Path

import pytest

from tests.servers.slapd import Slapd
from tests.systemd.service import DAEMON, SECRET, STATE, Service

pytestmark = [pytest.mark.root, pytest.mark.xdist_group("machine")]
TOKEN = "a-token-of-the-tests-0123"


def test_a_secret_is_used_and_appears_nowhere(service: Service, staffed: Slapd):
    """Not in the journal, the unit, its environment and command line, its files, or on the page."""
    service.configure(staffed)
    service.credential("status__token", TOKEN)
    service.start()
    service.status("wiki: 41 changes applied")

    run = service.machine.run
    pid = service.machine.properties(DAEMON, "MainPID")["MainPID"]
    places = {
        "journal": run("journalctl", "--output=export", "--all"),
        "properties": run("systemctl", "show", "--all", DAEMON),
        "environment": run("cat", f"/proc/{pid}/environ"),
        "command": run("cat", f"/proc/{pid}/cmdline"),
        "history": run("syncd", "history", "--format", "json"),
    }
    for path in ("/", "/status", "/runs", "/metrics", "/openapi.json"):
        headers = {"Authorization": f"Bearer {TOKEN}"}
        request = urllib.request.Request(f"http://{service.listen}{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=5) as answer:
            places[path] = answer.read().decode()
    for file in filter(Path.is_file, service.machine.file(STATE).rglob("*")):
        places[file.name] = file.read_bytes().decode(errors="replace")

    assert "CREDENTIALS_DIRECTORY=/run/credentials/syncd.service" in places["environment"]
    assert {name for name, text in places.items() if staffed.password in text} == set()
    assert {name for name, text in places.items() if TOKEN in text} == set()
    file = service.machine.file(f"/run/credentials/{DAEMON}/{SECRET}")
    assert file.read_text() == staffed.password
    assert file.stat().st_mode & 0o777 == 0o400


def test_each_event_is_one_line_with_its_priority(service: Service, staffed: Slapd):
    """What went well is information, what did not is an error; nothing stands there twice."""
    corp = {"sources": ["corp"], "target": "store"}
    service.configure(staffed)
    good = json.loads(service.machine.file("/etc/syncd/config.yaml").read_text())
    lost = good["sources"]["corp"] | {"servers": ["ldap://127.0.0.1:9"]}
    sources = good["sources"] | {"lost": lost}
    syncs = {"wiki": corp, "mail": {"sources": ["lost"], "target": "other"}}
    other = {"type": "sql", "url": "sqlite:////var/lib/syncd/other.db"}
    targets = good["targets"] | {"other": other}
    service.configure(staffed, sources=sources, targets=targets, syncs=syncs)
    service.credential("sources__lost__bind__password", staffed.password)
    name = "sources__lost__bind__password"
    service.drop_in(DAEMON, f"LoadCredential={name}:syncd.{name}")

    service.start()
    service.status("wiki: 41 changes applied")
    service.status("mail: ")

    lines = [line for line in service.lines() if line.get("_SYSTEMD_UNIT") == DAEMON]
    events = Counter((line["PRIORITY"], event(line["MESSAGE"])) for line in lines)
    assert events == {
        ("5", "serving"): 1,
        ("5", "lead won"): 1,
        ("5", "ready"): 1,
        ("6", "cycle begun"): 2,
        ("6", "change"): 41,
        ("6", "cycle ended"): 2,
        ("3", "failed"): 1,
        ("5", "back off"): 1,
    }
    (failed,) = (line["MESSAGE"] for line in lines if line["PRIORITY"] == "3")
    assert "sync=mail" in failed
    assert "127.0.0.1:9: connection refused" in failed
    assert max(Counter(line["MESSAGE"] for line in lines).values()) == 1
    assert {line["SYSLOG_IDENTIFIER"] for line in lines} == {"syncd"}


def event(message: str) -> str:
    """What stands between the level and the first field."""
    found = re.fullmatch(r"(error|warning|notice|info) +(.*?)( \S+=.*)?", message)
    assert found, message
    return found[2]
