"""Who calls Vikunja."""

import base64
import json
import time

import pytest

from tests.servers.plain import Caller

FORM = "application/x-www-form-urlencoded"


def claims(token):
    return json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))


@pytest.mark.parametrize("kind", [None, FORM])
def test_one_logs_in_by_json_or_a_form(vikunja, kind):
    """The token tells who one is, and whether one is an administrator, for three days."""
    sent = {"username": "admin", "password": vikunja.password}
    with Caller(vikunja.url) as call:
        got = call("POST", "/api/v1/login", sent, kind)
        told = claims(got.body["token"])
        assert [told[name] for name in ("id", "username", "admin")] == [1, "admin", True]
        assert told["exp"] == pytest.approx(vikunja.now() + 72 * 3600, abs=5)
        call.headers["Authorization"] = f"Bearer {got.body['token']}"
        assert call("POST", "/api/v1/tokenTest").told == (418, {"message": "🍵"})


def test_a_wrong_password_is_a_401_and_no_password_a_400(vikunja):
    """Whether the user is there cannot be told."""
    with Caller(vikunja.url) as call:
        for sent in ({"username": "admin", "password": "x"}, {"username": "x", "password": "x"}):
            wrong = (401, {"message": "Wrong username or password."})
            assert call("POST", "/api/v1/login", sent).told == wrong
        nothing = (400, {"message": "Please provide a username and password."})
        assert call("POST", "/api/v1/login", "{").told == nothing


@pytest.mark.parametrize("sent", [None, "admin", "Basic eDp5"])
def test_a_missing_token_is_a_400(vikunja, sent):
    """And one of another kind too."""
    with Caller(vikunja.url) as call:
        if sent:
            call.headers["Authorization"] = sent
        got = call("GET", "/api/v1/users")
    assert got.told == (400, {"message": "Missing or invalid jwt in the request header"})


def test_a_token_that_is_wrong_or_old_is_a_401(vikunja, call):
    """After 72 hours, or with another signature."""
    refused = (401, {"message": "Unauthorized"})
    assert call("GET", "/api/v1/users").status == 200
    vikunja.forward(72 * 3600 + 1)
    assert call("GET", "/api/v1/users").told == refused
    call.headers["Authorization"] = f"Bearer {vikunja.token}x"
    assert call("GET", "/api/v1/users").told == refused


def test_a_right_is_in_the_token_and_outlives_itself(vikunja):
    """Who is deleted, or no administrator any more, is one until the token ends."""
    user = vikunja.add_user("root", is_admin=True)
    token = vikunja.token_of(user)
    del vikunja.users[user.id]
    with Caller(vikunja.url, Authorization=f"Bearer {token}") as call:
        assert call("GET", "/api/v1/users").status == 200


def test_who_is_no_administrator_is_refused_with_a_401(vikunja, call):
    """Although the token is good: logging in again is of no use."""
    call.headers["Authorization"] = f"Bearer {vikunja.token_of(vikunja.add_user('ada'))}"
    refused = (401, {"message": "Unauthorized"})
    assert call("GET", "/api/v1/users").told == refused
    assert call("POST", "/api/v1/tokenTest").status == 418


def test_hashing_takes_its_time_and_keeps_nobody_else_waiting(vikunja, call):
    """A login, a creation and a new password are slow, and nothing else is."""
    vikunja.hash_seconds = 0.4

    def seconds(*asked):
        start = time.perf_counter()
        call(*asked)
        return time.perf_counter() - start

    ada = {"username": "ada", "password": "x"}
    assert seconds("PUT", "/api/v1/users", ada) > 0.4
    assert seconds("POST", "/api/v1/users/2/password", {"password": "y"}) > 0.4
    assert seconds("POST", "/api/v1/login", {**ada, "password": "y"}) > 0.4
    assert seconds("GET", "/api/v1/users") < 0.4
