"""Slow and greedy clients of the status endpoint harm nobody but themselves, over real sockets."""

import contextlib
import resource
import socket
import time
from collections.abc import Iterator
from threading import Event, Thread

import httpx
import pytest

from syncd.daemon.status import connection, guard
from tests.daemon.observed import Observed, observed, octets, served

HEAD = b"GET /status HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture
def live(tmp_path) -> Iterator[Observed]:
    made = observed(tmp_path)
    yield made
    made.ledger.close()


@contextlib.contextmanager
def crowd(client: httpx.Client, number: int, first: bytes) -> Iterator[list[socket.socket]]:
    """So many connections that all begin so."""
    place = client.base_url.host, client.base_url.port
    with contextlib.ExitStack() as stack:
        made = []
        for _ in range(number):
            one = stack.enter_context(socket.create_connection(place, 5))
            with contextlib.suppress(ConnectionError):
                one.sendall(first)
            made.append(one)
        yield made


def dribble(some: list[socket.socket], letter: bytes, end: Event) -> None:
    """A letter a second down each of them, as long as it is taken."""
    while not end.wait(1):
        for one in some:
            with contextlib.suppress(OSError):
                one.sendall(letter)


def slowest(client: httpx.Client, number: int = 20) -> float:
    """Seconds for the slowest of so many requests, each by a connection of its own."""
    took = []
    for _ in range(number):
        began = time.monotonic()
        assert client.get("/status", headers={"connection": "close"}).status_code == 200
        took.append(time.monotonic() - began)
    return max(took)


def is_cut(one: socket.socket, seconds: float) -> bool:
    """Whether the server ends this connection within that time."""
    one.settimeout(seconds)
    try:
        while one.recv(65536):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        return True
    return True


@pytest.mark.parametrize(
    ("first", "letter"),
    [
        (b"", b"G"),
        (HEAD + b"X-Slow: ", b"a"),
        (b"POST /session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000\r\n\r\n", b"a"),
    ],
    ids=["a first line", "a header", "a body"],
)
def test_hundreds_who_dribble_do_not_keep_another_waiting(live, first, letter):
    """More of them than there may be connections, each a letter a second; a normal client is
    answered at once."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4096)), hard))
    end = Event()
    number = connection.MOST_CONNECTIONS + 150
    try:
        with served(live) as client, crowd(client, number, first) as slow:
            dribbling = Thread(target=dribble, args=(slow, letter, end))
            dribbling.start()
            try:
                assert slowest(client) < 2
            finally:
                end.set()
                dribbling.join()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_who_sends_no_whole_head_in_time_is_cut(live, monkeypatch):
    """A letter now and then buys no more time."""
    monkeypatch.setattr(connection, "HEAD_SECONDS", 1.0)
    end = Event()
    with served(live) as client, crowd(client, 3, HEAD) as slow:
        dribbling = Thread(target=dribble, args=(slow, b"X", end))
        dribbling.start()
        try:
            assert all(is_cut(one, 3) for one in slow)
        finally:
            end.set()
            dribbling.join()


def test_who_sends_no_whole_body_in_time_is_told_so(live, monkeypatch):
    """408, and the connection ends."""
    monkeypatch.setattr(guard, "_BODY_SECONDS", 0.5)
    with served(live) as client:
        first = b"POST /session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nto"
        said = octets(client, first, 5)
    assert said.startswith(b"HTTP/1.1 408 ")


def test_who_does_not_read_the_answer_is_cut(live, monkeypatch):
    """Thousands of requests down one connection, and not one answer taken."""
    monkeypatch.setattr(connection, "EXCHANGE_SECONDS", 1.0)
    with served(live) as client, socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.connect((client.base_url.host, client.base_url.port))
        assert is_cut_while_asking(one, 30)
        assert slowest(client, 3) < 2


def is_cut_while_asking(one: socket.socket, seconds: float) -> bool:
    """Whether the server ends a connection down which requests are sent and no answer is read."""
    one.settimeout(1)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            one.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 1000)
        except TimeoutError:
            continue
        except ConnectionError:
            return True
    return False


def test_who_does_nothing_after_an_answer_is_cut(live):
    """An idle connection is kept for some seconds."""
    with served(live) as client, crowd(client, 1, HEAD + b"\r\n") as (one,):
        assert is_cut(one, 8)


def test_those_who_show_wrong_tokens_and_wait_keep_nobody_else_waiting(live):
    """Their delays are theirs alone, though they hold all the connections that there are."""
    wrong = HEAD + b"Authorization: Bearer nonsense-nonsense\r\n\r\n"
    with served(live) as client, crowd(client, connection.MOST_CONNECTIONS + 50, wrong):
        assert slowest(client) < 2


def test_a_head_that_never_ends_is_refused(live):
    """Past sixteen thousand octets there is nothing to wait for."""
    with served(live) as client:
        said = octets(client, HEAD + b"X-Long: " + b"a" * 200_000)
    assert said[:13] in {b"HTTP/1.1 400 ", b""}, "no answer reaches who goes on to send"


@pytest.mark.parametrize("number", [1, 500])
def test_a_head_that_is_too_large_as_a_whole_is_refused(live, number):
    """One huge header, or hundreds of small ones."""
    size = 20_000 // number
    lines = b"".join(b"X-%d: %s\r\n" % (at, b"a" * size) for at in range(number))
    with served(live) as client:
        said = octets(client, HEAD + b"Connection: close\r\n" + lines + b"\r\n")
    assert said.startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 400 "))


@pytest.mark.parametrize(
    "body",
    [
        b"Content-Length: 100000000000\r\n\r\n",
        b"Content-Length: 16385\r\n\r\n" + b"a" * 16385,
        b"Transfer-Encoding: chunked\r\n\r\n" + b"ffff\r\n" + b"a" * 0xFFFF,
    ],
    ids=["said", "sent", "chunked"],
)
def test_a_body_that_is_too_large_is_refused(live, body):
    """By what it says of itself, and where it says nothing, by what comes."""
    with served(live) as client:
        said = octets(client, b"POST /session HTTP/1.1\r\nHost: localhost\r\n" + body, 3)
        assert said.startswith(b"HTTP/1.1 413 ")
        assert slowest(client, 3) < 2


def test_the_server_stops_though_clients_dribble(live):
    """A daemon that ends does not wait for them."""
    with contextlib.ExitStack() as stack:
        with served(live) as client:
            stack.enter_context(crowd(client, 50, HEAD + b"X-Slow: "))
            assert client.get("/healthz").status_code == 200
            began = time.monotonic()
        assert time.monotonic() - began < 5


def test_more_requests_than_can_be_worked_on_are_sent_away(live, monkeypatch):
    """With a word when to come again; whether the daemon is alive is answered all the same."""
    gate = Event()
    monkeypatch.setattr(live, "next_runs", lambda: gate.wait(20) and {})
    with served(live) as client, crowd(client, 40, HEAD + b"\r\n") as waiting:
        time.sleep(1)
        sent_away = [one for one in waiting if _has(one)]
        health = [client.get(path).status_code for path in ("/healthz", "/readyz")]
        gate.set()
        said = [one.recv(4096) for one in waiting]
    assert (len(sent_away), health) == (40 - guard._AT_ONCE, [200, 200])
    assert sorted({one[:13] for one in said}) == [b"HTTP/1.1 200 ", b"HTTP/1.1 503 "]
    assert all(b"retry-after" in one for one in said if b" 503 " in one[:13])


def _has(one: socket.socket) -> bool:
    """Whether there is something to read, which stays there."""
    one.settimeout(0)
    try:
        return bool(one.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False
    finally:
        one.settimeout(20)
