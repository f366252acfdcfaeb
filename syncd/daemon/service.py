"""Talk to systemd, which supervises the daemon: sd_notify(3), sd_watchdog_enabled(3).

The protocol is a datagram of `NAME=value` lines to the socket that $NOTIFY_SOCKET names. The few
libraries that speak it in Python swallow its errors or need a compiler.
"""

import os
import socket
import time
from collections.abc import Mapping

_SHORTEST_PING = 0.5


class Service:
    """The service that systemd sees. Without systemd every call does nothing."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._address = _address(environ.get("NOTIFY_SOCKET", ""))
        self.watchdog = _watchdog(environ)
        """Seconds within which a ping is expected; None where nobody waits for one."""
        self._told = ""
        self._next_ping = 0.0

    def ready(self, status: str) -> None:
        self._told = status
        self._send("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """Followed by `ready`. systemd compares the time with its own clock."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self, status: str) -> None:
        self._told = status
        self._send("STOPPING=1", f"STATUS={status}")

    def status(self, status: str) -> None:
        """One line, for `systemctl status`."""
        if status != self._told:
            self._told = status
            self._send(f"STATUS={status}")

    def ping(self) -> None:
        """A sign of life, as often as the watchdog needs one."""
        now = time.monotonic()
        if self.watchdog is not None and now >= self._next_ping:
            self._next_ping = now + max(self.watchdog / 4, _SHORTEST_PING)
            self._send("WATCHDOG=1")

    def _send(self, *lines: str) -> None:
        if not self._address:
            return
        words = "\n".join(line.replace("\n", " ") for line in lines)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.settimeout(1.0)
            try:
                sender.sendto(words.encode(), self._address)
            except OSError:
                # Whoever supervises has gone or is slow: no reason to leave any account as it is.
                return


def _address(name: str) -> str:
    """An abstract socket is written with an @ (unix(7))."""
    return f"\0{name[1:]}" if name.startswith("@") else name


def _watchdog(environ: Mapping[str, str]) -> float | None:
    for_whom = environ.get("WATCHDOG_PID")
    microseconds = environ.get("WATCHDOG_USEC", "")
    if not microseconds.isdigit() or int(microseconds) == 0:
        return None
    if for_whom and for_whom != str(os.getpid()):
        return None
    return int(microseconds) / 1e6
