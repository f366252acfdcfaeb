"""Logging in by the page's form: what the cookie is, whom it shows names to, and how it ends."""

from collections.abc import Iterator
from http.cookies import SimpleCookie

import httpx
import pytest

from syncd.config.running import StatusSettings
from syncd.daemon.status import callers
from tests.daemon.observed import TOKEN, WRONG, Observed, bearer, observed

FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def live(tmp_path_factory) -> Iterator[Observed]:
    made = observed(tmp_path_factory.mktemp("seen"))
    yield made
    made.ledger.close()


def log_in(client: httpx.Client, token: str = TOKEN, **headers: str) -> httpx.Response:
    return client.post("/session", data={"token": token}, headers=headers)


def test_the_token_opens_a_session_that_shows_names(client):
    """Until it is ended, by a cookie that no script and no other site gets."""
    opened = log_in(client)
    assert (opened.status_code, opened.headers["location"]) == (303, "/")
    morsel = SimpleCookie(opened.headers["set-cookie"])[callers.COOKIE]
    kept = {name: morsel[name] for name in ("httponly", "samesite", "path", "max-age", "secure")}
    assert kept == {
        "httponly": True,
        "samesite": "strict",
        "path": "/",
        "max-age": "43200",
        "secure": "",
    }
    assert client.get("/status").json()["names"] is True
    ended = client.post("/session/end")
    assert (ended.status_code, ended.headers["location"]) == (303, "/")
    assert client.get("/status").json()["names"] is False


def test_a_session_that_came_by_https_is_never_sent_without(client):
    """As the proxy says that took the request."""
    for said, secure in (("https", True), ("http", False), ("http, https", True), ("ftp", False)):
        cookie = log_in(client, **{"x-forwarded-proto": said}).headers["set-cookie"]
        assert ("; Secure" in cookie) is secure
        ended = client.post("/session/end", headers={"x-forwarded-proto": said})
        assert ("; Secure" in ended.headers["set-cookie"]) is secure


def test_the_cookie_has_nothing_of_the_token(client):
    """And it is another one for another time or another token."""
    value = log_in(client).cookies[callers.COOKIE]
    assert TOKEN not in value
    settings = StatusSettings(token=TOKEN)
    other = StatusSettings(token="another-token-from-today")
    assert callers.session(settings, 1000.0) == callers.session(settings, 1000.9)
    assert len({callers.session(one, at) for one in (settings, other) for at in (1e3, 2e3)}) == 4


def test_a_wrong_token_opens_nothing(client):
    """The form comes again and says so."""
    for token in (WRONG, "", TOKEN[:-1], "é" * 40, "\x00"):
        answer = log_in(client, token)
        assert (answer.status_code, answer.headers["location"]) == (303, "/ui/session?wrong=1")
        assert "set-cookie" not in answer.headers
    assert "That is not the token." in client.get("/ui/session?wrong=1").text


def test_repeated_wrong_tokens_in_the_form_are_slowed(client):
    """As those in a header are."""
    took = [log_in(client, WRONG).elapsed.total_seconds() for _ in range(7)]
    assert (max(took[:5]) < 0.2, took[5] > 0.2, took[6] > 0.4) == (True, True, True)
    assert log_in(client).headers["location"] == "/"


@pytest.mark.parametrize("change", ["", "x", "expiry", "digest", "cut", "no dot", "later"])
def test_a_cookie_that_was_changed_is_none(client, change):
    """It shows nothing, and is no error: browsers send what they have."""
    value = log_in(client).cookies[callers.COOKIE]
    expiry, _, digest = value.partition(".")
    client.cookies.clear()
    forged = {
        "": "",
        "x": "x",
        "expiry": f"{int(expiry) + 1}.{digest}",
        "digest": f"{expiry}.{'0' * 64}",
        "cut": value[:-1],
        "no dot": expiry,
        "later": f"{'9' * 30}.{digest}",
    }[change]
    answer = client.get("/status", headers={"cookie": f"{callers.COOKIE}={forged}"})
    assert (answer.status_code, answer.json()["names"]) == (200, False)
    good = client.get("/status", headers={"cookie": f"a=b; {callers.COOKIE}={value}; c[]=d"})
    assert good.json()["names"] is True


def test_a_session_ends_by_itself():
    """After half a day; none is good for longer than that."""
    settings = StatusSettings(token=TOKEN)
    cookie = f"{callers.COOKIE}={callers.session(settings, 1000.0)}"

    def sees(now: float, shown: str = cookie, given: StatusSettings = settings) -> bool:
        return callers.by_headers(given, [], [shown], now).sees_names

    assert (sees(1000.0), sees(44_199.0)) == (True, True)
    assert (sees(44_200.0), sees(900.0)) == (False, False)
    assert not sees(1000.0, given=StatusSettings(token="another-token-from-today"))
    assert not sees(1000.0, given=StatusSettings())


def test_a_new_token_ends_all_sessions(client, live):
    """Whoever had the old one has to show the new one."""
    log_in(client)
    live.allow(token="another-token-from-today")
    try:
        assert client.get("/status").json()["names"] is False
    finally:
        live.allow(token=TOKEN)


def test_a_token_in_a_header_counts_more_than_a_session(client):
    """A wrong one is wrong, though the cookie beside it is right."""
    log_in(client)
    assert client.get("/status", headers=bearer(WRONG)).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example.com"},
        {"origin": "http://localhost.evil.example.com"},
    ],
)
@pytest.mark.parametrize("path", ["/session", "/session/end"])
def test_a_form_of_another_site_is_refused(client, path, headers):
    """Whatever it has in it."""
    answer = client.post(path, data={"token": TOKEN}, headers=headers)
    assert (answer.status_code, answer.headers.get("set-cookie")) == (403, None)


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({}, b"token=x", 415),
        ({"content-type": "application/json"}, b'{"token": "x"}', 415),
        (FORM, b"token=\xff", 400),
        (FORM, b"a=1&" * 20, 400),
        (FORM, b"&&&", 303),
    ],
)
def test_what_is_no_form_is_refused(client, headers, body, status):
    """With what is wrong with it."""
    assert client.post("/session", content=body, headers=headers).status_code == status


def test_nobody_logs_in_where_there_is_no_token(client, live):
    """Nothing in the form is right then."""
    live.allow(token=None)
    try:
        for token in ("", "None", TOKEN):
            assert log_in(client, token).headers["location"] == "/ui/session?wrong=1"
    finally:
        live.allow(token=TOKEN)
