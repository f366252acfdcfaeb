"""Tokens that end: renewed in time, or once after a 401, by whatever log-in a product has."""

import threading
from contextlib import contextmanager

import msgspec
import pytest

from syncd.backends.http import (
    Dialect,
    ServerConfig,
    Session,
    Token,
    Tokens,
)
from syncd.errors import BackendError, Denied
from tests.servers.http_server import Late, answer, serving

SOON = Dialect(pauses=(0.01,), width=4)
UNKNOWN = answer(401, b'{"detail":"who is this?"}')


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
