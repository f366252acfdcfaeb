"""The ledger of a service, as docs/operating.md says to keep it: every command there is one here."""

import json
import re

import pytest

from tests.servers.postgres import Postgresql
from tests.servers.slapd import Slapd
from tests.systemd.service import DAEMON, ROOT, STATE, Service

pytestmark = [pytest.mark.root, pytest.mark.xdist_group("machine")]
PAGE = (ROOT / "docs" / "operating.md").read_text()


def commands(section: str, number: int = 0) -> str:
    """What stands in one of the section's blocks."""
    (text,) = re.findall(
        rf"^## {re.escape(section)}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL
    )
    return re.findall(r"```sh\n(.*?)```", text, re.DOTALL)[number]


def test_a_backup_made_of_a_running_daemon_s_ledger_can_be_put_in_its_place(
    service: Service, staffed: Slapd
):
    """The accounts are known again, and whoever came since is a conflict and nobody twice."""
    service.configure(staffed)
    service.start()
    service.status("wiki: 41 changes applied")
    service.machine.run("syncd", "ledger", "copy", "--to", "sqlite:///backup.db")
    staffed.add_user("newcomer")
    service.run_now()
    service.status("wiki: 1 change applied")
    owner = service.machine.file(STATE).stat().st_uid

    service.machine.run("sh", "-ec", commands("Back up and restore the ledger"))

    service.status("wiki: nothing to change.*; 1 conflict")
    assert len(service.users()) == 21
    files = service.machine.file(STATE).iterdir()
    assert {file.stat().st_uid for file in files} == {owner}


def test_a_ledger_moves_from_sqlite_to_postgresql(
    service: Service, staffed: Slapd, postgresql: Postgresql
):
    """With its password as a credential, and every account known as before."""
    service.configure(staffed)
    service.start()
    service.status("wiki: 41 changes applied")
    service.credential("ledger__password", postgresql.password)
    move = commands("From SQLite to PostgreSQL").replace(
        "postgresql://syncd@db.example.org/syncd", postgresql.url
    )

    service.machine.run("sh", "-ec", move)
    settings = json.loads(service.machine.file("/etc/syncd/config.yaml").read_text())
    service.write_config(json.dumps(settings | {"ledger": {"url": postgresql.url}}))
    service.start()

    service.status("wiki: nothing to change")
    with postgresql.connect() as connection:
        ((links,),) = connection.execute("SELECT count(*) FROM ledger_links").fetchall()
    assert links == 21
    told = service.machine.properties(DAEMON, "ActiveState", "NRestarts")
    assert told == {"ActiveState": "active", "NRestarts": "0"}
