"""Who calls OpenProject, and what a request must say of itself."""

import pytest

from tests.servers.openproject.errors import error
from tests.servers.plain import Caller

NOBODY = error("Unauthenticated", "You need to be authenticated to access this resource.")
FORM = "application/x-www-form-urlencoded"


def test_an_api_key_is_a_password_of_the_user_apikey(project, call, basic):
    """Any other user, or key, is a 401."""
    got = call("GET", "/api/v3/users/me")
    assert (got.status, got.body["login"], got.body["admin"]) == (200, "admin", True)
    for sent in (basic("wrong"), basic(project.key, user="admin")):
        call.headers["Authorization"] = sent
        assert call("GET", "/api/v3/users/me").told == (401, NOBODY)


def test_who_brings_nothing_is_anonymous_and_sees_little(project):
    """200 for themselves, 403 for the list, 404 for others; 401 only where a login is required."""
    project.add_user("ada", "ada@example.com")
    with Caller(project.url) as call:
        me = call("GET", "/api/v3/users/me")
        assert (me.status, me.body["id"], "login" in me.body) == (200, 2, True)
        statuses = [call("GET", f"/api/v3/users{rest}").status for rest in ("", "/5")]
        assert statuses == [403, 404]
        project.login_required = True
        assert call("GET", "/api/v3/users/me").told == (401, NOBODY)


def test_a_token_acts_as_whom_its_application_is_bound_to(project):
    """Who is bound to nobody gets a token too: an anonymous one."""
    project.applications["loose"] = ("secret", None)
    names = {}
    with Caller(project.url) as call:
        for client in ("client", "loose"):
            call.headers.pop("Authorization", None)
            form = {"grant_type": "client_credentials", "scope": "api_v3"}
            form |= {"client_id": client, "client_secret": "secret"}
            got = call("POST", "/oauth/token", form, FORM)
            assert (got.status, got.body["expires_in"], got.body["token_type"]) == (
                200,
                7200,
                "Bearer",
            )
            call.headers["Authorization"] = f"Bearer {got.body['access_token']}"
            names[client] = call("GET", "/api/v3/users/me").body["id"]
        assert names == {"client": 4, "loose": 2}


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"client_secret": "x"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "all"}, 400, "invalid_scope"),
    ],
)
def test_a_token_is_refused_in_oauths_words(project, change, status, error):
    """Not as HAL errors."""
    form = {"grant_type": "client_credentials", "scope": "api_v3"}
    form |= {"client_id": "client", "client_secret": "secret"} | change
    with Caller(project.url) as call:
        got = call("POST", "/oauth/token", form, FORM)
    assert (got.status, got.body["error"]) == (status, error)


def test_a_token_ends(project):
    """After the time that it came with, it is a 401."""
    form = {"grant_type": "client_credentials", "client_id": "client", "client_secret": "secret"}
    with Caller(project.url) as call:
        got = call("POST", "/oauth/token", form, FORM)
        call.headers["Authorization"] = f"Bearer {got.body['access_token']}"
        assert call("GET", "/api/v3/users/me").status == 200
        project.forward(7201)
        assert call("GET", "/api/v3/users/me").told == (401, NOBODY)


def test_a_locked_administrator_is_a_stranger(project, call):
    """Their key is nobody's from then on."""
    project.find("admin").status = "locked"
    assert call("GET", "/api/v3/users").status == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/users"), ("PATCH", "/users/5"), ("DELETE", "/users/5"), ("POST", "/users/5/lock")],
)
def test_everything_but_a_get_says_a_content_type(project, call, method, path):
    """406 without one, 415 with another one than JSON, even where there is no body."""
    project.add_user("ada", "ada@example.com")
    del call.headers["Content-Type"]
    got = call(method, f"/api/v3{path}")
    assert got.told == (406, "Missing content-type header")
    call.headers["Content-Type"] = "text/plain"
    got = call(method, f"/api/v3{path}")
    urn = "urn:openproject-org:api:v3:errors:TypeNotSupported"
    assert (got.status, got.body["errorIdentifier"]) == (415, urn)


@pytest.mark.parametrize("body", ["[]", "{", ""])
def test_a_body_is_one_json_object(call, body):
    """Anything else is a 400."""
    got = call("POST", "/api/v3/users", body)
    urn = "urn:openproject-org:api:v3:errors:InvalidRequestBody"
    assert (got.status, got.body["errorIdentifier"]) == (400, urn)
