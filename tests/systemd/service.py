"""syncd as it is installed on a machine: the wheel, the units, a configuration and its secrets."""

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.servers.machine import Machine
from tests.servers.ports import free_port
from tests.servers.slapd import Slapd

ROOT = Path(__file__).parents[2]
UNITS = ROOT / "systemd"
STATE = "/var/lib/private/syncd"
_ASK = """
import json, sqlite3, sys
connection = sqlite3.connect(f"file:{sys.argv[1]}?mode=rw", uri=True, timeout=20)
print(json.dumps(connection.execute(sys.argv[2]).fetchall()))
"""
DAEMON = "syncd.service"
SECRET = "sources__corp__bind__password"


def wheel(place: Path) -> Path:
    """Built from this checkout as it is, away from what earlier builds left there."""
    source = place / "source"
    shutil.copytree(ROOT / "syncd", source / "syncd")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    how = ["--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(place)]
    command = [sys.executable, "-m", "pip", "wheel", *how, str(source)]
    subprocess.run(command, check=True, capture_output=True)
    return next(place.glob("syncd-*.whl"))


class Service:
    """`restore` makes it as it was when it had just been installed."""

    def __init__(self, machine: Machine, package: Path) -> None:
        self.machine = machine
        self.listen = f"127.0.0.1:{free_port()}"
        """Where its page is: this machine's loopback is the container's too."""
        shutil.copy(package, machine.file("/tmp"))
        how = ["--quiet", "--no-index", "--no-deps", "--force-reinstall"]
        machine.run("/opt/syncd/bin/pip", "install", *how, f"/tmp/{package.name}")
        for unit in UNITS.glob("syncd*.*"):
            if unit.suffix != ".sh":
                machine.write(f"/etc/systemd/system/{unit.name}", unit.read_text())
        machine.write("/usr/local/sbin/syncd", (UNITS / "syncd.sh").read_text(), 0o755)
        machine.run("systemctl", "daemon-reload")

    def configure(self, slapd: Slapd, **top: Any) -> None:
        """From slapd, over TLS, to a SQLite store; `top` are further sections, or others."""
        self.machine.write("/etc/syncd/ca.pem", slapd.ca_file.read_text())
        corp = slapd.config(servers=[slapd.ldaps_url], ca_file="ca.pem", bind={"dn": slapd.bind_dn})
        store = {"type": "sql", "url": "sqlite:////var/lib/syncd/store.db"}
        settings = {
            "sources": {"corp": corp},
            "targets": {"store": store},
            "syncs": {"wiki": {"sources": ["corp"], "target": "store"}},
            "status": {"listen": self.listen},
        }
        self._since = self.machine.cursor()
        self.write_config(json.dumps(settings | top))
        self.credential(SECRET, slapd.password)

    def write_config(self, text: str) -> None:
        self.machine.write("/etc/syncd/config.yaml", text)

    def credential(self, name: str, text: str) -> None:
        self.machine.write(f"/etc/credstore/syncd.{name}", text, 0o600)

    def drop_in(self, unit: str, *lines: str) -> None:
        """What `systemctl edit` would write below [Service]."""
        text = "\n".join(("[Service]", *lines, ""))
        self.machine.write(f"/etc/systemd/system/{unit}.d/test.conf", text)
        self.machine.run("systemctl", "daemon-reload")

    def ask(self, statement: str, database: str = "store.db") -> list[Any]:
        """What another program gets. (SQLite gives what root makes to the database's owner.)"""
        path = f"/var/lib/syncd/{database}"
        return list(json.loads(self.machine.run("python3", "-c", _ASK, path, statement)))

    def users(self, database: str = "store.db") -> Mapping[str, bool]:
        """Login: whether active."""
        statement = "SELECT user_name, active FROM users"
        return {name: bool(active) for name, active in self.ask(statement, database)}

    def start(self) -> None:
        """Returns when it is ready, as `systemctl start` does; raises with its journal."""
        try:
            self.machine.run("systemctl", "start", DAEMON)
        except AssertionError as error:
            raise AssertionError(self.words()) from error

    def run_now(self) -> None:
        """By the signal for it."""
        self.machine.run("systemctl", "kill", "--signal=USR1", "--kill-whom=main", DAEMON)

    def status(self, pattern: str, limit: float = 20) -> str:
        """The status text once it matches."""
        told: list[str] = []

        def matches() -> bool:
            told.append(self.machine.properties(DAEMON, "StatusText")["StatusText"])
            return re.search(pattern, told[-1]) is not None

        eventually(matches, limit, lambda: f"{told[-1]!r}\n{self.words()}")
        return told[-1]

    def lines(self, after: str = "") -> list[Mapping[str, Any]]:
        """The daemon's journal since this cursor, or since it was configured."""
        return self.machine.journal(DAEMON, after or self._since)

    def words(self) -> str:
        return "\n".join(str(line["MESSAGE"]) for line in self.lines())

    def restore(self) -> None:
        run = self.machine.run
        units = ["syncd-once.timer", "syncd-once.service", "syncd.service"]
        run("systemctl", "stop", *units)
        run("systemctl", "reset-failed", check=False)
        drop_ins = [f"/etc/systemd/system/{unit}.d" for unit in units]
        run(
            "rm",
            "-rf",
            STATE,
            "/etc/syncd",
            "/etc/credstore",
            "/etc/credstore.encrypted",
            *drop_ins,
        )
        run("systemctl", "daemon-reload")


def eventually(
    true: Callable[[], bool], limit: float = 20, why: Callable[[], str] = lambda: "never"
) -> None:
    end = time.monotonic() + limit
    while not true():
        assert time.monotonic() < end, why()
        time.sleep(0.05)
