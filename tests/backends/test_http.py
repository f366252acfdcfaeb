"""What becomes of a call to an HTTP server, whatever the server does."""

import gzip
import socket
import threading
import time
from contextlib import contextmanager

import msgspec
import pytest

from syncd.backends.http import Dialect, ServerConfig, Session, half_done
from syncd.errors import BackendError, Conflict, Denied, NotFound, Rejected, Unavailable
from tests.servers.http_server import OK, Close, Idle, Late, answer, serving
from tests.servers.ports import free_port
from tests.servers.proxy import Proxy

TOKEN = "s3cr3t-t0ken/with+signs"
SOON = Dialect(pauses=(0.01, 0.01), width=4)


class Made(msgspec.Struct):
    id: str


@contextmanager
def session(url, dialect=SOON, **server):
    made = Session("target wiki", ServerConfig(url=url, **{"read_timeout": 5, **server}), dialect)
    made.authorize(f"Bearer {TOKEN}")
    try:
        yield made
    finally:
        made.close()


def refusal(*replies, method="POST", dialect=SOON, body=None, **rest):
    """What a call raises that is answered so; only GETs are repeated."""
    with serving(*replies) as server, session(server.url, dialect) as wiki:
        with pytest.raises(BackendError) as caught:
            wiki.call(method, "/users", body=body, **rest).json(Made)
        return caught.value, str(caught.value).replace(server.url, "URL")


def test_a_call_says_what_it_should_and_gives_what_came():
    """Path, query and refs are quoted; headers are the session's and the call's."""
    with serving() as server, session(f"{server.url}/api/v1/") as wiki:
        made = wiki.post(
            "/users/{}/lock",
            "a/b?c",
            query={"filter": 'x eq "y z"'},
            body={"name": "Zoë"},
            headers={"If-Match": '"1"'},
        )
        assert made.json(Made) == Made("u1")
        (asked,) = server.requests
        assert asked.line == (
            "POST /api/v1/users/a%2Fb%3Fc/lock?filter=x%20eq%20%22y%20z%22 HTTP/1.1"
        )
        assert asked.body == '{"name":"Zoë"}'.encode()
        wanted = {
            "host": f"127.0.0.1:{server.port}",
            "accept": "application/json",
            "accept-encoding": "gzip",
            "authorization": f"Bearer {TOKEN}",
            "content-type": "application/json",
            "if-match": '"1"',
        }
        assert wanted.items() <= asked.headers.items()
        assert wiki.calls == 1


@pytest.mark.parametrize(
    ("status", "headers", "kind", "refused", "wait"),
    [
        (400, (), Rejected, None, None),
        (401, (), Denied, None, None),
        (403, (), Denied, None, None),
        (404, (), NotFound, None, None),
        (407, (), Denied, None, None),
        (408, (), Unavailable, False, None),
        (409, (), Conflict, None, None),
        (410, (), NotFound, None, None),
        (413, (), Rejected, None, None),
        (422, ("Retry-After: 5",), Rejected, None, None),
        (425, (), Unavailable, True, None),
        (429, (), Unavailable, True, None),
        (429, ("Retry-After: 7",), Unavailable, True, 7.0),
        (429, ("Retry-After: -7",), Unavailable, True, None),
        (500, (), Unavailable, False, None),
        (501, (), Rejected, None, None),
        (502, (), Unavailable, False, None),
        (503, (), Unavailable, False, None),
        (503, ("Retry-After: 0",), Unavailable, True, 0.0),
        (504, ("Retry-After: 3",), Unavailable, False, 3.0),
        (511, (), Unavailable, True, None),
        (599, (), Unavailable, False, None),
        (206, (), BackendError, None, None),
        (304, (), BackendError, None, None),
        (700, (), BackendError, None, None),
    ],
)
def test_a_status_is_one_of_syncds_errors(status, headers, kind, refused, wait):
    """Only what surely did nothing counts as refused, and is asked for again as it is."""
    error, _ = refusal(answer(status, b"", *headers))
    assert type(error) is kind
    if kind is Unavailable:
        assert (error.refused, error.retry_after) == (refused, wait)


def test_a_product_may_mean_something_else_by_a_status():
    """The dialect says so for all calls, a call for itself."""
    dialect = Dialect(means={500: NotFound, 401: Rejected})
    assert type(refusal(answer(500), dialect=dialect)[0]) is NotFound
    assert type(refusal(answer(401), dialect=dialect, means={401: Conflict})[0]) is Conflict
    assert type(refusal(answer(500), method="GET", means={500: NotFound})[0]) is NotFound


@pytest.mark.parametrize(
    ("body", "kind", "told"),
    [
        (b'{"message":"Validation failed"}', "application/json", ": Validation failed"),
        (b'{"detail":"taken","status":"409"}', "application/scim+json", ": taken"),
        (b'{"errors":[{"title":"a"},{"title":"b"}]}', "application/json", ": a; b"),
        (b'{"code":4}', "application/json", ': {"code":4}'),
        (b"{", "application/json", ": {"),
        (b"\x1b[31mno\r\nway\x00", "text/plain", ""),
        ("\x1b[31mno\r\n\u202eway\u200b".encode(), "text/plain", ": [31mno way"),
        (b"<html><title>Bad\nGateway</title>secret", "text/html", ": Bad Gateway"),
        (b"<html>", "text/html", ""),
        (b"", "text/plain", ""),
        (b"x" * 1000, "text/plain", f": {'x' * 299}…"),
        (f"you sent Bearer {TOKEN}!".encode(), "text/plain", ": you sent Bearer ***!"),
        (b"you sent s3cr3t-t0ken%2Fwith%2Bsigns", "text/plain", ": you sent ***"),
    ],
)
def test_what_the_server_says_is_told_short_and_harmless(body, kind, told):
    """Its own words where it has some; no control characters, and nothing that syncd sent it."""
    _, text = refusal(answer(400, body, kind=kind))
    assert text == f"target wiki: POST URL/users: answered 400 Bad Request{told}"


def test_secrets_are_in_no_message():
    """Neither in a query, nor the name and password of Basic, nor what was learnt."""
    url = "/users"
    said = f"{TOKEN} aGVybWVzOnBhc3N3b3Jk password learnt-one"
    with serving(usual=answer(400, said.encode(), kind="text/plain")) as server:
        with session(server.url) as wiki:
            wiki.authorize("Basic aGVybWVzOnBhc3N3b3Jk")
            wiki.learn("learnt-one")
            with pytest.raises(Rejected) as caught:
                wiki.post(url, query={"access-token": "abc", "page": 2, "q": TOKEN})
        assert str(caught.value).replace(server.url, "URL") == (
            "target wiki: POST URL/users?access-token=***&page=2&q=***: "
            "answered 400 Bad Request: *** *** *** ***"
        )
        assert TOKEN not in repr(caught.value.__cause__)


def test_a_redirect_is_an_error_that_says_where_it_points():
    """Whoever that is, they are not sent what syncd logs in with."""
    elsewhere = "Location: https://user:pw@evil.example/login?next=token#x"
    error, text = refusal(answer(302, b"moved", elsewhere), method="GET")
    assert type(error) is BackendError
    assert text == (
        "target wiki: GET URL/users: answered 302 Found and points to https://evil.example/login; "
        "that is not followed: is the url right?"
    )


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (
            answer(200, b"<html><title>Log in</title>", kind="text/html"),
            "answered 200, but JSON was promised, and this is text/html",
        ),
        (answer(200, b"<html>"), "answered 200, but this is not JSON: JSON is malformed: "),
        (answer(200, b""), "answered 200, but this is not JSON: "),
        (answer(200, b"[]"), "answered 200, but this is not what it promised: Expected `object`"),
        (answer(204), "answered 204, but this is not JSON"),
        (answer(200, b'{"id":"\xff"}'), "answered 200, but this is not"),
    ],
)
def test_what_is_no_json_ends_in_words(reply, why):
    """Such as a log-in page that stands in the way; it is no answer of the target's."""
    error, text = refusal(reply)
    assert type(error) is BackendError
    assert text.startswith(f"target wiki: POST URL/users: {why}")


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/scim+json"])
def test_json_has_many_names(kind):
    """And may begin with a mark that it is UTF-8."""
    with (
        serving(answer(200, b'\xef\xbb\xbf{"id":"u1"}', kind=kind)) as server,
        session(server.url) as wiki,
    ):
        assert wiki.get("/users").json(Made) == Made("u1")


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def packed(octets: bytes) -> bytes:
    """Without the time of day: the tests are named after their answers, in each process alike."""
    return gzip.compress(octets, mtime=0)


@pytest.mark.parametrize(
    "reply",
    [
        CHUNKED + b'6\r\n{"id":\r\n5;x=y\r\n"u1"}\r\n0\r\nTrailer: x\r\n\r\n',
        Close(HEAD + b'\r\n{"id":"u1"}'),
        Close(b'HTTP/1.0 200 OK\r\n\r\n{"id":"u1"}'),
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
        answer(200, packed(b'{"id":"u1"}'), "Content-Encoding: gzip"),
        answer(200, packed(b'{"id"') + packed(b':"u1"}'), "Content-Encoding: x-gzip"),
        answer(200, b'{"id":"u1"}', "Content-Encoding: identity"),
    ],
)
def test_an_answer_is_read_in_whatever_form_it_comes(reply):
    """In chunks, to the end of the connection, compressed; and the next call has its own answer."""
    with serving(reply) as server, session(server.url) as wiki:
        assert wiki.get("/users").json(Made) == Made("u1")
        assert wiki.post("/users").json(Made) == Made("u1")
        assert wiki.calls == 2


@pytest.mark.parametrize(
    "reply",
    [
        Close(),
        Close(reset=True),
        Close(b"HTTP/1.1 20"),
        Close(HEAD),
        Close(HEAD + b'Content-Length: 20\r\n\r\n{"id":"u1"}'),
        Close(CHUNKED + b'b\r\n{"id":"u1"}\r\n'),
        Close(CHUNKED + b'20\r\n{"id":'),
        Close(CHUNKED + b"nonsense\r\n"),
        Close(HEAD + b'Content-Length: many\r\n\r\n{"id":"u1"}'),
        Close(HEAD + b'Content-Length: 11\r\nContent-Length: 12\r\n\r\n{"id":"u1"}'),
        Close(b"SSH-2.0-OpenSSH_9.2\r\n"),
        Close(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n"),
        Close(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n"),
        answer(200, packed(b'{"id":"u1"}')[:-9], "Content-Encoding: gzip"),
        answer(200, b'{"id":"u1"}', "Content-Encoding: gzip"),
        answer(200, b'{"id":"u1"}', "Content-Encoding: br"),
    ],
)
def test_an_answer_that_is_cut_or_nonsense_leaves_a_doubt(reply):
    """The server may have done it all: a create is not made again, and a reading is."""
    error, text = refusal(reply)
    assert (type(error), error.refused) == (Unavailable, False), text
    assert text.startswith("target wiki: POST URL/users: ")
    assert len(text) < 400
    assert text.isprintable()
    with serving(reply) as server, session(server.url) as wiki:
        assert wiki.get("/users").json(Made) == Made("u1")
        assert server.lines == ["GET /users HTTP/1.1"] * 2


@pytest.mark.parametrize(
    "reply",
    [
        answer(200, b"[" + b" " * 2000),
        CHUNKED + b"7d0\r\n" + b" " * 2000 + b"\r\n0\r\n\r\n",
        answer(200, packed(b" " * 100_000), "Content-Encoding: gzip"),
        Close(HEAD + b"\r\n" + b" " * 2000),
        HEAD + b"Content-Length: 99999999999999\r\n\r\n",
    ],
)
def test_a_giant_answer_is_not_read_to_its_end(reply):
    """However it is packed."""
    error, text = refusal(reply, dialect=Dialect(largest=1000))
    assert type(error) is BackendError
    assert text == "target wiki: POST URL/users: answered more than 1,000 octets"


def test_a_silent_server_is_waited_for_so_long_and_leaves_a_doubt():
    """A whole answer that comes slowly is one."""
    with serving(Late(1.5), Late(0.1)) as server, session(server.url, read_timeout=0.7) as wiki:
        with pytest.raises(Unavailable, match="no answer in time") as caught:
            wiki.post("/users")
        assert not caught.value.refused
        assert wiki.post("/users").json(Made) == Made("u1")


def test_a_line_that_falls_silent_or_is_cut_in_the_middle():
    """At any octet of the answer."""
    with serving() as server:
        for octets in (1, 30, len(OK) - 1):
            proxy = Proxy(server.port)
            for fault in (proxy.cut_after, proxy.stall_after):
                fault(octets)
                url = f"http://127.0.0.1:{proxy.port}"
                with session(url, read_timeout=0.2) as wiki:
                    with pytest.raises(Unavailable) as caught:
                        wiki.post("/users")
                    assert not caught.value.refused
            proxy.close()


def test_where_nobody_listens_nothing_was_done():
    """And so it is worth asking again."""
    port = free_port()
    with session(f"http://127.0.0.1:{port}") as wiki:
        with pytest.raises(Unavailable) as caught:
            wiki.post("/users")
        assert caught.value.refused
        assert str(caught.value).endswith("/users: nobody listens there")
        assert wiki.calls == 0


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (socket.gaierror(-2, "Name or service not known"), "the host's name cannot be resolved"),
        (TimeoutError("timed out"), "no connection in time (timed out)"),
        (OSError(113, "No route to host"), "no connection: [Errno 113] No route to host"),
    ],
)
def test_where_there_is_no_way_to_the_server_nothing_was_done(monkeypatch, error, why):
    """Each in its own words."""

    def fail(*_, **__):
        raise error

    monkeypatch.setattr(socket, "create_connection", fail)
    with session("https://wiki.example") as wiki:
        with pytest.raises(Unavailable) as caught:
            wiki.post("/users")
        assert caught.value.refused
        assert str(caught.value) == f"target wiki: POST https://wiki.example/users: {why}"


def test_only_a_reading_is_repeated_unless_the_caller_says_so():
    """A PUT is idempotent only where the product keeps to that, and a POST never is."""
    for method, again, tries in (
        ("GET", None, 3),
        ("GET", False, 1),
        ("PUT", None, 1),
        ("PUT", True, 3),
        ("DELETE", None, 1),
        ("POST", None, 1),
    ):
        rest = {} if again is None else {"again": again}
        with serving(usual=answer(502)) as server, session(server.url) as wiki:
            with pytest.raises(Unavailable):
                wiki.call(method, "/users/{}", "u1", **rest)
            assert (wiki.calls, len(server.requests)) == (tries, tries)


def test_every_method_is_sent_as_it_is():
    """A body that is there is told of, and so is an empty one where a server looks for it."""
    with serving() as server, session(server.url) as wiki:
        wiki.put("/users/{}", "u1", body={})
        wiki.patch("/users/{}", "u1", body=b"[]")
        wiki.post("/users/{}/lock", "u1")
        wiki.delete("/users/{}", "u1")
        assert [
            (one.line.split()[0], one.body, one.headers.get("content-length"))
            for one in server.requests
        ] == [("PUT", b"{}", "2"), ("PATCH", b"[]", "2"), ("POST", b"", "0"), ("DELETE", b"", None)]


def test_a_path_that_is_none_is_a_mistake_of_the_backend():
    """And not of the world's."""
    with session("http://127.0.0.1:9") as wiki, pytest.raises(ValueError, match="is no path"):
        wiki.get("/a b")


def test_a_rejection_is_not_repeated():
    """It would be the same again."""
    with serving(answer(404)) as server, session(server.url) as wiki:
        with pytest.raises(NotFound):
            wiki.get("/users/{}", "u1")
        assert wiki.calls == 1


def test_a_reading_comes_back_when_it_was_told_to():
    """Not sooner; and if that is too late for it, whoever asked decides."""
    with serving(answer(429, b"", "Retry-After: 1")) as server, session(server.url) as wiki:
        began = time.monotonic()
        assert wiki.get("/users").status == 200
        assert time.monotonic() - began >= 1
    with serving(answer(503, b"", "Retry-After: 61")) as server, session(server.url) as wiki:
        with pytest.raises(Unavailable) as caught:
            wiki.get("/users")
        assert (caught.value.retry_after, wiki.calls) == (61, 1)


def test_closing_ends_a_pause():
    """A daemon that stops does not wait for a server that is not there."""
    with serving(usual=answer(503)) as server, session(server.url, Dialect(pauses=(60,))) as wiki:
        threading.Timer(0.2, wiki.close).start()
        began = time.monotonic()
        with pytest.raises(Unavailable):
            wiki.get("/users")
        assert time.monotonic() - began < 5


def test_a_call_may_say_that_a_redirect_is_its_answer():
    """It is not followed; and any other refusal of the call is one."""
    moved, gone = answer(303, b"", "Location: /users/7"), answer(404)
    with serving(moved, gone) as server, session(server.url) as wiki:
        assert wiki.get("/entry", good={303}).headers["location"] == "/users/7"
        with pytest.raises(NotFound):
            wiki.get("/entry", good={303})
        assert len(server.requests) == 2


def test_a_body_may_be_of_another_media_type_than_the_dialects():
    """For one call."""
    with serving() as server, session(server.url) as wiki:
        wiki.post("/users", body={}, media_type="application/scim+json")
        wiki.post("/users", body={})
        kinds = [request.headers["content-type"] for request in server.requests]
    assert kinds == ["application/scim+json", "application/json"]


def test_a_refusals_words_may_stand_where_only_one_product_has_them():
    """They are made short and harmless like all others; where there are none, the usual places count."""
    dialect = Dialect(words=lambda body: body.partition(b"said: ")[2].decode())
    for body, words in ((f"said: no {TOKEN}", "no ***"), ('{"message":"never"}', "never")):
        with (
            serving(answer(400, body.encode())) as server,
            session(server.url, dialect) as wiki,
            pytest.raises(Rejected) as caught,
        ):
            wiki.post("/users")
        assert str(caught.value).endswith(f"answered 400 Bad Request: {words}")


@pytest.fixture
def _slow_machine(monkeypatch):
    """Between two calls of a test there may be more than a second."""
    monkeypatch.setattr("syncd.backends.http.pool._MOMENT", 60)


@pytest.mark.usefixtures("_slow_machine")
def test_a_connection_is_kept_for_the_next_call():
    """And let go after an answer that says so."""
    with (
        serving(OK, answer(404), answer(200, b"", "Connection: close")) as server,
        session(server.url) as wiki,
    ):
        wiki.post("/users")
        with pytest.raises(NotFound):
            wiki.post("/users")
        wiki.post("/users")
        wiki.post("/users")
        assert [one.connection for one in server.requests] == [1, 1, 1, 2]


def test_a_connection_that_was_closed_meanwhile_is_not_used():
    """So that a create neither fails of it nor is made twice."""
    with serving(Idle(), Idle()) as server, session(server.url) as wiki:
        for _ in range(3):
            wiki.post("/users")
            time.sleep(0.1)
        assert [one.connection for one in server.requests] == [1, 2, 3]


def test_a_connection_on_which_something_came_unasked_is_not_used():
    """Else the next call would have the answer to none."""
    with serving(Late(0, OK + OK), OK) as server, session(server.url) as wiki:
        wiki.post("/users")
        time.sleep(0.1)
        wiki.post("/users")
    with serving() as server, session(server.url) as wiki:
        wiki.post("/users")
        server._open[0].sendall(answer(408))
        time.sleep(0.1)
        assert wiki.post("/users").json(Made) == Made("u1")
        assert [one.connection for one in server.requests] == [1, 2]


def test_a_connection_that_was_idle_for_long_is_not_used():
    """Servers close those when they like; so soon as this one says, or after a second."""
    with serving(answer(200, b"", "Keep-Alive: timeout=1, max=9")) as server:
        with session(server.url) as wiki:
            wiki.post("/users")
            time.sleep(0.6)
            wiki.post("/users")
            wiki.post("/users")
            time.sleep(1.1)
            wiki.post("/users")
        assert [one.connection for one in server.requests] == [1, 2, 2, 3]


def test_a_connection_that_closes_under_a_create_leaves_a_doubt():
    """Whether the server had read it nobody can tell, and so it is not sent again."""
    with serving(OK, Close(reset=True)) as server, session(server.url) as wiki:
        wiki.post("/users")
        with pytest.raises(Unavailable) as caught:
            wiki.post("/users")
        assert not caught.value.refused
        assert str(caught.value).endswith("the connection was cut before an answer")
        assert len(server.requests) == 2


@pytest.mark.usefixtures("_slow_machine")
def test_there_are_never_more_connections_than_the_dialect_is_wide():
    """Threads beyond that wait for one."""
    with serving(usual=Late(0.05)) as server, session(server.url, Dialect(width=3)) as wiki:
        in_threads(12, lambda: wiki.post("/users").json(Made))
        assert (wiki.calls, len(server.requests), server.connections) == (12, 12, 3)


def test_who_waits_for_a_connection_in_vain_has_done_nothing():
    """Not for ever: somebody else may hold it."""
    with (
        serving(usual=Late(0.8)) as server,
        session(server.url, Dialect(), connect_timeout=0.1, read_timeout=0.2) as wiki,
    ):
        taken = wiki._pool.take()
        with pytest.raises(Unavailable, match="all 1 connections were in use") as caught:
            wiki.post("/users")
        assert caught.value.refused
        wiki._pool.give_back(taken, usable=True)


def test_calls_are_made_no_faster_than_was_said():
    """By all threads together."""
    with serving() as server, session(server.url, calls_per_second=50) as wiki:
        began = time.monotonic()
        in_threads(11, lambda: wiki.post("/users"))
        assert time.monotonic() - began >= 10 / 50


def test_a_verb_that_is_half_done_is_in_doubt_whatever_ends_it():
    """Else a create whose second call was refused would be made again."""
    for error, kind in (
        (Unavailable("no", refused=True, retry_after=3.0), Unavailable),
        (Rejected("no"), Unavailable),
        (Denied("no"), BackendError),
    ):
        with pytest.raises(BackendError, match="no") as caught, half_done():
            raise error
        assert type(caught.value) is kind
        assert not getattr(caught.value, "refused", False)


def test_a_link_is_followed_on_the_same_server_only():
    """The next page may be anywhere there, and nobody else learns the token."""
    with serving() as server, session(f"{server.url}/api") as wiki:
        wiki.get(f"{server.url}/other?page=2", query={"x": 1})
        assert server.lines == ["GET /other?page=2&x=1 HTTP/1.1"]
        for link in (
            "https://127.0.0.1/x",
            f"https://127.0.0.1:{server.port}/x",
            f"http://localhost:{server.port}/x",
            "evil",
            "http://[",
            f"{server.url}/a b",
            f"{server.url}/a\r\nX: y",
        ):
            with pytest.raises(BackendError, match="points to"):
                wiki.get(link)
        assert wiki.calls == 1


@pytest.mark.parametrize("ref", ["", ".", ".."])
def test_a_ref_that_would_lead_elsewhere_is_rejected(ref):
    """DELETE /users/.. is not the deletion of a user."""
    with serving() as server, session(server.url) as wiki:
        with pytest.raises(Rejected):
            wiki.delete("/users/{}", ref)
        assert server.requests == []


def in_threads(count, call):
    failures = []

    def run():
        try:
            call()
        except Exception as error:  # noqa: BLE001  the test fails with it
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
