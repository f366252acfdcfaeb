"""Where the status endpoint listens: a port, a socket in the file system, and neither twice."""

import os
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.responses import PlainTextResponse

from syncd.daemon.status.server import StatusServer
from syncd.errors import ConfigError
from tests.daemon.observed import TOKEN, bearer, observed, served


async def app(scope, receive, send) -> None:
    await PlainTextResponse("here\n")(scope, receive, send)


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "status.sock"


@pytest.fixture
def started() -> Iterator[list[StatusServer]]:
    servers: list[StatusServer] = []
    yield servers
    for one in servers:
        one.stop()


def asked(path: Path) -> httpx.Client:
    transport = httpx.HTTPTransport(uds=str(path))
    return httpx.Client(transport=transport, base_url="http://localhost", timeout=10)


def test_a_socket_is_for_its_owner_and_group_and_gone_at_the_end(path, started):
    """Mode 0660, whatever the umask is."""
    before = os.umask(0)
    try:
        started.append(StatusServer(app, f"unix:{path}"))
        started[0].start()
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    assert started[0].places == [f"unix:{path}"]
    with asked(path) as client:
        assert client.get("/").text == "here\n"
    started[0].stop()
    assert not path.exists()


def test_a_socket_that_a_killed_daemon_left_is_replaced(path, started):
    """Nobody listens there, so that nothing is taken from anybody."""
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    assert path.exists()
    started.append(StatusServer(app, f"unix:{path}"))
    started[0].start()
    with asked(path) as client:
        assert client.get("/").status_code == 200


def test_a_socket_in_use_is_left_alone(path, started):
    """The second says whose it is; the first goes on, and its socket stays."""
    started.append(StatusServer(app, f"unix:{path}"))
    started[0].start()
    with pytest.raises(ConfigError, match="another process listens there; stop it, or choose"):
        StatusServer(app, f"unix:{path}").start()
    with asked(path) as client:
        assert client.get("/").status_code == 200


def test_a_file_that_is_no_socket_is_left_alone(path):
    """It may be anything."""
    path.write_text("somebody's work")
    with pytest.raises(ConfigError, match="there is something that is no socket; remove it"):
        StatusServer(app, f"unix:{path}").start()
    assert path.read_text() == "somebody's work"


def test_another_ones_socket_is_not_removed_at_the_end(path, started):
    """Where somebody took its place meanwhile."""
    started.append(StatusServer(app, f"unix:{path}"))
    started[0].start()
    path.unlink()
    started.append(StatusServer(app, f"unix:{path}"))
    started[1].start()
    started[0].stop()
    with asked(path) as client:
        assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    ("listen", "why"),
    [
        (f"unix:/{'a' * 107}", "a socket's path has at most 107 letters"),
        ("unix:/no/such/directory/status.sock", "cannot be made: No such file or directory"),
        ("192.0.2.1:0", "this machine has no such address"),
        ("no.such.host.invalid:0", "no.such.host.invalid is no address"),
    ],
)
def test_an_address_that_cannot_be_had_is_said(listen, why):
    """What was tried, and why it did not work."""
    with pytest.raises(ConfigError, match=why) as caught:
        StatusServer(app, listen).start()
    assert str(caught.value).startswith(f"status.listen {listen}: ")


def test_a_port_in_use_is_said(started):
    """With what to do; the one that has it goes on."""
    started.append(StatusServer(app, "127.0.0.1:0"))
    started[0].start()
    (place,) = started[0].places
    with pytest.raises(ConfigError, match="something else listens there already; stop that"):
        StatusServer(app, place).start()
    assert httpx.get(f"http://{place}/").status_code == 200


def test_localhost_is_every_address_that_it_has(started):
    """Of both kinds, where the machine has both."""
    started.append(StatusServer(app, "localhost:0"))
    started[0].start()
    found = {info[4][0] for info in socket.getaddrinfo("localhost", 0, type=socket.SOCK_STREAM)}
    assert {place.rpartition(":")[0].strip("[]") for place in started[0].places} <= found
    for place in started[0].places:
        assert httpx.get(f"http://{place}/").status_code == 200


def test_nothing_is_left_after_the_end(started):
    """No thread, no port; a server that never began can be stopped, too."""
    before = threading.active_count()
    server = StatusServer(app, "127.0.0.1:0")
    server.stop()
    server.start()
    (place,) = server.places
    assert server.alive()
    httpx.get(f"http://{place}/")
    server.stop()
    server.stop()
    assert (server.alive(), threading.active_count()) == (False, before)
    started.append(StatusServer(app, place))
    started[0].start()


def test_over_a_socket_names_need_the_token_too(path, tmp_path):
    """Who can open it is not by that somebody who may see names."""
    live = observed(tmp_path, listen=f"unix:{path}", hosts=("status.example.org",))
    with served(live), asked(path) as client:
        assert client.get("/status").json()["names"] is False
        assert client.get("/status", headers=bearer(TOKEN)).json()["names"] is True
        for host, status in (("status.example.org", 200), ("evil.example.com", 421), ("", 421)):
            assert client.get("/status", headers={"host": host}).status_code == status
    live.ledger.close()
