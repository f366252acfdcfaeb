"""Answers octet by octet: what is one is read as http.client reads it, and anything else is an error."""

import http.client
import socket
import threading
from contextlib import closing, contextmanager, suppress
from http.client import HTTPException, HTTPResponse

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from syncd.backends.http.body import TooLarge
from syncd.backends.http.exchange import Got, exchange
from syncd.backends.http.pool import Line
from tests.servers.http_server import OK

NAMES = st.sampled_from(["X-One", "x-one", "ETag", "Link", "Keep-Alive", "Server", "Set-Cookie"])
VALUES = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=30)
BODIES = st.binary(max_size=3000)


@contextmanager
def heard(octets):
    """A connection on which these came, and then its end."""
    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs):
        ours.settimeout(5)

        def send():
            with suppress(OSError):
                theirs.sendall(octets)
                theirs.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send)
        sender.start()
        connection = http.client.HTTPConnection("nobody")
        connection.sock = ours
        yield Line(connection)
        with ours:
            ours.shutdown(socket.SHUT_RDWR)
        sender.join()


def read(octets, largest=10_000) -> Got:
    with heard(octets) as line:
        return exchange(line, b"x", largest)


def written(status, headers, body, form, pieces):
    """A good answer, with its length, in chunks, or to the end of the connection."""
    lines = [f"{name}: {value}" for name, value in headers]
    if form == "length":
        lines.append(f"Content-Length: {len(body)}")
    elif form == "chunks":
        lines.append("Transfer-Encoding: chunked")
        cuts = [body[at : at + pieces] for at in range(0, len(body), pieces)]
        body = b"".join(b"%x\r\n%s\r\n" % (len(cut), cut) for cut in cuts) + b"0\r\n\r\n"
    else:
        lines.append("Connection: close")
    head = "\r\n".join((f"HTTP/1.1 {status} Thus", *lines, "", ""))
    return head.encode() + body


@settings(deadline=None)
@given(
    st.sampled_from([200, 201, 404, 503]),
    st.lists(st.tuples(NAMES, VALUES), max_size=6),
    BODIES,
    st.sampled_from(["length", "chunks", "end"]),
    st.integers(1, 1000),
)
def test_a_good_answer_is_what_python_reads(status, headers, body, form, pieces):
    """In every form that HTTP/1.1 has; headers of one name are one."""
    octets = written(status, headers, body, form, pieces)
    got = read(octets)
    with heard(octets) as line:
        reference = HTTPResponse(line.connection.sock)
        reference.begin()
        told = {name.lower() for name, _ in reference.headers.items()}
        assert {
            name: ", ".join(one.strip() for one in reference.headers.get_all(name)) for name in told
        } == got.headers
        assert (got.status, got.body) == (reference.status, reference.read())
    assert got.body == body
    assert got.left == (form != "end")


@settings(deadline=None)
@given(
    st.lists(st.tuples(NAMES, VALUES), max_size=3),
    BODIES.filter(bool),
    st.sampled_from(["length", "chunks"]),
    st.data(),
)
def test_an_answer_that_is_cut_anywhere_is_an_error(headers, body, form, data):
    """Else half a list of people would be a whole one."""
    octets = written(200, headers, body, form, 100)
    cut = data.draw(st.integers(0, len(octets) - 1))
    with pytest.raises((OSError, HTTPException)):
        read(octets[:cut])


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n", "chunk"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"a: b\r\n" * 300,
            "trailers",
        ),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000, "a line of more than 65,536"),
        (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 300, "headers"),
    ],
)
def test_what_never_ends_is_ended(octets, why):
    """A head, a line, trailers; and a chunk ends where it says."""
    with pytest.raises(HTTPException, match=why):
        read(octets)


def test_a_trickle_is_not_waited_for_beyond_all_measure(monkeypatch):
    """Though the server is never silent for long."""
    monkeypatch.setattr("syncd.backends.http.stream._WHOLE", -1)
    with pytest.raises(TimeoutError):
        read(OK)


def test_many_small_chunks_take_no_longer_than_few():
    """Each is read once, and not copied with all that follows it."""
    body = b"x" * 1_000_000
    assert read(written(200, [], body, "chunks", 8), 2_000_000).body == body


@settings(deadline=None)
@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda rest: OK[:40] + rest))
@example(b"HTTP/1.1 200 OK\r\n folded: first\r\n\r\n")
@example(b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n")
@example(b"HTTP/1.1 200 OK\r\nspace : x\r\n\r\n")
@example(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc")
@example(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")
@example(b"HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nabc")
@example(b"HTTP/2 200\r\n\r\n")
@example(b"HTTP/1.1 999999 OK\r\n\r\n")
def test_nonsense_is_an_error_of_its_kind(octets):
    """And never anything that nobody expects."""
    try:
        got = read(octets)
    except (OSError, HTTPException, TooLarge):
        return
    assert octets.startswith(b"HTTP/1.")
    assert isinstance(got.body, bytes)


@pytest.mark.parametrize(
    ("octets", "status", "headers", "body", "left"),
    [
        (b"HTTP/1.1 204 None\r\n\r\n", 204, {}, b"", True),
        (b"HTTP/1.1 200\r\nContent-Length: 0\n\n", 200, {"content-length": "0"}, b"", True),
        (
            b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx",
            200,
            {"content-length": "1"},
            b"x",
            False,
        ),
        (
            b"HTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Go\r\n\r\nHTTP/1.1 204 None\r\n\r\n",
            204,
            {},
            b"",
            True,
        ),
        (
            b"HTTP/1.1 204 None\r\nX: a\r\n  b\r\nX: c\r\n\r\n",
            204,
            {"x": "a b, c"},
            b"",
            True,
        ),
        (b"HTTP/1.1 101 Switching\r\n\r\n", 101, {}, b"", False),
    ],
)
def test_less_usual_answers_are_read_too(octets, status, headers, body, left):
    """Hints before the answer, folded headers, lines without a carriage return, the old HTTP."""
    assert read(octets) == Got(status, headers, body, left)
