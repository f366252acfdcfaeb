"""Who calls Huddle, and how often."""

import pytest

from tests.servers.plain import Caller

FORM = "application/x-www-form-urlencoded"
GRANT = {"grant_type": "client_credentials", "client_id": "client"}


@pytest.mark.parametrize("scheme", ["Bearer", "OAuth2"])
def test_an_application_gets_a_token_for_a_day_and_no_refresh_token(huddle, scheme):
    """It works by either scheme, or in the query."""
    with Caller(huddle.url) as call:
        got = call("POST", "/token", {**GRANT, "client_secret": huddle.secret}, FORM)
        assert (got.status, sorted(got.body), got.body["expires_in"]) == (
            200,
            ["access_token", "expires_in"],
            86400,
        )
        assert call("GET", "/users/1", oauth_token=got.body["access_token"]).status == 200
        call.headers["Authorization"] = f"{scheme} {got.body['access_token']}"
        assert call("GET", "/users/1").status == 200
        huddle.forward(86401)
        got = call("GET", "/users/1")
        assert (got.status, 'error="invalid_token"' in got.headers["www-authenticate"]) == (
            401,
            True,
        )


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"client_secret": "x"}, 400, "invalid_client"),
        ({"client_id": "x"}, 400, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, 400, "invalid_grant"),
    ],
)
def test_a_token_is_refused_in_json(huddle, change, status, error):
    """With a description, and where to read about it."""
    with Caller(huddle.url) as call:
        got = call("POST", "/token", {**GRANT, "client_secret": huddle.secret, **change}, FORM)
    assert (got.status, got.body["error"], sorted(got.body)) == (
        status,
        error,
        ["error", "error_description", "error_uri"],
    )


def test_an_application_that_a_company_disabled_is_a_403(huddle):
    """At the token already."""
    huddle.client.disabled = True
    with Caller(huddle.url) as call:
        got = call("POST", "/token", {**GRANT, "client_secret": huddle.secret}, FORM)
    assert (got.status, got.body["error"]) == (403, "unauthorized_client")


def test_a_users_token_is_refreshed_for_five_minutes(huddle):
    """By a grant that a user gave."""
    huddle.grants["refresh"] = ("client", huddle.now() + 365 * 24 * 3600)
    form = {"grant_type": "refresh_token", "client_id": "client", "refresh_token": "refresh"}
    with Caller(huddle.url) as call:
        got = call("POST", "/token", form, FORM)
    assert (got.body["expires_in"], got.body["refresh_token"]) == (300, "refresh")


def test_a_malformed_or_doubled_token_is_a_400(huddle, call):
    """Not a 401."""
    assert call("GET", "/users/1", oauth_token=huddle.token).status == 400
    call.headers["Authorization"] = "Basic eDp5"
    assert call("GET", "/users/1").status == 400


def test_entry_leads_to_oneself(call):
    """303 to one's own user."""
    got = call("GET", "/entry")
    assert (got.status, got.headers["location"]) == (303, "/users/1")


def test_a_suspended_actor_may_nothing(huddle, call):
    """403, with a code of its own, in XML although JSON was asked for."""
    huddle.users[1].active = False
    call.headers["Accept"] = "application/vnd.huddle.data+json"
    got = call("GET", "/users/1")
    assert (got.status, got.headers["content-type"]) == (403, "application/vnd.huddle.error+xml")
    assert "<Message>Account suspended</Message>" in got.body
    assert "<ErrorCode>AccountStatus</ErrorCode>" in got.body


def test_retry_after_is_on_every_answer(huddle, call):
    """On a 200 it says when the window ends, and that nobody needs to wait."""
    huddle.limit = 3
    got = [call("GET", path) for path in ("/users/1", "/users/99", "/users/1", "/users/1")]
    remaining = [(one.status, one.headers["x-ratelimit-remaining"]) for one in got]
    assert remaining == [(200, "2"), (404, "1"), (200, "0"), (429, "0")]
    assert all(200 < int(one.headers["retry-after"]) <= 300 for one in got)
    huddle.forward(300)
    assert call("GET", "/users/1").status == 200
