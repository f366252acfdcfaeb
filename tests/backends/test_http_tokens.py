"""Tokens that end, and the ways to log in that many products share."""

import base64
import threading
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from pydantic import ValidationError

from syncd.backends.http import (
    ClientCredentials,
    Credentials,
    Dialect,
    ServerConfig,
    Session,
    Token,
    Tokens,
    client_credentials,
)
from syncd.errors import BackendError, Denied, Unavailable
from tests.servers.http_server import Close, Late, answer, serving
from tests.servers.ports import free_port

SOON = Dialect(pauses=(0.01,), width=4)
UNKNOWN = answer(401, b'{"detail":"who is this?"}')


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr("syncd.backends.http.oauth2._PAUSES", (0.01,))


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


class Logins:
    """Gives out tokens with numbers, and counts."""

    def __init__(self, lives=None, **how):
        self.count, self.clock = 0, Clock()
        self.tokens = Tokens(self.log_in, clock=self.clock, **how)
        self._lives = lives

    def log_in(self):
        self.count += 1
        return Token(f"made-up-token-{self.count}", self._lives)


@contextmanager
def wiki(url, tokens):
    made = Session("target wiki", ServerConfig(url=url, read_timeout=5), SOON)
    made.authorize_by(tokens)
    try:
        yield made
    finally:
        made.close()


def shown(server, header="authorization"):
    return [request.headers.get(header) for request in server.requests]


def granted(token="made-up-token", **more):
    return answer(200, msgspec.json.encode({"access_token": token, "token_type": "bearer", **more}))


def credentials(url, **more):
    config = {"token_url": url, "client_id": "a b", "client_secret": "s3cr3t+of/it", **more}
    return client_credentials("target wiki", ClientCredentials(**config), Path())


def test_one_token_is_for_all_calls():
    """Nobody logs in for each."""
    logins = Logins()
    with serving() as server, wiki(server.url, logins.tokens) as session:
        session.get("/users")
        session.post("/users", body={})
        assert shown(server) == ["Bearer made-up-token-1"] * 2
    assert logins.count == 1


def test_a_token_is_renewed_before_it_ends():
    """By a minute, or a fifth of a short life."""
    for lives, still, over in ((3600, 3539, 3541), (300, 239, 241)):
        logins = Logins(lives)
        with serving() as server, wiki(server.url, logins.tokens) as session:
            for moment in (0, still, over):
                logins.clock.now = 1000 + moment
                session.get("/users")
            assert [value[-1] for value in shown(server)] == ["1", "1", "2"]


def test_a_token_that_ended_early_is_renewed_and_the_call_made_once_more():
    """Whatever the call is: of what was answered 401, nothing was done."""
    logins = Logins()
    with serving(answer(200), UNKNOWN) as server, wiki(server.url, logins.tokens) as session:
        session.get("/users")
        logins.clock.now += 60
        session.post("/users", body={"name": "Zoë"})
        assert [value[-1] for value in shown(server)] == ["1", "1", "2"]
        assert server.requests[1].body == server.requests[2].body


def test_a_401_that_means_not_allowed_is_denied_after_one_renewal():
    """And none at all where the token is only just there."""
    logins = Logins()
    with serving(usual=UNKNOWN) as server, wiki(server.url, logins.tokens) as session:
        with pytest.raises(Denied, match="who is this"):
            session.post("/users", body={})
        assert (logins.count, len(server.requests)) == (1, 1)
        logins.clock.now += 60
        with pytest.raises(Denied):
            session.post("/users", body={})
        assert (logins.count, len(server.requests)) == (2, 3)
        for _ in range(5):
            with pytest.raises(Denied):
                session.get("/users")
        assert logins.count == 2


def test_threads_that_find_the_token_ended_log_in_once():
    """Who comes second takes what the first was given."""
    logins = Logins()
    with serving(answer(200)) as server, wiki(server.url, logins.tokens) as session:
        session.get("/users")
        logins.clock.now += 60
        server.usual = Late(0.2, UNKNOWN)
        threads = [threading.Thread(target=lambda: _denied(session)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
    assert logins.count == 2


def _denied(session):
    with pytest.raises(Denied):
        session.get("/users")


def test_a_product_may_have_a_header_of_its_own():
    """Without a scheme; and a static Authorization is not shown beside it."""
    logins = Logins(header="Product.Authentication", scheme="")
    with serving() as server, wiki(server.url, logins.tokens) as session:
        session.get("/users")
        assert shown(server, "product.authentication") == ["made-up-token-1"]
        assert shown(server) == [None]


def test_a_log_in_that_is_a_call_of_the_product_is_told_so():
    """User and password against a token with its end, by a session of the same server."""

    class LoggedIn(msgspec.Struct):
        auth_token: str
        lives: float

    reply = answer(200, b'{"auth_token":"made-up-jwt","lives":300}')
    with serving(reply) as server:
        door = Session("target wiki", ServerConfig(url=server.url), SOON)

        def log_in():
            told = door.post("/auth/login", body={"username": "syncd"}, means={400: Denied})
            found = told.json(LoggedIn)
            return Token(found.auth_token, found.lives)

        with wiki(server.url, Tokens(log_in, close=door.close)) as session:
            session.get("/users")
        assert [request.line for request in server.requests] == [
            "POST /auth/login HTTP/1.1",
            "GET /users HTTP/1.1",
        ]
        assert shown(server) == [None, "Bearer made-up-jwt"]


def test_client_credentials_are_told_as_the_standard_says():
    """A form, with id and secret form-encoded in HTTP's Basic (RFC 6749, sections 2.3.1 and 4.4.2)."""
    with serving(granted(expires_in="3600")) as door, serving() as server:
        tokens = credentials(f"{door.url}/oauth/token", scope="scim users")
        with wiki(server.url, tokens) as session:
            session.get("/users")
        (asked,) = door.requests
        assert asked.line == "POST /oauth/token HTTP/1.1"
        assert asked.body == b"grant_type=client_credentials&scope=scim+users"
        assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
        assert asked.headers["accept"] == "application/json"
        told = base64.b64decode(asked.headers["authorization"].removeprefix("Basic ")).decode()
        assert told == "a+b:s3cr3t%2Bof%2Fit"
        assert shown(server) == ["Bearer made-up-token"]


def test_client_credentials_may_stand_in_the_form():
    """Where the token endpoint wants them there, with what else it wants."""
    with serving(granted()) as door:
        tokens = credentials(door.url, send="body", parameters={"audience": "wiki"})
        assert tokens.current().value == "Bearer made-up-token"
        tokens.close()
        (asked,) = door.requests
        assert asked.body == (
            b"grant_type=client_credentials&audience=wiki&client_id=a+b&client_secret=s3cr3t%2Bof%2Fit"
        )
        assert "authorization" not in asked.headers


@pytest.mark.parametrize(
    "reply",
    [
        answer(400, b'{"error":"invalid_client","error_description":"s3cr3t+of/it is wrong"}'),
        answer(401),
        answer(404),
        answer(422),
    ],
)
def test_who_cannot_log_in_is_denied(reply):
    """That stops the run: no other change would fare better. And the secret is not quoted."""
    with serving(usual=reply) as door:
        tokens = credentials(door.url)
        with pytest.raises(Denied) as caught:
            tokens.current()
        tokens.close()
    assert str(caught.value).startswith(f"target wiki: log-in: POST {door.url}")
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize("reply", [answer(500), answer(503), Close()])
def test_while_nobody_can_log_in_nothing_is_done(reply):
    """Even a create may be made again later: it was not sent."""
    with serving(usual=reply) as door, serving() as server:
        config = ClientCredentials(token_url=door.url, client_id="x", client_secret="made up")
        tokens = client_credentials("target wiki", config, Path())
        with wiki(server.url, tokens) as session, pytest.raises(Unavailable) as caught:
            session.post("/users", body={})
        assert caught.value.refused
        assert server.requests == []


def test_a_token_for_something_else_is_not_used():
    """Who does not understand a type must not use it (RFC 6749, section 7.1)."""
    reply = answer(200, b'{"access_token":"made-up-token","token_type":"mac"}')
    with serving(reply) as door:
        tokens = credentials(door.url)
        with pytest.raises(BackendError, match="'mac'"):
            tokens.current()
        tokens.close()


def test_no_message_quotes_a_token():
    """Neither the first nor the one after it."""
    logins = Logins()
    echo = answer(409, b'{"detail":"made-up-token-1 and made-up-token-2"}')
    with serving(answer(200), UNKNOWN, echo) as server, wiki(server.url, logins.tokens) as session:
        session.get("/users")
        logins.clock.now += 60
        with pytest.raises(BackendError) as caught:
            session.post("/users", body={})
    assert str(caught.value).endswith("*** and ***")


@pytest.mark.parametrize(
    ("given", "header"),
    [
        ({"token": "made-up-token"}, "Bearer made-up-token"),
        ({"user": "apikey", "password": "Zoë's"}, "Basic YXBpa2V5Olpvw6sncw=="),
        ({}, None),
    ],
)
def test_credentials_say_how_a_session_logs_in(given, header):
    """A token, a name and password, or none: then TLS says who it is."""
    with serving() as server:
        session = Session("target wiki", ServerConfig(url=server.url), SOON)
        Credentials(**given).apply(session, Path())
        session.get("/users")
        session.close()
        assert shown(server) == [header]


def test_credentials_by_oauth_ask_for_a_token():
    """With messages that begin as the session's do."""
    secret = {"token_url": f"http://127.0.0.1:{free_port()}", "client_id": "x"}
    with serving() as server:
        session = Session("target wiki", ServerConfig(url=server.url), SOON)
        Credentials(oauth2={**secret, "client_secret": "made up"}).apply(session, Path())
        with pytest.raises(Unavailable, match=r"target wiki: log-in: POST .*nobody listens"):
            session.get("/users")
        session.close()


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"user": "x"}, "go together"),
        ({"user": "a:b", "password": "made up"}, "colon"),
        ({"token": "made up", "user": "x", "password": "y"}, "not token and user"),
    ],
)
def test_credentials_are_one_way_to_log_in(given, why):
    """Said when the configuration is read, and without what was given."""
    with pytest.raises(ValidationError, match=why) as caught:
        Credentials(**given)
    assert "made up" not in str(caught.value)
