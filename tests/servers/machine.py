"""A real machine with systemd as its first process, in a container: systemd-nspawn, as root.

What is installed in it is kept below .servers (`.ci/machine`); what a run of the tests writes lies above
that and outlives reboots of the machine, and nothing else. It shares this machine's network: servers on
127.0.0.1 are reached from inside.
"""

import itertools
import json
import shlex
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

REBOOTED = 133
"""What systemd-nspawn ends with when the machine wants to be started again (--keep-unit)."""
_NUMBERS = itertools.count(1)


class NoMachine(Exception):
    """None can be booted here; with what its console says."""


class Machine:
    """Booted when made. `directory` takes what is written, on a file system that overlayfs takes."""

    def __init__(self, root: Path, directory: Path) -> None:
        self._root, self._directory = root, directory
        self._name = f"syncd-{directory.stat().st_ino}-{next(_NUMBERS)}"
        for each in ("upper", "work", "merged"):
            (directory / each).mkdir()
        self._boot()

    def run(
        self, *command: str, given: str | None = None, check: bool = True, timeout: float = 60
    ) -> str:
        """What the command in the machine writes; raises where it fails, with its words."""
        ended = subprocess.run(
            [*self._inside, *command],
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if check and ended.returncode:
            words = f"{shlex.join(command)} ended with {ended.returncode}:\n"
            raise AssertionError(words + ended.stdout + ended.stderr)
        return ended.stdout

    def file(self, path: str) -> Path:
        """A file in the machine, to be read or written from outside."""
        return Path(f"/proc/{self._leader}/root") / path.removeprefix("/")

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        file = self.file(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode)
        file.write_text(text)

    def properties(self, unit: str, *names: str) -> dict[str, str]:
        told = self.run("systemctl", "show", unit, *(f"--property={name}" for name in names))
        return dict(line.split("=", 1) for line in told.splitlines())

    def wait(self, unit: str, limit: float = 20, **wanted: str) -> None:
        """Until the unit's properties are so; raises with its journal where they never are."""
        end = time.monotonic() + limit
        while (told := self.properties(unit, *wanted)) != wanted:
            if time.monotonic() > end:
                lines = self.run("journalctl", "--no-pager", "--lines=50", f"--unit={unit}")
                raise AssertionError(f"{told}, not {wanted} within {limit} s\n{lines}")
            time.sleep(0.05)

    def cursor(self) -> str:
        """The journal's end as it is now."""
        last = self.run("journalctl", "--lines=1", "--output=json", "--output-fields=MESSAGE")
        return str(json.loads(last)["__CURSOR"])

    def journal(self, unit: str, after: str = "") -> list[Mapping[str, Any]]:
        """The unit's lines, and systemd's about it, after this cursor."""
        self.run("journalctl", "--sync")
        where = ["--after-cursor", after] if after else []
        told = self.run("journalctl", f"--unit={unit}", "--output=json", "--all", *where)
        return [json.loads(line) for line in told.splitlines()]

    def reboot(self) -> None:
        """As `systemctl reboot` does it: all is stopped in its order, and booted again."""
        self.run("systemctl", "reboot")
        assert self._container.wait(90) == REBOOTED, self._console()
        self._boot()

    def stop(self) -> None:
        if self._container.poll() is None:
            self._container.terminate()  # systemd-nspawn asks the machine to shut down
        try:
            self._container.wait(30)
        except subprocess.TimeoutExpired:
            self._container.kill()
            self._container.wait()

    def _boot(self) -> None:
        layers = f"lowerdir={self._root},upperdir={self._directory}/upper"
        layers += f",workdir={self._directory}/work"
        merged = f"{self._directory}/merged"
        boot = ["systemd-nspawn", "--boot", "--register=no", "--keep-unit", "--resolv-conf=off"]
        boot += ["--console=read-only", f"--machine={self._name}", f"--directory={merged}"]
        mount = ["mount", "-t", "overlay", "overlay", "-o", layers, merged]
        # The mount is this process's own, and goes with it; the process goes with the tests.
        command = ["setpriv", "--pdeathsig=TERM", "unshare", "--mount", "sh", "-c"]
        command.append(f"{shlex.join(mount)} && exec {shlex.join(boot)}")
        with (self._directory / "console").open("ab") as console:
            self._container = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=console, stderr=console
            )
        self._wait_until_booted()

    def _wait_until_booted(self) -> None:
        end = time.monotonic() + 60
        while self._container.poll() is None and time.monotonic() < end:
            self._leader = self._first_process()
            state = ["systemctl", "is-system-running", "--wait"]
            if self._leader and self.run(*state, check=False).strip() in {"running", "degraded"}:
                return
            time.sleep(0.02)
        self.stop()
        raise NoMachine(f"the machine does not boot:\n{self._console()}")

    def _first_process(self) -> str:
        """The process number of the machine's systemd, as it is outside; empty if it is not there."""
        pid = self._container.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return children[0] if children else ""

    @property
    def _inside(self) -> list[str]:
        spaces = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"]
        return ["nsenter", f"--target={self._leader}", *spaces, "--"]

    def _console(self) -> str:
        return (self._directory / "console").read_text(errors="replace")[-4000:]
