"""How HumHub creates users."""

import pytest

from tests.servers.humhub.people import ADA
from tests.servers.web import Midway, by


def invalid(**found):
    return 400, {"code": 400, "message": "Validation failed", **found}


def account(got):
    return got.body["account"]


def test_a_created_user_is_answered_with_200_and_is_in_the_default_group(hub, call):
    """The e-mail is lower-cased, and a group comes by itself."""
    got = call("POST", "/api/v1/user", ADA)
    assert (got.status, got.body["id"], got.body["display_name"]) == (200, 2, "Ada Lovelace")
    made = account(got)
    assert (made["username"], made["email"], made["tags"]) == (
        "ada.l",
        "ada@example.com",
        ["maths"],
    )
    assert hub.users[2].password == "difference engine"
    assert hub.groups[2].members == {2: False}


def test_what_an_administrator_cannot_set_is_passed_over(call):
    """time_zone, guid and authclient are taken without a word and not kept."""
    odd = {"time_zone": "Europe/Oslo", "guid": "x", "authclient": "ldap"}
    made = account(call("POST", "/api/v1/user", {**ADA, "account": {**ADA["account"], **odd}}))
    assert (made["time_zone"], made["authclient"]) == ("UTC", "local")
    assert made["guid"] != "x"


def test_who_only_manages_users_creates_enabled_ones(hub, call):
    """Their `status` is passed over, and the time zone is not."""
    hub.tokens["bob"] = hub.add_user("bobby", "bob@example.com").id
    hub.permissions[2] = {"ManageUsers"}
    call.headers["Authorization"] = "Bearer bob"
    odd = {"status": 0, "time_zone": "Europe/Oslo"}
    made = account(call("POST", "/api/v1/user", {**ADA, "account": {**ADA["account"], **odd}}))
    assert (made["status"], made["time_zone"]) == (1, "Europe/Oslo")


def test_what_is_wrong_is_an_object_and_what_is_not_an_empty_list(call):
    """PHP has one empty array; a name that is taken is found without case."""
    call("POST", "/api/v1/user", ADA)
    again = {**ADA, "account": {"username": "ADA.L", "email": "other@example.com"}}
    taken = 'Username "ADA.L" has already been taken.'
    wanted = invalid(password=[], profile=[], account={"username": [taken]})
    assert call("POST", "/api/v1/user", again).told == wanted


def test_messages_are_in_the_callers_language(call):
    """By Accept-Language: nobody can tell an error by its words."""
    call.headers["Accept-Language"] = "de"
    got = call("POST", "/api/v1/user", {**ADA, "account": {"username": "ada.l"}}).body
    assert got["account"] == {"email": ["Email darf nicht leer sein."]}


@pytest.mark.parametrize(
    ("section", "field", "value"),
    [
        ("account", "username", "ada"),
        ("account", "username", "a" * 51),
        ("account", "username", "ada lovelace"),
        ("account", "username", 12345),
        ("account", "email", "nowhere"),
        ("account", "email", ""),
        ("account", "status", 4),
        ("account", "visibility", 2),
        ("account", "language", "DE"),
        ("profile", "firstname", "A" * 21),
        ("profile", "lastname", ""),
        ("profile", "zip", 815),
        ("profile", "url", "nowhere"),
        ("password", "newPassword", "1234"),
        ("password", "newPassword", ""),
    ],
)
def test_a_value_against_the_rules_is_refused(hub, call, section, field, value):
    """The section says which field, and nobody is created."""
    got = call("POST", "/api/v1/user", {**ADA, section: {**ADA[section], field: value}})
    assert (got.status, list(got.body[section])) == (400, [field])
    assert len(hub.users) == 1


def test_a_profile_is_asked_for_and_a_password_is_not(hub, call):
    """Without a profile its required fields are missing."""
    got = call("POST", "/api/v1/user", {"account": ADA["account"]})
    assert (got.status, sorted(got.body["profile"])) == (400, ["firstname", "lastname"])
    assert call("POST", "/api/v1/user", {**ADA, "password": {}}).status == 200
    assert hub.users[2].password is None


def test_a_body_that_is_not_said_to_be_json_is_no_body(call):
    """Without its Content-Type everything is missing; what is no JSON is Yii's 400."""
    got = call("POST", "/api/v1/user", ADA, kind="text/plain")
    assert (got.status, sorted(got.body["account"])) == (400, ["email", "username"])
    assert call("POST", "/api/v1/user", "{").body["name"] == "Bad Request"


@pytest.mark.parametrize(("step", "password"), [(1, None), (2, "difference engine")])
def test_a_creation_that_breaks_leaves_half_a_user(hub, call, step, password):
    """There is no transaction: the account stays, and the next try finds its name taken."""
    hub.faults.add(Midway(step), when=by("POST"), times=1)
    assert call("POST", "/api/v1/user", ADA).status == 500
    half = hub.find("ada.l")
    assert (half.password, half.profile) == (password, {})
    assert sorted(call("POST", "/api/v1/user", ADA).body["account"]) == ["email", "username"]
