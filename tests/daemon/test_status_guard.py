"""What stands before the status endpoint's routes: hosts, headers, problems."""

import json
import logging
from collections.abc import Iterator

import httpx
import pytest
from fastapi import APIRouter

from syncd.daemon.status.guard import SECURITY_HEADERS
from syncd.errors import LedgerError
from tests.daemon.observed import TOKEN, Observed, bearer, observed, octets, served


@pytest.fixture(scope="module")
def live(tmp_path_factory) -> Iterator[Observed]:
    made = observed(tmp_path_factory.mktemp("seen"), hosts=("Status.Example.org",))
    yield made
    made.ledger.close()


def pages() -> APIRouter:
    """A router that goes wrong."""
    router = APIRouter(include_in_schema=False)

    @router.get("/broken/{who}")
    def broken(who: str):
        raise KeyError(f"no such thing: {who}")

    @router.get("/locked")
    def locked():
        raise LedgerError("the ledger has ada.lovelace on its mind")

    return router


@pytest.fixture(scope="module")
def client(live) -> Iterator[httpx.Client]:
    with served(live, pages()) as made:
        yield made


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8425",
        "LOCALHOST.",
        "127.0.0.1:1",
        "[::1]:8425",
        "status.example.org",
        "status.example.org:443",
        "STATUS.example.org.",
    ],
)
def test_a_known_host_is_answered(client, host):
    """Loopback's names, the address itself and those of status.hosts, whatever the port."""
    assert client.get("/status", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example.com",
        "localhost.evil.example.com",
        "127.0.0.1.evil.example.com",
        "evil.example.com:8425",
        "status.example.org.evil.example.com",
        "127.0.0.2",
        "0.0.0.0",
        "[::ffff:127.0.0.1]",
        "localhost@evil.example.com",
        "",
        "[",
        "é",
    ],
)
def test_an_unknown_host_is_sent_away(client, host):
    """A browser that was led here by another name must not read anything."""
    for path in ("/status", "/healthz", "/docs", "/session"):
        sent = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
        said = octets(client, sent)
        assert said[:13] in {b"HTTP/1.1 421 ", b"HTTP/1.1 400 "}
        assert b"main" not in said


@pytest.mark.parametrize(
    "head",
    [
        b"GET /status HTTP/1.0\r\n\r\n",
        b"GET /status HTTP/1.1\r\n\r\n",
        b"GET /status HTTP/1.1\r\nHost: localhost\r\nHost: evil.example.com\r\n\r\n",
        b"GET /status HTTP/1.1\r\nHost : localhost\r\n\r\n",
        b"GET http://localhost/status HTTP/1.1\r\nHost: evil.example.com\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\n",
    ],
)
def test_what_is_not_quite_http_is_refused(client, head):
    """With all headers, as problem details."""
    said = octets(client, head, 3)
    top, _, body = said.partition(b"\r\n\r\n")
    assert top[:13] in {b"HTTP/1.1 421 ", b"HTTP/1.1 400 "}
    assert b"application/problem+json" in top
    assert b"default-src 'none'" in top
    assert json.loads(body)["status"] in {400, 421}


EVERYWHERE = [
    ("GET", "/healthz", 200),
    ("GET", "/readyz", 200),
    ("GET", "/status", 200),
    ("GET", "/runs", 200),
    ("GET", "/runs/2", 200),
    ("GET", "/runs/99", 404),
    ("GET", "/runs/0", 422),
    ("GET", "/requests/1", 200),
    ("GET", "/metrics", 200),
    ("GET", "/docs", 200),
    ("GET", "/docs/style.css", 200),
    ("GET", "/openapi.json", 200),
    ("GET", "/nowhere", 404),
    ("DELETE", "/status", 405),
    ("POST", "/syncs/main/run", 403),
    ("POST", "/session", 415),
    ("POST", "/session/end", 303),
    ("GET", "/broken/ada.lovelace", 500),
    ("GET", "/locked", 503),
    ("GET", "/status?x=" + "a" * 3000, 414),
]


@pytest.mark.parametrize(("method", "path", "status"), EVERYWHERE)
def test_every_answer_has_the_security_headers(client, method, path, status):
    """Also where something went wrong; nowhere is said what serves it, in which version."""
    answer = client.request(method, path)
    assert answer.status_code == status
    assert {name: answer.headers.get_list(name) for name in SECURITY_HEADERS} == {
        name: [value] for name, value in SECURITY_HEADERS.items()
    }
    assert "server" not in answer.headers


@pytest.mark.parametrize(("method", "path", "status"), EVERYWHERE)
def test_every_error_is_a_problem(client, method, path, status):
    """By RFC 9457, with its own status, and without a place in our code."""
    answer = client.request(method, path)
    if status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        said = answer.json()
        assert (said["type"], said["status"]) == ("about:blank", status)
        assert set(said) <= {"type", "title", "status", "detail", "id"}
    for trace in ("Traceback", ".py", "KeyError", "site-packages", "File "):
        assert trace not in answer.text


def test_an_unexpected_error_is_logged_under_the_id_that_is_answered(client, caplog):
    """Once, with its traceback, and without the words of the path, which may be a name."""
    with caplog.at_level(logging.DEBUG):
        said = client.get("/broken/ada.lovelace").json()
    ours = [record for record in caplog.records if record.name.startswith(("syncd", "uvicorn"))]
    assert [record.getMessage() for record in ours] == [f"unexpected error {said['id']} at /broken"]
    assert ours[0].exc_info is not None
    assert said["detail"] == f"unexpected: see the daemon's log for {said['id']}"


def test_a_ledger_that_cannot_be_read_is_said_and_why_only_to_who_sees_names(client):
    """503, to come again later."""
    before = client.get("/locked")
    after = client.get("/locked", headers=bearer(TOKEN))
    assert (before.status_code, before.headers["retry-after"]) == (503, "10")
    assert before.json()["detail"] == "the ledger cannot be used now"
    assert "ada.lovelace" in after.json()["detail"]


def test_what_clients_do_is_not_logged(client, caplog):
    """A query may have somebody's name in it; whatever is asked for, the log is silent."""
    with caplog.at_level(logging.DEBUG):
        client.get("/runs?sync=ada.lovelace")
        client.get("/status", headers=bearer("some-wrong-token-here"))
        octets(client, b"nonsense\r\n\r\n", 2)
    ours = [record for record in caplog.records if record.name.startswith(("syncd", "uvicorn"))]
    assert ours == []


def test_a_head_is_answered_as_a_get_is_without_the_body(client):
    """Monitors ask so."""
    got, head = client.get("/healthz"), client.head("/healthz")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]
