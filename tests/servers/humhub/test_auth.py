"""Who calls HumHub, and how they prove it."""

import base64

import pytest

from tests.servers.plain import Caller


def account(got):
    return got.body["account"]


def test_a_user_is_logged_in_by_jwt_bearer_query_and_basic(hub):
    """Four ways lead to the same account, and a wrong one gets Yii's error."""
    pair = base64.b64encode(f"ADMIN:{hub.password}".encode()).decode()
    with Caller(hub.url) as call:
        login = {"username": "admin@example.com", "password": hub.password}
        got = call("POST", "/api/v1/auth/login", login)
        jwt = got.body.pop("auth_token")
        assert got.told == (200, {"code": 200, "message": "Success", "expired_at": 0})
        assert call("GET", "/api/v1/auth/current", **{"access-token": hub.token}).body["id"] == 1
        for sent in (f"Bearer {jwt}", f"Bearer {hub.token}", f"Basic {pair}"):
            call.headers["Authorization"] = sent
            assert call("GET", "/api/v1/auth/current").body["account"]["username"] == "admin"
        call.headers["Authorization"] = "Bearer wrong"
        message = "Your request was made with invalid credentials."
        error = {"name": "Unauthorized", "message": message, "code": 0, "status": 401}
        assert call("GET", "/api/v1/user").told == (401, error)


def test_a_login_is_refused_with_400_401_or_404(hub):
    """Wrong password, account not enabled for the API, JWT switched off."""
    sent = {"username": "admin", "password": hub.password}
    with Caller(hub.url) as call:
        wrong = call("POST", "/api/v1/auth/login", {**sent, "password": "x"})
        assert wrong.told == (400, {"code": 400, "message": "Wrong username or password"})
        hub.enabled_users = set()
        refused = call("POST", "/api/v1/auth/login", sent)
        assert refused.told == (401, {"code": 401, "message": "Invalid user!"})
        hub.jwt = False
        assert call("POST", "/api/v1/auth/login", sent).status == 404


def test_a_jwt_ends_when_it_says(hub):
    """`expired_at` is an integer, and after it the token is nobody's."""
    hub.jwt_seconds = 3600
    with Caller(hub.url) as call:
        sent = {"username": "admin", "password": hub.password}
        got = call("POST", "/api/v1/auth/login", sent).body
        call.headers["Authorization"] = f"Bearer {got['auth_token']}"
        assert got["expired_at"] == pytest.approx(hub.now() + 3600, abs=5)
        hub.forward(3590)
        assert call("GET", "/api/v1/auth/current").status == 200
        hub.forward(20)
        assert call("GET", "/api/v1/auth/current").status == 401


def test_three_wrong_passwords_lock_the_right_one_out_for_ten_seconds(hub):
    """The right password fails too until the time is over."""
    sent = {"username": "admin", "password": hub.password}

    with Caller(hub.url) as call:

        def login(**other):
            return call("POST", "/api/v1/auth/login", {**sent, **other}).status

        assert [login(password="x") for _ in range(3)] == [400, 400, 400]
        assert login() == 400
        hub.forward(11)
        assert login() == 200


def test_who_is_disabled_or_must_change_the_password_is_refused_in_two_ways(hub, call):
    """401 for a disabled user, 403 for one with a password to change, and for all in maintenance."""
    for name, more in (("off", {"status": 0}), ("new", {"must_change_password": True}), ("on", {})):
        hub.tokens[name] = hub.add_user(name, f"{name}@example.com", **more).id
    hub.maintenance = True
    statuses = {}
    for name in ("off", "new", "on"):
        call.headers["Authorization"] = f"Bearer {name}"
        statuses[name] = call("GET", "/api/v1/auth/current").status
    assert statuses == {"off": 401, "new": 403, "on": 403}


def test_a_permission_is_asked_for(hub, call):
    """Users and groups have one each; who has none is forbidden in Yii's shape."""
    bob = hub.add_user("bobby", "bob@example.com")
    hub.tokens["bob"] = bob.id
    hub.permissions[bob.id] = {"ManageGroups"}
    call.headers["Authorization"] = "Bearer bob"
    assert call("GET", "/api/v1/user/group").status == 200
    refused = call("GET", "/api/v1/user")
    assert (refused.status, refused.body["name"]) == (403, "Forbidden")


def test_an_administrator_acts_as_another_for_half_an_hour(hub, call):
    """The token of an impersonation has a scheme of its own, and ends."""
    bob = hub.add_user("bobby", "bob@example.com")
    got = call("POST", "/api/v1/auth/impersonate", {"userId": bob.id})
    call.headers["Authorization"] = f"Impersonate {got.body['token']}"
    assert call("GET", "/api/v1/auth/current").body["id"] == bob.id
    hub.forward(1801)
    assert call("GET", "/api/v1/auth/current").status == 401


def test_every_call_moves_the_callers_last_login(hub, call):
    """It is a login each time, so that the caller's own row is never as it was."""
    call("GET", "/api/v1/user")
    before = account(call("GET", "/api/v1/user/1"))["last_login"]
    hub.forward(60)
    assert account(call("GET", "/api/v1/user/1"))["last_login"] > before
