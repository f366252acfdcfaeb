"""Logging in by OAuth 2.0, and as a configuration says it."""

import base64
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
    client_credentials,
)
from syncd.errors import BackendError, Denied, Unavailable
from tests.servers.http_server import Close, answer, serving
from tests.servers.ports import free_port

SOON = Dialect(pauses=(0.01,), width=4)


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr("syncd.backends.http.oauth2._PAUSES", (0.01,))


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
