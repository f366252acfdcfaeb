"""The status endpoint goes where a reload says, and leaves nothing behind."""

import signal
import socket
import urllib.request
from pathlib import Path

from tests.daemon.supervised import Place, Supervised

TOKEN = "a-token-of-these-tests"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def move(place: Place, daemon: Supervised, listen: str) -> None:
    before = len(daemon.words("READY"))
    place.configure({"every": "1h"}, status={"listen": listen, "token": TOKEN})
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait(lambda: len(daemon.words("READY")) > before, f"the move to {listen}")


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def count(daemon: Supervised, what: str) -> int:
    return len(list(Path(f"/proc/{daemon.process.pid}/{what}").iterdir()))


def test_it_opens_to_the_network_on_the_port_that_it_has(place, start):
    """The commonest move: from this machine only to all addresses, which includes the old one."""
    port = free_port()
    place.configure({"every": "1h"}, status={"listen": f"127.0.0.1:{port}"})
    daemon = start().ready()
    assert answers(port)
    move(place, daemon, f"0.0.0.0:{port}")
    assert "refused" not in daemon.status
    assert answers(port)


def test_where_it_cannot_go_it_stays(place, start):
    """Somebody else listens there."""
    port = free_port()
    place.configure({"every": "1h"}, status={"listen": f"127.0.0.1:{port}"})
    daemon = start().ready()
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        move(place, daemon, f"127.0.0.1:{other.getsockname()[1]}")
    assert "a reload was refused: status.listen" in daemon.status
    assert answers(port)


def test_ten_moves_leave_no_thread_and_no_file_behind(place, start):
    """Each server is ended with all that it had."""
    ports = free_port(), free_port()
    place.configure({"every": "1h"}, status={"listen": f"127.0.0.1:{ports[0]}"})
    daemon = start().ready()
    daemon.wait(lambda: place.runs() == ["done"], "the first run")
    found = []
    for number in range(1, 11):
        assert answers(ports[(number - 1) % 2])
        move(place, daemon, f"127.0.0.1:{ports[number % 2]}")
        assert not answers(ports[(number - 1) % 2])
        found.append((count(daemon, "task"), count(daemon, "fd")))
    # A pool may begin a thread late, and a connection may still be about to end when it is counted;
    # what is left behind at each move is more in each of the last three than in any of the first six.
    for counts in zip(*found, strict=True):
        assert min(counts[-3:]) <= max(counts[:6])
