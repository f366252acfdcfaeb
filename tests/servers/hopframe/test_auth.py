"""Who calls HopFrame, and what they may."""

import http.client

import pytest

from tests.servers.hopframe.auth import ACCESS, REFRESH
from tests.servers.plain import Caller

NOBODY = (401, {"title": "Unauthorized", "status": 401, "traceId": "00-0"})


def logged_in(hop, call):
    """The access token, and the refresh token from its cookie."""
    sent = {"email": "admin@example.com", "password": hop.password}
    got = call("PUT", "/api/v1/auth/login", sent)
    refresh = got.headers["set-cookie"].partition(f"{REFRESH}=")[2].partition(";")[0]
    return got.body["value"], refresh


def test_a_login_gives_an_access_token_and_two_secure_cookies(hop):
    """The refresh token comes in a cookie only, which plain HTTP does not bring back."""
    with Caller(hop.url) as call:
        sent = {"Email": "admin@example.com", "Password": hop.password}
        got = call("PUT", "/api/v1/auth/login", sent)
        assert (got.status, list(got.body)) == (200, ["value"])
        cookies = got.headers["set-cookie"].split("\n")
        assert [one.partition("=")[0] for one in cookies] == [REFRESH, ACCESS]
        assert cookies[1] == f"{ACCESS}={got.body['value']}; max-age=300; path=/; secure; httponly"


@pytest.mark.parametrize(
    ("sent", "status", "words"),
    [
        ({"email": "x@example.com"}, 404, "The provided email address was not found"),
        ({"password": "x"}, 403, "The provided password is not correct"),
    ],
)
def test_a_wrong_login_is_a_404_or_a_403(hop, sent, status, words):
    """The words are bare, and JSON for who accepts only that."""
    good = {"email": "admin@example.com", "password": hop.password}
    with Caller(hop.url) as call:
        got = call("PUT", "/api/v1/auth/login", {**good, **sent})
        assert (got.told, got.headers["content-type"]) == (
            (status, words),
            "text/plain; charset=utf-8",
        )
        call.headers["Accept"] = "application/json"
        got = call("PUT", "/api/v1/auth/login", {**good, **sent})
        assert (got.told, got.headers["content-type"]) == (
            (status, words),
            "application/json; charset=utf-8",
        )
        hop.default_authentication = False
        assert call("PUT", "/api/v1/auth/login", good).status == 400


@pytest.mark.parametrize("name", ["HopFrame.Authentication", "Token"])
def test_a_token_comes_in_a_header_of_its_own_or_in_the_query(hop, name):
    """Not as Authorization."""
    with Caller(hop.url) as call:
        assert call("GET", "/api/v1/users", token=hop.token).status == 200
        call.headers = {"Authorization": f"Bearer {hop.token}"}
        assert call("GET", "/api/v1/users").told == NOBODY
        call.headers = {name: hop.token}
        assert call("GET", "/api/v1/users").status == 200


def test_a_cookie_hides_a_header(call):
    """An old access token in a jar makes a good one useless."""
    call.headers["Cookie"] = f"{ACCESS}=6f1c2c43-0000-0000-0000-000000000000"
    assert call("GET", "/api/v1/users").told == NOBODY


def test_an_access_token_holds_for_five_minutes_and_is_renewed_by_cookie(hop):
    """The refresh token for a month; neither says so."""
    with Caller(hop.url) as call:
        access, refresh = logged_in(hop, call)
        call.headers = {"Token": access}
        assert call("GET", "/api/v1/users").status == 200
        hop.forward(301)
        assert call("GET", "/api/v1/users").told == NOBODY
        call.headers = {"Cookie": f"{REFRESH}={refresh}"}
        call.headers = {"Token": call("GET", "/api/v1/auth/authenticate").body["value"]}
        assert call("GET", "/api/v1/users").status == 200


def test_a_renewal_is_refused_in_four_ways(hop):
    """No cookie, no such token, another kind of token, too late."""
    with Caller(hop.url) as call:
        access, refresh = logged_in(hop, call)
        statuses = []
        for sent in ("", "6f1c2c43-0000-0000-0000-000000000000", access, refresh):
            call.headers = {"Cookie": f"{REFRESH}={sent}"}
            hop.ahead = 31 * 24 * 3600 if sent == refresh else 0
            statuses.append(call("GET", "/api/v1/auth/authenticate").status)
    assert statuses == [400, 404, 409, 403]


@pytest.mark.parametrize(
    ("held", "status"),
    [
        ([], 401),
        (["hopframe.admin.users.read"], 200),
        (["HopFrame.Admin.Users.*"], 200),
        (["hopframe.admin.users.read.all"], 200),
        (["group.staff"], 200),
        (["hopframe.admin.users.create"], 401),
        (["syncd.suspended.hopframe.admin.users.read"], 401),
    ],
)
def test_who_may_not_is_a_401_too(hop, call, held, status):
    """Wildcards, children and groups grant; permissions are read anew for every request."""
    hop.add_group("group.staff", ["group.readers"])
    hop.add_group("group.readers", ["hopframe.admin.users.read"])
    user = hop.add_user("ada", "ada@example.com", held)
    call.headers["Token"] = hop.api_token(user, ["*"])
    got = call("GET", "/api/v1/users")
    assert got.status == status
    user.permissions.clear()
    assert call("GET", "/api/v1/users").told == NOBODY


def test_an_api_token_has_its_own_permissions_within_its_owners(hop, call):
    """It is good for ever, and for no more than it was made for."""
    call.headers["Token"] = hop.api_token(hop.admin, ["hopframe.admin.users.read"])
    hop.forward(365 * 24 * 3600)
    assert call("GET", "/api/v1/users").status == 200
    assert call("GET", "/api/v1/groups").status == 401


def test_a_circle_of_groups_ends_the_process(hop, call):
    """Nothing guards the recursion."""
    hop.add_group("group.a", ["group.b"])
    hop.add_group("group.b", ["group.a"])
    call.headers["Token"] = hop.api_token(hop.add_user("ada", "a@x.org", ["group.a"]), ["*"])
    with pytest.raises((http.client.HTTPException, OSError)):
        call("GET", "/api/v1/users")


def test_a_body_that_is_no_json_is_aspnets_own_problem(call):
    """415 for another kind, 400 for anything but an object."""
    assert call("POST", "/api/v1/users", "{}", "text/plain").status == 415
    got = call("POST", "/api/v1/users", "{")
    assert (got.status, got.headers["content-type"]) == (
        400,
        "application/problem+json; charset=utf-8",
    )
    assert got.body["errors"] == {"$": ["The JSON value could not be converted."]}
