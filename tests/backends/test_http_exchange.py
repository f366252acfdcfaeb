"""Answers octet by octet: one that is whole is read, in any form, and anything else is an error."""

import http.client
import socket
import threading
from contextlib import closing, contextmanager, suppress
from http.client import HTTPException

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
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


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


def written(headers, body, form):
    """A good answer, with its length or in chunks."""
    lines = [f"{name}: {value}" for name, value in headers]
    if form == "length":
        lines.append(f"Content-Length: {len(body)}")
    else:
        lines.append("Transfer-Encoding: chunked")
        cuts = [body[at : at + 100] for at in range(0, len(body), 100)]
        body = b"".join(b"%x\r\n%s\r\n" % (len(cut), cut) for cut in cuts) + b"0\r\n\r\n"
    return "\r\n".join(("HTTP/1.1 200 OK", *lines, "", "")).encode() + body


@settings(deadline=None)
@given(
    st.lists(st.tuples(NAMES, VALUES), max_size=3),
    BODIES.filter(bool),
    st.sampled_from(["length", "chunks"]),
    st.data(),
)
def test_an_answer_that_is_cut_anywhere_is_an_error(headers, body, form, data):
    """Else half a list of people would be a whole one."""
    octets = written(headers, body, form)
    whole = read(octets)
    assert (whole.body, whole.left) == (body, True)
    cut = data.draw(st.integers(0, len(octets) - 1))
    with pytest.raises((OSError, HTTPException)):
        read(octets[:cut])


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000, "more than 65536 bytes"),
        (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 300, "more than 100 headers"),
        (CHUNKED + b"-1\r\n" + b"x" * 200_000, "how long it is"),
    ],
)
def test_what_never_ends_is_ended(octets, why):
    """A line, a head, a chunk of less than nothing."""
    with pytest.raises(HTTPException, match=why):
        read(octets)


def test_a_trickle_is_not_waited_for_beyond_all_measure(monkeypatch):
    """Though the server is never silent for long."""
    monkeypatch.setattr("syncd.backends.http.incoming._WHOLE", -1)
    with pytest.raises(TimeoutError):
        read(OK)


@pytest.mark.parametrize("beyond", [b"H", OK])
def test_a_connection_on_which_more_came_than_was_asked_for_is_left(beyond):
    """Nobody can tell what the rest would be the answer to."""
    got = read(OK + beyond)
    assert (got.body, got.left) == (read(OK).body, False)
    assert read(OK).left


@pytest.mark.parametrize(
    "head",
    [
        b"no colon",
        b"space : x",
        b"Transfer-Encoding: chunked\r\nContent-Length: 3",
        b"Transfer-Encoding: gzip, chunked",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        b"Content-Length: 3\r\nContent-Length: 2",
        b"Content-Length: -3",
        b"Content-Length: 3 octets",
        b"Content-Length:",
        b"Content-Type: multipart/mixed; boundary*0=x; boundary*=y",
        b"Content-Type: multipart/mixed; boundary*=x\0y''z",
    ],
)
def test_a_head_that_is_not_clear_is_an_error(head):
    """http.client would pass over it, and take what it likes for the body."""
    with pytest.raises(HTTPException):
        read(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\nabc")


@settings(deadline=None)
@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda rest: OK[:40] + rest))
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
        (
            b"HTTP/1.1 204 None\r\nTransfer-Encoding: chunked\r\n\r\n",
            204,
            {"transfer-encoding": "chunked"},
            b"",
            True,
        ),
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
