"""Finds free ports on 127.0.0.1 and waits until something listens there."""

import socket
import subprocess
import time


def free_port() -> int:
    """A port that nothing listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_listening(
    host: str, port: int, process: subprocess.Popen[bytes], timeout: float = 20
) -> None:
    """Raises where the process ends, or the time does, before it listens."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
        try:
            socket.create_connection((host, port), timeout=1).close()
        except OSError:
            time.sleep(0.01)
        else:
            return
    raise RuntimeError(f"{process.args!r} does not listen on {host}:{port}")
