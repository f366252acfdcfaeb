"""`syncd run` as a service manager runs it: a process, its notifications, its files."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

from syncd.ledger import Ledger, open_ledger

SYNCD = (sys.executable, "-c", "from syncd.cli import main; main()")
ADA = {"id": "ada", "user_name": "ada", "email": "ada@example.org"}
BOB = {"id": "bob", "user_name": "bob", "email": "bob@example.org"}


@dataclass
class Place:
    """A configuration and its people, below `path`."""

    path: Path
    settings: dict[str, Any] = field(default_factory=dict)

    def people(self, *users: dict[str, Any]) -> None:
        (self.path / "people.yaml").write_text(json.dumps({"users": users, "groups": []}))

    def configure(self, schedule: dict[str, Any] | None = None, **sections: Any) -> None:
        self.settings = {
            "sources": {"people": {"type": "yaml", "paths": ["people.yaml"]}},
            "targets": {"store": {"type": "sql", "url": "sqlite:///store.db"}},
            "syncs": {
                "staff": {
                    "sources": ["people"],
                    "target": "store",
                    "schedule": schedule or {"every": "1h"},
                }
            },
            "status": {"listen": None},
            **sections,
        }
        self.write()

    def write(self) -> None:
        (self.path / "config.yaml").write_text(json.dumps(self.settings))

    @property
    def ledger_url(self) -> str:
        return f"sqlite:///{self.path}/.syncd/ledger.db"

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        opened = open_ledger(self.ledger_url, write=False)
        try:
            yield opened
        finally:
            opened.close()

    def runs(self) -> list[str | None]:
        """The outcomes, the newest first."""
        with self.ledger() as ledger:
            return [run.outcome for run in ledger.runs("staff", 1000)]

    def syncd(self, *verb: str, **environ: str) -> "subprocess.CompletedProcess[str]":
        command = [*SYNCD, "--config", str(self.path / "config.yaml"), *verb]
        return subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
            env=os.environ | environ,
        )


class Supervised:
    """A daemon that was started. `told` are its notifications, each as a dictionary."""

    def __init__(self, place: Place, **environ: str) -> None:
        self.place = place
        self.told: list[dict[str, str]] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        name = f"\0syncd test {os.getpid()} {id(self)}"
        self._socket.bind(name)
        self._thread = Thread(target=self._listen, daemon=True)
        self._thread.start()
        self._written = place.path / f"{id(self)}.log"
        with self._written.open("wb") as out:
            self.process = subprocess.Popen(
                [*SYNCD, "--config", str(place.path / "config.yaml"), "run"],
                stdout=out,
                stderr=out,
                env={**os.environ, "NOTIFY_SOCKET": f"@{name[1:]}", **environ},
                start_new_session=True,  # as under systemd; and one that is stopped stays so
            )

    def _listen(self) -> None:
        while True:
            words = self._socket.recv(4096).decode()
            if not words:
                return
            self.told.append(dict(line.split("=", 1) for line in words.splitlines()))

    def words(self, name: str) -> list[str]:
        return [one[name] for one in list(self.told) if name in one]

    @property
    def status(self) -> str:
        return (self.words("STATUS") or [""])[-1]

    def wait(self, until: Callable[[], object], what: str, seconds: float = 20.0) -> None:
        end = time.monotonic() + seconds
        while not until():
            if time.monotonic() > end:
                raise AssertionError(f"waited in vain for {what}: {self.told[-5:]} {self.written}")
            time.sleep(0.05)

    def ready(self) -> "Supervised":
        self.wait(lambda: self.words("READY"), "READY")
        return self

    def stop(self, signum: int = 15) -> tuple[int, str]:
        """Its exit code, and all that it wrote."""
        self.process.send_signal(signum)
        return self.ended()

    def ended(self) -> tuple[int, str]:
        return self.process.wait(30), self.written

    @property
    def written(self) -> str:
        """Both streams."""
        return self._written.read_text()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        sender.sendto(b"", self._socket.getsockname())
        sender.close()
        self._thread.join(5)
        self._socket.close()
